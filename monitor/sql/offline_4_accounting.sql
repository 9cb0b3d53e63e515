-- The closed accounting. The till's side is counted straight from its file; the events' side follows from the
-- differences, and the caller holds its sums against those of Klaviyo's own file.
-- In:  units, differences, spans
-- Out: terms, several rows per account, shop, zone, business day, metric and currency, for 3_pivot.sql

CREATE TABLE sold AS
SELECT u.account, u.shop_id, u.zone, u.metric, u.currency,
       DATE '1970-01-01' + CAST(floor((u.happened_at + o.offset_s) / 86400.0) AS INTEGER) AS business_day,
       count(*) AS term_count, sum(u.total_minor) AS term_minor
FROM units u
JOIN spans o ON o.zone = u.zone AND u.happened_at >= o.from_s AND u.happened_at < o.to_s
GROUP BY ALL;

CREATE TABLE apart_terms AS
SELECT status AS term, account, shop_id, zone, unit_day AS business_day, metric, unit_currency AS currency,
       count(*) AS term_count, sum(total_minor) AS term_minor
FROM differences WHERE status IN ('missing', 'settling')
GROUP BY ALL
UNION ALL
SELECT 'gone', account, shop_id, zone, unit_day, metric, unit_currency, count(*), sum(total_minor)
FROM differences WHERE status = 'delivered' AND (event_day <> unit_day OR event_currency <> unit_currency)
GROUP BY account, shop_id, zone, unit_day, metric, unit_currency
UNION ALL
SELECT 'arrived', account, shop_id, zone, event_day, metric, event_currency, count(*), sum(value_minor)
FROM differences WHERE status = 'delivered' AND (event_day <> unit_day OR event_currency <> unit_currency)
GROUP BY account, shop_id, zone, event_day, metric, event_currency
UNION ALL
SELECT 'mismatch', account, shop_id, zone, unit_day, metric, unit_currency, count(*), sum(value_minor - total_minor)
FROM differences
WHERE status = 'delivered' AND event_day = unit_day AND event_currency = unit_currency
  AND value_minor <> total_minor
GROUP BY account, shop_id, zone, unit_day, metric, unit_currency
UNION ALL
SELECT status, account, shop_id, zone, event_day, metric, event_currency, count(*), sum(value_minor)
FROM differences WHERE status IN ('orphaned', 'duplicate', 'events_settling')
GROUP BY status, account, shop_id, zone, event_day, metric, event_currency;

CREATE TABLE terms AS
SELECT 'pos' AS term, account, shop_id, zone, business_day, metric, currency, term_count, term_minor FROM sold
UNION ALL
SELECT 'delivered', account, shop_id, zone, business_day, metric, currency, term_count, term_minor FROM sold
UNION ALL
SELECT 'delivered', account, shop_id, zone, business_day, metric, currency, -term_count, -term_minor
FROM apart_terms WHERE term IN ('missing', 'settling')
UNION ALL
SELECT 'events', account, shop_id, zone, business_day, metric, currency, term_count, term_minor FROM sold
UNION ALL
SELECT 'events', account, shop_id, zone, business_day, metric, currency,
       CASE WHEN term IN ('missing', 'settling', 'gone') THEN -term_count
            WHEN term = 'mismatch' THEN 0 ELSE term_count END,
       CASE WHEN term IN ('missing', 'settling', 'gone') THEN -term_minor ELSE term_minor END
FROM apart_terms
UNION ALL
SELECT term, account, shop_id, zone, business_day, metric, currency, term_count, term_minor FROM apart_terms;
