-- The closed accounting: what each side holds, counted straight from the evidence, against the terms that the
-- judgement gave. What the terms leave over is the remainder. (Only the day of cancellations and shipments is
-- taken from the judgement, and with it which cancellations were owed.)
-- In:  units, placed_events, judged_units, judged_events, params (first_day, last_day)
-- Out: accounting, one row per shop, business day, metric and currency

CREATE TABLE terms AS
SELECT 'pos' AS term, shop_id, zone, business_day, metric, currency,
       count(*) AS term_count, sum(total_minor) AS term_minor
FROM units
WHERE kind NOT IN ('canceled', 'shipped')
GROUP BY shop_id, zone, business_day, metric, currency
UNION ALL
SELECT 'pos', u.shop_id, u.zone, j.business_day, u.metric, u.currency, count(*), sum(u.total_minor)
FROM units u
JOIN judged_units j ON j.unit_no = u.unit_no
WHERE u.kind IN ('canceled', 'shipped')
GROUP BY u.shop_id, u.zone, j.business_day, u.metric, u.currency
UNION ALL
SELECT status, shop_id, zone, business_day, metric, currency, count(*), sum(total_minor)
FROM judged_units
GROUP BY status, shop_id, zone, business_day, metric, currency
UNION ALL
SELECT 'gone', shop_id, zone, business_day, metric, currency, count(*), sum(total_minor)
FROM judged_units
WHERE status = 'delivered' AND (event_day <> business_day OR event_currency <> currency)
GROUP BY shop_id, zone, business_day, metric, currency
UNION ALL
SELECT 'mismatch', shop_id, zone, business_day, metric, currency, count(*), sum(value_minor - total_minor)
FROM judged_units
WHERE status = 'delivered' AND event_day = business_day AND event_currency = currency
  AND value_minor <> total_minor
GROUP BY shop_id, zone, business_day, metric, currency
UNION ALL
SELECT 'events', shop_id, zone, business_day, metric, currency, count(*), sum(value_minor)
FROM placed_events
GROUP BY shop_id, zone, business_day, metric, currency
UNION ALL
SELECT status, shop_id, zone, business_day, metric, currency, count(*), sum(value_minor)
FROM judged_events
WHERE status <> 'delivered'
GROUP BY status, shop_id, zone, business_day, metric, currency
UNION ALL
SELECT 'arrived', shop_id, zone, business_day, metric, currency, count(*), sum(value_minor)
FROM judged_events
WHERE status = 'delivered' AND (unit_day <> business_day OR unit_currency <> currency)
GROUP BY shop_id, zone, business_day, metric, currency;

CREATE TABLE accounting AS
SELECT b.*,
       abs(pos_remainder_count) + abs(events_remainder_count) AS remainder_count,
       abs(pos_remainder_minor) + abs(events_remainder_minor) AS remainder_minor
FROM (
SELECT shop_id, zone, business_day, metric, currency,
       CAST(pos_count AS BIGINT) AS pos_count, CAST(pos_minor AS BIGINT) AS pos_minor,
       CAST(delivered_count AS BIGINT) AS delivered_count, CAST(delivered_minor AS BIGINT) AS delivered_minor,
       CAST(excluded_count AS BIGINT) AS excluded_count, CAST(excluded_minor AS BIGINT) AS excluded_minor,
       CAST(settling_count AS BIGINT) AS settling_count, CAST(settling_minor AS BIGINT) AS settling_minor,
       CAST(missing_count AS BIGINT) AS missing_count, CAST(missing_minor AS BIGINT) AS missing_minor,
       CAST(events_count AS BIGINT) AS events_count, CAST(events_minor AS BIGINT) AS events_minor,
       CAST(mismatch_count AS BIGINT) AS mismatch_count, CAST(mismatch_minor AS BIGINT) AS mismatch_minor,
       CAST(orphaned_count AS BIGINT) AS orphaned_count, CAST(orphaned_minor AS BIGINT) AS orphaned_minor,
       CAST(duplicate_count AS BIGINT) AS duplicate_count, CAST(duplicate_minor AS BIGINT) AS duplicate_minor,
       CAST(arrived_count AS BIGINT) AS arrived_count, CAST(arrived_minor AS BIGINT) AS arrived_minor,
       CAST(gone_count AS BIGINT) AS gone_count, CAST(gone_minor AS BIGINT) AS gone_minor,
       CAST(pos_count - delivered_count - excluded_count - settling_count - missing_count AS BIGINT)
           AS pos_remainder_count,
       CAST(pos_minor - delivered_minor - excluded_minor - settling_minor - missing_minor AS BIGINT)
           AS pos_remainder_minor,
       CAST(events_count - delivered_count - orphaned_count - duplicate_count - arrived_count + gone_count
            AS BIGINT) AS events_remainder_count,
       CAST(events_minor - delivered_minor - mismatch_minor - orphaned_minor - duplicate_minor
            - arrived_minor + gone_minor AS BIGINT) AS events_remainder_minor
FROM (
    SELECT t.shop_id, t.zone, t.business_day, t.metric, t.currency,
           sum(CASE WHEN term = 'pos' THEN term_count ELSE 0 END) AS pos_count,
           sum(CASE WHEN term = 'pos' THEN term_minor ELSE 0 END) AS pos_minor,
           sum(CASE WHEN term = 'delivered' THEN term_count ELSE 0 END) AS delivered_count,
           sum(CASE WHEN term = 'delivered' THEN term_minor ELSE 0 END) AS delivered_minor,
           sum(CASE WHEN term = 'excluded' THEN term_count ELSE 0 END) AS excluded_count,
           sum(CASE WHEN term = 'excluded' THEN term_minor ELSE 0 END) AS excluded_minor,
           sum(CASE WHEN term = 'settling' THEN term_count ELSE 0 END) AS settling_count,
           sum(CASE WHEN term = 'settling' THEN term_minor ELSE 0 END) AS settling_minor,
           sum(CASE WHEN term = 'missing' THEN term_count ELSE 0 END) AS missing_count,
           sum(CASE WHEN term = 'missing' THEN term_minor ELSE 0 END) AS missing_minor,
           sum(CASE WHEN term = 'events' THEN term_count ELSE 0 END) AS events_count,
           sum(CASE WHEN term = 'events' THEN term_minor ELSE 0 END) AS events_minor,
           sum(CASE WHEN term = 'mismatch' THEN term_count ELSE 0 END) AS mismatch_count,
           sum(CASE WHEN term = 'mismatch' THEN term_minor ELSE 0 END) AS mismatch_minor,
           sum(CASE WHEN term = 'orphaned' THEN term_count ELSE 0 END) AS orphaned_count,
           sum(CASE WHEN term = 'orphaned' THEN term_minor ELSE 0 END) AS orphaned_minor,
           sum(CASE WHEN term = 'duplicate' THEN term_count ELSE 0 END) AS duplicate_count,
           sum(CASE WHEN term = 'duplicate' THEN term_minor ELSE 0 END) AS duplicate_minor,
           sum(CASE WHEN term = 'arrived' THEN term_count ELSE 0 END) AS arrived_count,
           sum(CASE WHEN term = 'arrived' THEN term_minor ELSE 0 END) AS arrived_minor,
           sum(CASE WHEN term = 'gone' THEN term_count ELSE 0 END) AS gone_count,
           sum(CASE WHEN term = 'gone' THEN term_minor ELSE 0 END) AS gone_minor
    FROM terms t
    CROSS JOIN params q
    WHERE t.business_day >= q.first_day AND t.business_day <= q.last_day
    GROUP BY t.shop_id, t.zone, t.business_day, t.metric, t.currency
) summed
) b;
