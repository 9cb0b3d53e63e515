-- The pairs whose times differ, in shops where any event lies on another day than its sale, for the zone
-- diagnosis of one account. Some thousands of them, evenly drawn, tell as much as all.
-- In:  differences, params (pairs_max), diagnosed (account)
-- Out: zone_pairs

CREATE TABLE zone_pairs AS
SELECT unit_no, zone, unit_at AS sale_at, event_at, unit_day AS sale_day, event_day
FROM (
    SELECT d.*, row_number() OVER (ORDER BY hash(d.unit_no), d.unit_no) AS draw_no
    FROM differences d
    JOIN diagnosed a ON a.account = d.account
    WHERE d.status = 'delivered' AND d.event_at <> d.unit_at
      AND d.shop_id IN (
          SELECT s.shop_id FROM differences s
          WHERE s.account = a.account AND s.status = 'delivered' AND s.event_day <> s.unit_day)
) d
CROSS JOIN params q
WHERE d.draw_no <= q.pairs_max;
