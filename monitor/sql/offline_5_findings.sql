-- Every difference as a finding: its kind, its cause as a code, and what it stands for.
-- In:  differences, spans, zone_best (account, sales_zone, events_zone; no row where none is proven),
--      params (first_day, last_day, as_of_s, future_s, tolerance_minor), absent_metrics
-- Out: found

CREATE TABLE shift_walls AS
SELECT d.unit_no, d.event_no,
       d.unit_at + so.offset_s AS sale_wall, d.event_at + eo.offset_s AS event_wall
FROM differences d
JOIN zone_best b ON b.account = d.account
JOIN spans so ON so.zone = CASE WHEN b.sales_zone = 'shop' THEN d.zone ELSE b.sales_zone END
             AND d.unit_at >= so.from_s AND d.unit_at < so.to_s
JOIN spans eo ON eo.zone = CASE WHEN b.events_zone = 'shop' THEN d.zone ELSE b.events_zone END
             AND d.event_at >= eo.from_s AND d.event_at < eo.to_s
WHERE d.status = 'delivered' AND d.event_day <> d.unit_day;

CREATE TABLE found AS
SELECT d.*, f.finding, f.code, f.apart_s, f.currency, CAST(f.difference_minor AS BIGINT) AS difference_minor,
       f.business_day
FROM (
    SELECT unit_no, event_no, status,
           CASE WHEN kind = 'refunded' THEN 'lost_refund' ELSE 'missing' END AS finding,
           CASE WHEN metric IN (SELECT metric FROM absent_metrics) THEN 'no_such_metric'
                ELSE 'not_in_klaviyo' END AS code,
           CAST(0 AS BIGINT) AS apart_s, unit_currency AS currency, total_minor AS difference_minor,
           unit_day AS business_day
    FROM differences WHERE status = 'missing'
    UNION ALL
    SELECT d.unit_no, d.event_no, d.status, 'amount_mismatch',
           CASE WHEN d.value_minor = 0 THEN 'no_value'
                WHEN d.value_minor = -d.total_minor THEN 'sign'
                WHEN d.total_minor IN (d.value_minor * 100, d.value_minor * -100)
                  OR d.value_minor IN (d.total_minor * 100, d.total_minor * -100) THEN 'minor_units'
                ELSE 'unknown_amount' END,
           0, d.unit_currency, d.value_minor - d.total_minor, d.unit_day
    FROM differences d
    CROSS JOIN params q
    WHERE d.status = 'delivered' AND d.event_currency = d.unit_currency
      AND abs(d.value_minor - d.total_minor) > q.tolerance_minor
    UNION ALL
    SELECT unit_no, event_no, status, 'wrong_currency', 'currency', 0, unit_currency, total_minor, unit_day
    FROM differences WHERE status = 'delivered' AND event_currency <> unit_currency
    UNION ALL
    SELECT d.unit_no, d.event_no, d.status, 'day_shift',
           CASE WHEN w.sale_wall = w.event_wall THEN 'zone'
                WHEN (d.event_at - d.unit_at) % 86400 = 0 THEN 'whole_days'
                ELSE 'unknown_shift' END,
           CASE WHEN w.sale_wall = w.event_wall OR (d.event_at - d.unit_at) % 86400 <> 0 THEN 0
                ELSE d.event_at - d.unit_at END,
           d.unit_currency, d.total_minor, d.unit_day
    FROM differences d
    CROSS JOIN params q
    LEFT JOIN shift_walls w ON w.unit_no = d.unit_no AND w.event_no = d.event_no
    WHERE d.status = 'delivered' AND d.event_day <> d.unit_day AND d.event_at <= q.as_of_s + q.future_s
    UNION ALL
    SELECT d.unit_no, d.event_no, d.status, 'future_dated', 'future', 0, d.event_currency, d.value_minor,
           coalesce(d.unit_day, d.event_day)
    FROM differences d
    CROSS JOIN params q
    WHERE d.event_at > q.as_of_s + q.future_s AND d.status IN ('delivered', 'orphaned', 'events_settling')
    UNION ALL
    SELECT d.unit_no, d.event_no, d.status, 'orphaned', 'unknown_event', 0, d.event_currency, d.value_minor,
           d.event_day
    FROM differences d
    CROSS JOIN params q
    WHERE d.status = 'orphaned' AND d.event_at <= q.as_of_s + q.future_s
    UNION ALL
    SELECT unit_no, event_no, status, 'duplicate',
           CASE WHEN profile <> '' AND best_profile <> '' AND profile <> best_profile THEN 'two_profiles'
                ELSE 'sent_twice' END,
           0, event_currency, value_minor, event_day
    FROM differences WHERE status = 'duplicate'
) f
JOIN differences d ON d.unit_no IS NOT DISTINCT FROM f.unit_no AND d.event_no IS NOT DISTINCT FROM f.event_no
                  AND d.status = f.status;
