-- What became of every unit, and where every event came from.
-- In:  units, events, shops (shop_id, zone), offsets (zone, from_s, to_s, offset_s),
--      params (as_of_s, settle_s, future_s, read_from_s, read_to_s, fallback_zone, klaviyo_zone), and 1_pairs.sql's
--      tables
-- Out: placed_events, judged_units, double_keys, judged_events

-- An event counts in the shop of its sale; one without a sale in the shop it names. Its day is that shop's.
-- `named_no` is the unit it belongs to, or else the first one that has its key.
CREATE TABLE placed_events AS
SELECT e.event_no, e.metric, e.currency, e.value_minor, e.happened_at, e.unit_no, e.named_no, e.shop_id, e.zone,
       e.item_id, e.quantity_milli,
       DATE '1970-01-01' + CAST(floor((e.happened_at + o.offset_s) / 86400.0) AS INTEGER) AS business_day
FROM (
    SELECT v.event_no, v.metric, v.currency, v.value_minor, v.happened_at, n.unit_no, n.named_no,
           v.item_id, v.quantity_milli,
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
-- the sale itself, was true when it was sent: the unit then belongs to the event's day. Not so where the two
-- times are apart by whole days or by exactly what two clocks differ in: no clerk changes a record so.
CREATE TABLE moved_back AS
SELECT u.unit_no
FROM units u
JOIN pairs p ON p.unit_no = u.unit_no
JOIN events e ON e.event_no = p.event_no
CROSS JOIN params q
JOIN offsets so ON so.zone = u.zone AND u.happened_at >= so.from_s AND u.happened_at < so.to_s
JOIN offsets ko ON ko.zone = q.klaviyo_zone AND u.happened_at >= ko.from_s AND u.happened_at < ko.to_s
WHERE u.kind IN ('canceled', 'shipped') AND e.happened_at < u.happened_at
  AND ((u.happened_at - e.happened_at) % 86400 = 0
       OR u.happened_at - e.happened_at IN (abs(so.offset_s), abs(ko.offset_s), abs(so.offset_s - ko.offset_s)));

-- A sale that is void now was rightly sent if it was sent before, for a Canceled Order makes up for it. Nothing
-- makes up for a voided refund: its event says something untrue from then on.
CREATE TABLE judged_units AS
SELECT u.unit_no, u.shop_id, u.zone, u.metric, u.kind, u.sale_id, u.currency, u.total_minor, u.reason,
       e.event_no, e.business_day AS event_day, e.currency AS event_currency, e.value_minor,
       e.happened_at AS event_at, u.changed_at, u.register_id, u.channel,
       CASE WHEN (u.item_id <> '' AND e.item_id <> '' AND u.item_id <> e.item_id)
                 OR u.quantity_milli <> e.quantity_milli THEN TRUE ELSE FALSE END AS lines_differ,
       CASE WHEN u.kind IN ('canceled', 'shipped')
                 AND e.happened_at <= u.happened_at AND e.happened_at >= u.completed_at AND m.unit_no IS NULL
            THEN e.business_day ELSE u.business_day END AS business_day,
       CASE WHEN e.event_no IS NOT NULL AND (u.reason = '' OR (u.reasons = 'voided' AND u.kind <> 'refunded'))
            THEN 'delivered'
            WHEN u.reason <> '' THEN 'excluded'
            WHEN u.changed_at > q.as_of_s - q.settle_s THEN 'settling'
            ELSE 'missing' END AS status
FROM units u
CROSS JOIN params q
LEFT JOIN placed_events e ON e.unit_no = u.unit_no
LEFT JOIN kept_cancellations k ON k.unit_no = u.unit_no
LEFT JOIN moved_back m ON m.unit_no = u.unit_no
WHERE u.kind <> 'canceled' OR k.unit_no IS NOT NULL;

-- An event without a unit that names the order of a delivered one, under another id: the same sale twice.
CREATE TABLE double_keys AS
SELECT o.event_no, min(j.unit_no) AS unit_no
FROM (
    SELECT v.event_no, v.metric, v.order_id, v.value_minor, v.happened_at
    FROM placed_events e JOIN events v ON v.event_no = e.event_no
    WHERE e.unit_no IS NULL AND e.named_no IS NULL AND v.order_id <> '' AND v.event_key <> ''
) o
JOIN units u ON u.metric = o.metric AND u.order_id = o.order_id
JOIN judged_units j ON j.unit_no = u.unit_no AND j.status = 'delivered'
WHERE u.kind = 'placed' OR (o.value_minor = u.total_minor AND o.happened_at = u.happened_at)
GROUP BY o.event_no;

CREATE TABLE judged_events AS
SELECT e.event_no, e.shop_id, e.zone, e.metric, e.currency, e.value_minor, e.business_day, e.unit_no,
       coalesce(e.named_no, k.unit_no) AS named_no, e.happened_at, k.event_no IS NOT NULL AS double_key,
       u.business_day AS unit_day, u.currency AS unit_currency,
       CASE WHEN u.status = 'delivered' THEN 'delivered'
            WHEN e.unit_no IS NULL AND (d.event_no IS NOT NULL OR k.event_no IS NOT NULL) THEN 'duplicate'
            WHEN e.unit_no IS NULL AND e.happened_at > q.as_of_s - q.settle_s
                 AND e.happened_at <= q.as_of_s + q.future_s THEN 'events_settling'
            ELSE 'orphaned' END AS status
FROM placed_events e
CROSS JOIN params q
LEFT JOIN double_keys k ON k.event_no = e.event_no
LEFT JOIN judged_units u ON u.unit_no = e.unit_no
LEFT JOIN (
    SELECT DISTINCT h.event_no
    FROM hard_events h
    JOIN hard_units w ON w.metric = h.metric AND w.event_key = h.event_key
    JOIN judged_units j ON j.unit_no = w.unit_no WHERE j.status = 'delivered'
) d ON d.event_no = e.event_no;
