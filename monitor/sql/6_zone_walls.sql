-- What the clocks of every candidate zone showed at the time of the sale and at that of the event.
-- In:  zone_pairs, offsets, zone_names (name; `shop` stands for each shop's own zone)
-- Out: zone_walls

CREATE TABLE zone_walls AS
SELECT p.unit_no, p.zone AS shop_zone, n.name,
       p.sale_at + so.offset_s AS sale_wall, p.event_at + eo.offset_s AS event_wall
FROM zone_pairs p
CROSS JOIN zone_names n
JOIN offsets so ON so.zone = CASE WHEN n.name = 'shop' THEN p.zone ELSE n.name END
               AND p.sale_at >= so.from_s AND p.sale_at < so.to_s
JOIN offsets eo ON eo.zone = CASE WHEN n.name = 'shop' THEN p.zone ELSE n.name END
               AND p.event_at >= eo.from_s AND p.event_at < eo.to_s;
