-- The pairs whose times differ, and what the clocks of every candidate zone showed at both times.
-- Products share the time of their sale, so they are only asked where nothing else is shifted.
-- In:  params, units, placed_events, judged_units, offsets, zone_names (name; `shop` is each shop's own)
-- Out: zone_pairs, zone_walls

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

CREATE TABLE zone_walls AS
SELECT p.unit_no, p.zone AS shop_zone, n.name,
       p.sale_at + so.offset_s AS sale_wall, p.event_at + eo.offset_s AS event_wall
FROM zone_pairs p
CROSS JOIN zone_names n
JOIN offsets so ON so.zone = CASE WHEN n.name = 'shop' THEN p.zone ELSE n.name END
               AND p.sale_at >= so.from_s AND p.sale_at < so.to_s
JOIN offsets eo ON eo.zone = CASE WHEN n.name = 'shop' THEN p.zone ELSE n.name END
               AND p.event_at >= eo.from_s AND p.event_at < eo.to_s;
