-- The rows set apart, with what they say, matched and judged one by one. Of several events of a key the best
-- match is the delivered one: same currency, same value, nearest in time, lowest id.
-- In:  apart, hard_keys, units, events, spans (zone, from_s, to_s, offset_s), params (as_of_s, settle_s,
--      fallback_zone, only_account)
-- Out: differences

CREATE TABLE apart_units AS
SELECT u.* FROM units u WHERE u.unit_no IN (SELECT unit_no FROM apart);

CREATE TABLE apart_events AS
SELECT e.* FROM events e WHERE e.event_no IN (SELECT event_no FROM apart);

CREATE TABLE matches AS
SELECT u.unit_no, e.event_no, e.event_id, e.profile,
       row_number() OVER (
           PARTITION BY u.unit_no
           ORDER BY CASE WHEN e.currency = u.currency THEN 0 ELSE 1 END,
                    CASE WHEN e.value_minor = u.total_minor THEN 0 ELSE 1 END,
                    abs(e.happened_at - u.happened_at), e.event_id, e.event_no
       ) AS rank_no
FROM apart_units u
JOIN apart_events e
  ON e.key_hash = u.key_hash AND e.key_account = u.key_account AND e.metric = u.metric AND e.sale_id = u.sale_id;

CREATE TABLE judged AS
SELECT u.unit_no, m.event_no, CAST(NULL AS BIGINT) AS best_no,
       CASE WHEN m.event_no IS NOT NULL THEN 'delivered'
            WHEN u.happened_at > q.as_of_s - q.settle_s THEN 'settling'
            ELSE 'missing' END AS status
FROM apart_units u
CROSS JOIN params q
LEFT JOIN matches m ON m.unit_no = u.unit_no AND m.rank_no = 1
UNION ALL
SELECT m.unit_no, m.event_no, b.event_no, 'duplicate'
FROM matches m
JOIN matches b ON b.unit_no = m.unit_no AND b.rank_no = 1
WHERE m.rank_no > 1
UNION ALL
SELECT NULL, e.event_no, NULL,
       CASE WHEN e.happened_at > q.as_of_s - q.settle_s THEN 'events_settling' ELSE 'orphaned' END
FROM apart_events e
CROSS JOIN params q
LEFT JOIN matches m ON m.event_no = e.event_no
WHERE m.event_no IS NULL;

CREATE TABLE differences AS
SELECT d.status, d.unit_no, d.event_no, d.account, d.shop_id, d.zone, d.kind, d.metric, d.sale_id, d.event_sale_id,
       d.unit_at, d.total_minor, d.unit_currency, d.event_at, d.value_minor, d.event_currency,
       d.event_id, d.profile, d.best_id, d.best_profile,
       DATE '1970-01-01' + CAST(floor((d.unit_at + uo.offset_s) / 86400.0) AS INTEGER) AS unit_day,
       DATE '1970-01-01' + CAST(floor((d.event_at + eo.offset_s) / 86400.0) AS INTEGER) AS event_day,
       uo.offset_s AS unit_offset_s, uo.words AS unit_offset, eo.offset_s AS event_offset_s,
       eo.words AS event_offset
FROM (
    SELECT j.status, j.unit_no, j.event_no,
           coalesce(u.account, nullif(e.key_account, ''), q.only_account) AS account,
           coalesce(u.shop_id, '') AS shop_id, coalesce(u.zone, q.fallback_zone) AS zone,
           u.kind, coalesce(u.metric, e.metric) AS metric, u.sale_id, e.sale_id AS event_sale_id,
           u.happened_at AS unit_at, u.total_minor, u.currency AS unit_currency,
           e.happened_at AS event_at, e.value_minor, e.currency AS event_currency,
           e.event_id, e.profile, b.event_id AS best_id, b.profile AS best_profile
    FROM judged j
    CROSS JOIN params q
    LEFT JOIN apart_units u ON u.unit_no = j.unit_no
    LEFT JOIN apart_events e ON e.event_no = j.event_no
    LEFT JOIN apart_events b ON b.event_no = j.best_no
) d
LEFT JOIN spans uo ON uo.zone = d.zone AND d.unit_at >= uo.from_s AND d.unit_at < uo.to_s
LEFT JOIN spans eo ON eo.zone = d.zone AND d.event_at >= eo.from_s AND d.event_at < eo.to_s;
