-- Every single difference, named, one row each. `unit_no` and `event_no` lead to the evidence of either side;
-- `other_no` is the event that was taken as the delivered one where a key is there twice, or that took the
-- place of a missing one.
-- In:  params, units, events, pairs, offsets, judged_units, judged_events
-- Out: finding_rows

-- Sales of one customer and second whose event Klaviyo dropped, because it takes the second for the id where
-- none is sent: the event of another of these sales is there under its second.
CREATE TABLE collapsed AS
SELECT u.unit_no, min(e.event_no) AS event_no
FROM judged_units j
JOIN units u ON u.unit_no = j.unit_no
JOIN events e ON e.metric = u.metric AND e.happened_at = u.happened_at
JOIN pairs p ON p.event_no = e.event_no
JOIN units w ON w.unit_no = p.unit_no
WHERE j.status = 'missing' AND u.customer_id <> '' AND w.customer_id = u.customer_id
  AND e.unique_id = CAST(e.happened_at AS VARCHAR)
GROUP BY u.unit_no;

-- A refund that was voided after it was sent is also told on the day it was voided: its own may be long past.
CREATE TABLE undone_refunds AS
SELECT u.unit_no, DATE '1970-01-01' + CAST(floor((u.changed_at + o.offset_s) / 86400.0) AS INTEGER) AS voided_on
FROM units u
JOIN offsets o ON o.zone = u.zone AND u.changed_at >= o.from_s AND u.changed_at < o.to_s
WHERE u.kind = 'refunded' AND u.voided;

CREATE TABLE finding_rows AS
SELECT f.kind, f.shop_id, f.zone, f.metric, f.currency, f.unit_no, f.event_no, f.other_no,
       CASE WHEN f.business_day >= q.first_day AND f.business_day <= q.last_day THEN f.business_day
            ELSE f.other_day END AS business_day,
       CAST(f.difference_minor AS BIGINT) AS difference_minor
FROM (
    SELECT CASE WHEN c.unit_no IS NOT NULL THEN 'same_second_collapse'
                WHEN j.kind = 'refunded' THEN 'lost_refund' ELSE 'missing' END AS kind,
           j.shop_id, j.zone, j.business_day, j.business_day AS other_day, j.metric, j.currency, j.unit_no,
           CAST(NULL AS BIGINT) AS event_no, c.event_no AS other_no, j.total_minor AS difference_minor
    FROM judged_units j LEFT JOIN collapsed c ON c.unit_no = j.unit_no WHERE j.status = 'missing'
    UNION ALL
    SELECT 'amount_mismatch', j.shop_id, j.zone, j.business_day, j.business_day, j.metric, j.currency, j.unit_no,
           j.event_no, NULL, j.value_minor - j.total_minor
    FROM judged_units j CROSS JOIN params q
    WHERE j.status = 'delivered' AND j.event_currency = j.currency
      AND abs(j.value_minor - j.total_minor) > q.tolerance_minor AND j.changed_at <= q.as_of_s - q.settle_s
    UNION ALL
    SELECT 'line_mismatch', j.shop_id, j.zone, j.business_day, j.business_day, j.metric, j.currency, j.unit_no,
           j.event_no, NULL, 0
    FROM judged_units j CROSS JOIN params q
    WHERE j.status = 'delivered' AND j.lines_differ AND j.changed_at <= q.as_of_s - q.settle_s
      AND j.event_currency = j.currency AND abs(j.value_minor - j.total_minor) <= q.tolerance_minor
    UNION ALL
    SELECT 'wrong_currency', shop_id, zone, business_day, business_day, metric, currency, unit_no,
           event_no, NULL, total_minor
    FROM judged_units WHERE status = 'delivered' AND event_currency <> currency
    UNION ALL
    SELECT CASE WHEN j.event_at > q.as_of_s + q.future_s THEN 'future_dated' ELSE 'day_shift' END,
           j.shop_id, j.zone, j.business_day, j.event_day, j.metric, j.currency, j.unit_no,
           j.event_no, NULL, j.total_minor
    FROM judged_units j CROSS JOIN params q
    WHERE j.status = 'delivered' AND (j.event_day <> j.business_day OR j.event_at > q.as_of_s + q.future_s)
    UNION ALL
    SELECT CASE WHEN e.happened_at > q.as_of_s + q.future_s THEN 'future_dated' ELSE 'orphaned' END,
           e.shop_id, e.zone, e.business_day,
           CASE WHEN e.happened_at > q.as_of_s + q.future_s THEN q.last_day
                ELSE coalesce(v.voided_on, e.business_day) END,
           e.metric, e.currency, e.named_no, e.event_no, NULL, e.value_minor
    FROM judged_events e CROSS JOIN params q LEFT JOIN undone_refunds v ON v.unit_no = e.unit_no
    WHERE e.status = 'orphaned'
    UNION ALL
    SELECT CASE WHEN e.double_key THEN 'double_key'
                WHEN v.unique_id <> '' AND o.unique_id <> '' AND v.unique_id <> o.unique_id
                     AND v.profile_id = o.profile_id
                     AND v.unique_id <> CAST(v.happened_at AS VARCHAR)
                     AND o.unique_id <> CAST(o.happened_at AS VARCHAR) THEN 'double_key'
                ELSE 'duplicate' END,
           e.shop_id, e.zone, e.business_day, e.business_day, e.metric, e.currency, e.named_no,
           e.event_no, j.event_no, e.value_minor
    FROM judged_events e
    JOIN events v ON v.event_no = e.event_no
    LEFT JOIN judged_units j ON j.unit_no = e.named_no
    LEFT JOIN events o ON o.event_no = j.event_no
    WHERE e.status = 'duplicate'
) f
CROSS JOIN params q
WHERE (f.business_day >= q.first_day AND f.business_day <= q.last_day)
   OR (f.other_day >= q.first_day AND f.other_day <= q.last_day);
