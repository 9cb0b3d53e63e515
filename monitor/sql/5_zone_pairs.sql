-- The pairs whose times differ, in shops where any event lies on another day than its sale.
-- Products share the time of their sale, so they are only asked where nothing else is shifted.
-- In:  params, units, placed_events, judged_units
-- Out: zone_pairs

CREATE TABLE zone_pairs AS
SELECT j.unit_no, j.zone, u.happened_at AS sale_at, e.happened_at AS event_at,
       j.business_day AS sale_day, j.event_day
FROM judged_units j
JOIN units u ON u.unit_no = j.unit_no
JOIN placed_events e ON e.event_no = j.event_no
CROSS JOIN params q
WHERE j.status = 'delivered' AND e.happened_at <> u.happened_at
  AND ((j.business_day >= q.first_day AND j.business_day <= q.last_day)
       OR (j.event_day >= q.first_day AND j.event_day <= q.last_day))
  AND (j.kind NOT IN ('shipped', 'canceled') OR j.event_day <> j.business_day)
  AND (j.kind <> 'product' OR NOT EXISTS (
      SELECT 1 FROM judged_units o
      WHERE o.status = 'delivered' AND o.kind <> 'product' AND o.event_day <> o.business_day))
  AND j.shop_id IN (
      SELECT s.shop_id FROM judged_units s WHERE s.status = 'delivered' AND s.event_day <> s.business_day);
