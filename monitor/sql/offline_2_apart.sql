-- Every row of either side that has no equal on the other, and every row of a hard key. The rest agrees and is
-- never written down: what is held grows with the differences, not with the files.
-- A key's hash stands for the key: rows of one side that share it are hard and then compared by their texts.
-- In:  units, events, hard_keys, params (part_count, part_no)
-- Out: apart (unit_no, event_no), one part of the keys a time

INSERT INTO apart
SELECT u.unit_no, e.event_no, coalesce(u.key_hash, e.key_hash) AS key_hash
FROM (
    SELECT v.key_hash, v.unit_no, v.happened_at, v.total_minor, v.currency
    FROM units v CROSS JOIN params q WHERE v.key_hash % q.part_count = q.part_no
) u
FULL JOIN (
    SELECT w.key_hash, w.event_no, w.happened_at, w.value_minor, w.currency
    FROM events w CROSS JOIN params q WHERE w.key_hash % q.part_count = q.part_no
) e ON e.key_hash = u.key_hash
WHERE u.unit_no IS NULL OR e.event_no IS NULL
   OR u.happened_at <> e.happened_at OR u.total_minor <> e.value_minor OR u.currency <> e.currency
   OR u.key_hash IN (SELECT key_hash FROM hard_keys);
