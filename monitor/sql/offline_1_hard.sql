-- The keys that several events carry: they need ranking, all others can simply be joined.
-- In:  events, params (part_count, part_no)
-- Out: hard_keys, one part of the keys a time

INSERT INTO hard_keys
SELECT e.key_hash
FROM events e
CROSS JOIN params q
WHERE e.key_hash % q.part_count = q.part_no
GROUP BY e.key_hash
HAVING count(*) > 1;
