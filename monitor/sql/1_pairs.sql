-- Which event belongs to which unit: by metric and key, one to one.
-- In:  units, events (evidence of both sides)
-- Out: pairs (unit_no, event_no), keyed_pairs, renamed_pairs, shared_keys, hard_units, hard_events
-- Nearly every key is there once on either side. Only the rest goes through the costly ranking: among several
-- events of a key the best match is the one of the same value, nearest in time, with the lowest id.

CREATE TABLE shared_keys AS
SELECT u.metric, u.event_key, u.unit_count, u.unit_no, u.first_at, e.event_count, e.event_no
FROM (
    SELECT metric, event_key, count(*) AS unit_count, min(unit_no) AS unit_no, min(happened_at) AS first_at
    FROM units GROUP BY metric, event_key
) u
JOIN (
    SELECT metric, event_key, count(*) AS event_count, min(event_no) AS event_no
    FROM events WHERE event_key <> '' GROUP BY metric, event_key
) e ON e.metric = u.metric AND e.event_key = u.event_key;

CREATE TABLE hard_units AS
SELECT u.unit_no, u.metric, u.event_key, u.total_minor, u.happened_at,
       CASE WHEN u.reason = '' THEN 0 WHEN u.reasons = 'voided' THEN 1 ELSE 2 END AS weight,
       row_number() OVER (
           PARTITION BY u.metric, u.event_key, u.total_minor
           ORDER BY CASE WHEN u.reason = '' THEN 0 WHEN u.reasons = 'voided' THEN 1 ELSE 2 END,
                    u.happened_at, u.unit_no
       ) AS rank_no
FROM units u
JOIN shared_keys k ON k.metric = u.metric AND k.event_key = u.event_key
WHERE k.unit_count > 1 OR k.event_count > 1;

CREATE TABLE hard_events AS
SELECT e.event_no, e.event_id, e.metric, e.event_key, e.value_minor, e.happened_at, k.unit_no AS first_unit_no,
       row_number() OVER (
           PARTITION BY e.metric, e.event_key, e.value_minor
           ORDER BY abs(e.happened_at - k.first_at), e.event_id
       ) AS rank_no
FROM events e
JOIN shared_keys k ON k.metric = e.metric AND k.event_key = e.event_key
WHERE k.unit_count > 1 OR k.event_count > 1;

CREATE TABLE exact_pairs AS
SELECT u.unit_no, e.event_no
FROM hard_units u
JOIN hard_events e
  ON e.metric = u.metric AND e.event_key = u.event_key
 AND e.value_minor = u.total_minor AND e.rank_no = u.rank_no;

CREATE TABLE keyed_pairs AS
SELECT unit_no, event_no FROM shared_keys WHERE unit_count = 1 AND event_count = 1
UNION ALL
SELECT unit_no, event_no FROM exact_pairs
UNION ALL
SELECT u.unit_no, e.event_no
FROM (
    SELECT h.unit_no, h.metric, h.event_key,
           row_number() OVER (
               PARTITION BY h.metric, h.event_key ORDER BY h.weight, h.total_minor, h.happened_at, h.unit_no
           ) AS rank_no
    FROM hard_units h LEFT JOIN exact_pairs x ON x.unit_no = h.unit_no WHERE x.unit_no IS NULL
) u
JOIN (
    SELECT h.event_no, h.metric, h.event_key,
           row_number() OVER (
               PARTITION BY h.metric, h.event_key ORDER BY h.value_minor, h.happened_at, h.event_id
           ) AS rank_no
    FROM hard_events h LEFT JOIN exact_pairs x ON x.event_no = h.event_no WHERE x.event_no IS NULL
) e ON e.metric = u.metric AND e.event_key = u.event_key AND e.rank_no = u.rank_no;

-- A unit and an event without a partner may still belong together under another name: a refund that was sent
-- before the sale it returns was known, and an event sent without an id, which Klaviyo names by its second.
CREATE TABLE renamed_pairs AS
SELECT r.unit_no, r.event_no
FROM (
    SELECT n.unit_no, n.event_no,
           row_number() OVER (PARTITION BY n.unit_no ORDER BY n.event_id, n.event_no) AS unit_rank,
           row_number() OVER (PARTITION BY n.event_no ORDER BY n.unit_no) AS event_rank
    FROM (
        SELECT u.unit_no, e.event_no, e.event_id
        FROM units u JOIN events e ON e.metric = u.metric AND e.event_key = u.alt_key
        WHERE u.alt_key <> ''
        UNION ALL
        SELECT u.unit_no, e.event_no, e.event_id
        FROM events e JOIN units u ON u.metric = e.metric AND u.order_id = e.order_id
        WHERE e.unique_id = CAST(e.happened_at AS VARCHAR) AND e.event_key = e.unique_id AND e.order_id <> ''
          AND u.kind <> 'product' AND u.happened_at = e.happened_at
    ) n
    LEFT JOIN keyed_pairs a ON a.unit_no = n.unit_no
    LEFT JOIN keyed_pairs b ON b.event_no = n.event_no
    WHERE a.unit_no IS NULL AND b.event_no IS NULL
) r
WHERE r.unit_rank = 1 AND r.event_rank = 1;

CREATE TABLE pairs AS
SELECT unit_no, event_no FROM keyed_pairs
UNION ALL
SELECT unit_no, event_no FROM renamed_pairs;
