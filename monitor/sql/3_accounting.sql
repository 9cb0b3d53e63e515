-- The closed accounting: what each side holds, counted straight from the evidence, against the terms that the
-- judgement gave. What the terms leave over is the remainder. (Only the day of cancellations and shipments is
-- taken from the judgement, and with it which cancellations were owed.)
-- In:  units, placed_events, judged_units, judged_events, params (first_day, last_day)
-- Out: terms, several rows per shop, business day, metric and currency, for 3_pivot.sql

CREATE TABLE terms AS
SELECT 'pos' AS term, '' AS account, shop_id, zone, business_day, metric, currency,
       count(*) AS term_count, sum(total_minor) AS term_minor
FROM units
WHERE kind NOT IN ('canceled', 'shipped')
GROUP BY shop_id, zone, business_day, metric, currency
UNION ALL
SELECT 'pos', '', u.shop_id, u.zone, j.business_day, u.metric, u.currency, count(*), sum(u.total_minor)
FROM units u
JOIN judged_units j ON j.unit_no = u.unit_no
WHERE u.kind IN ('canceled', 'shipped')
GROUP BY u.shop_id, u.zone, j.business_day, u.metric, u.currency
UNION ALL
SELECT status, '', shop_id, zone, business_day, metric, currency, count(*), sum(total_minor)
FROM judged_units
GROUP BY status, shop_id, zone, business_day, metric, currency
UNION ALL
SELECT 'gone', '', shop_id, zone, business_day, metric, currency, count(*), sum(total_minor)
FROM judged_units
WHERE status = 'delivered' AND (event_day <> business_day OR event_currency <> currency)
GROUP BY shop_id, zone, business_day, metric, currency
UNION ALL
SELECT 'mismatch', '', shop_id, zone, business_day, metric, currency, count(*), sum(value_minor - total_minor)
FROM judged_units
WHERE status = 'delivered' AND event_day = business_day AND event_currency = currency
  AND value_minor <> total_minor
GROUP BY shop_id, zone, business_day, metric, currency
UNION ALL
SELECT 'events', '', shop_id, zone, business_day, metric, currency, count(*), sum(value_minor)
FROM placed_events
GROUP BY shop_id, zone, business_day, metric, currency
UNION ALL
SELECT status, '', shop_id, zone, business_day, metric, currency, count(*), sum(value_minor)
FROM judged_events
WHERE status <> 'delivered'
GROUP BY status, shop_id, zone, business_day, metric, currency
UNION ALL
SELECT 'arrived', '', shop_id, zone, business_day, metric, currency, count(*), sum(value_minor)
FROM judged_events
WHERE status = 'delivered' AND (unit_day <> business_day OR unit_currency <> currency)
GROUP BY shop_id, zone, business_day, metric, currency;
