-- What became of every unit, and where every event came from.
-- In:  units, events, shops (shop_id, zone), offsets (zone, from_s, to_s, offset_s),
--      params (as_of_s, settle_s, read_from_s, read_to_s, fallback_zone), and 1_pairs.sql's tables
-- Out: placed_events, judged_units, judged_events

-- An event counts in the shop of its sale; one without a sale in the shop it names. Its day is that shop's.
-- `named_no` is the unit it belongs to, or else the first one that has its key.
CREATE TABLE placed_events AS
SELECT e.event_no, e.metric, e.currency, e.value_minor, e.happened_at, e.unit_no, e.named_no, e.shop_id, e.zone,
       DATE '1970-01-01' + CAST(floor((e.happened_at + o.offset_s) / 86400.0) AS INTEGER) AS business_day
FROM (
    SELECT v.event_no, v.metric, v.currency, v.value_minor, v.happened_at, n.unit_no, n.named_no,
           coalesce(u.shop_id, v.shop_id) AS shop_id,
           coalesce(u.zone, s.zone, q.fallback_zone) AS zone
    FROM events v
    CROSS JOIN params q
    LEFT JOIN (
        SELECT event_no, unit_no, unit_no AS named_no FROM pairs
        UNION ALL
        SELECT h.event_no, NULL, h.first_unit_no
        FROM hard_events h LEFT JOIN pairs p ON p.event_no = h.event_no WHERE p.event_no IS NULL
    ) n ON n.event_no = v.event_no
    LEFT JOIN units u ON u.unit_no = n.named_no
    LEFT JOIN shops s ON s.shop_id = v.shop_id
) e
LEFT JOIN offsets o ON o.zone = e.zone AND e.happened_at >= o.from_s AND e.happened_at < o.to_s;

-- A Canceled Order is owed only where a Placed Order was sent before its sale was voided. Where that lies
-- outside of what was read, a Canceled Order in Klaviyo is taken as proof of it.
CREATE TABLE kept_cancellations AS
SELECT c.unit_no
FROM (SELECT unit_no, sale_id, completed_at FROM units WHERE kind = 'canceled') c
CROSS JOIN params q
LEFT JOIN (
    SELECT u.sale_id, min(p.event_no) AS event_no
    FROM units u JOIN pairs p ON p.unit_no = u.unit_no WHERE u.kind = 'placed' AND u.voided GROUP BY u.sale_id
) sent ON sent.sale_id = c.sale_id
LEFT JOIN pairs own ON own.unit_no = c.unit_no
WHERE sent.event_no IS NOT NULL
   OR (own.event_no IS NOT NULL AND (c.completed_at < q.read_from_s OR c.completed_at >= q.read_to_s));

-- The POS keeps only the latest change of a shipment or a void. An event that lies before it, yet not before
-- the sale itself, was true when it was sent: the unit then belongs to the event's day.
CREATE TABLE judged_units AS
SELECT u.unit_no, u.shop_id, u.zone, u.metric, u.kind, u.sale_id, u.currency, u.total_minor, u.reason,
       e.event_no, e.business_day AS event_day, e.currency AS event_currency, e.value_minor,
       CASE WHEN u.kind IN ('canceled', 'shipped')
                 AND e.happened_at <= u.happened_at AND e.happened_at >= u.completed_at
            THEN e.business_day ELSE u.business_day END AS business_day,
       CASE WHEN e.event_no IS NOT NULL AND (u.reason = '' OR u.reasons = 'voided') THEN 'delivered'
            WHEN u.reason <> '' THEN 'excluded'
            WHEN u.changed_at > q.as_of_s - q.settle_s THEN 'settling'
            ELSE 'missing' END AS status
FROM units u
CROSS JOIN params q
LEFT JOIN placed_events e ON e.unit_no = u.unit_no
LEFT JOIN kept_cancellations k ON k.unit_no = u.unit_no
WHERE u.kind <> 'canceled' OR k.unit_no IS NOT NULL;

CREATE TABLE judged_events AS
SELECT e.event_no, e.shop_id, e.zone, e.metric, e.currency, e.value_minor, e.business_day, e.unit_no, e.named_no,
       u.business_day AS unit_day, u.currency AS unit_currency,
       CASE WHEN u.status = 'delivered' THEN 'delivered'
            WHEN e.unit_no IS NULL AND d.event_no IS NOT NULL THEN 'duplicate'
            ELSE 'orphaned' END AS status
FROM placed_events e
LEFT JOIN judged_units u ON u.unit_no = e.unit_no
LEFT JOIN (
    SELECT DISTINCT h.event_no
    FROM hard_events h
    JOIN hard_units w ON w.metric = h.metric AND w.event_key = h.event_key
    JOIN judged_units j ON j.unit_no = w.unit_no WHERE j.status = 'delivered'
) d ON d.event_no = e.event_no;
