-- Every single difference, named, one row each. `unit_no` and `event_no` lead to the evidence of either side;
-- `other_no` is the event that was taken as the delivered one where a key is there twice.
-- In:  params, judged_units, judged_events
-- Out: finding_rows

CREATE TABLE finding_rows AS
SELECT f.kind, f.shop_id, f.zone, f.metric, f.currency, f.unit_no, f.event_no, f.other_no,
       CASE WHEN f.business_day >= q.first_day AND f.business_day <= q.last_day THEN f.business_day
            ELSE f.other_day END AS business_day,
       CAST(f.difference_minor AS BIGINT) AS difference_minor
FROM (
    SELECT 'missing' AS kind, shop_id, zone, business_day, business_day AS other_day, metric, currency, unit_no,
           CAST(NULL AS BIGINT) AS event_no, CAST(NULL AS BIGINT) AS other_no,
           total_minor AS difference_minor
    FROM judged_units WHERE status = 'missing'
    UNION ALL
    SELECT 'amount_mismatch', shop_id, zone, business_day, business_day, metric, currency, unit_no,
           event_no, NULL, value_minor - total_minor
    FROM judged_units
    WHERE status = 'delivered' AND event_currency = currency AND value_minor <> total_minor
    UNION ALL
    SELECT 'wrong_currency', shop_id, zone, business_day, business_day, metric, currency, unit_no,
           event_no, NULL, total_minor
    FROM judged_units WHERE status = 'delivered' AND event_currency <> currency
    UNION ALL
    SELECT 'day_shift', shop_id, zone, business_day, event_day, metric, currency, unit_no,
           event_no, NULL, total_minor
    FROM judged_units WHERE status = 'delivered' AND event_day <> business_day
    UNION ALL
    SELECT 'orphaned', shop_id, zone, business_day, business_day, metric, currency, named_no,
           event_no, NULL, value_minor
    FROM judged_events WHERE status = 'orphaned'
    UNION ALL
    SELECT 'duplicate', e.shop_id, e.zone, e.business_day, e.business_day, e.metric, e.currency, e.named_no,
           e.event_no, j.event_no, e.value_minor
    FROM judged_events e LEFT JOIN judged_units j ON j.unit_no = e.named_no
    WHERE e.status = 'duplicate'
) f
CROSS JOIN params q
WHERE (f.business_day >= q.first_day AND f.business_day <= q.last_day)
   OR (f.other_day >= q.first_day AND f.other_day <= q.last_day);
