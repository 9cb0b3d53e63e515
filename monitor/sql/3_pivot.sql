-- The terms of the accounting side by side, and what they leave over: the remainder of either side.
-- In:  terms (term, account, shop_id, zone, business_day, metric, currency, term_count, term_minor),
--      params (first_day, last_day)
-- Out: accounting, one row per account, shop, zone, business day, metric and currency

CREATE TABLE accounting AS
SELECT b.*,
       abs(pos_remainder_count) + abs(events_remainder_count) AS remainder_count,
       abs(pos_remainder_minor) + abs(events_remainder_minor) AS remainder_minor
FROM (
SELECT account, shop_id, zone, business_day, metric, currency,
       CAST(pos_count AS BIGINT) AS pos_count, CAST(pos_minor AS BIGINT) AS pos_minor,
       CAST(delivered_count AS BIGINT) AS delivered_count, CAST(delivered_minor AS BIGINT) AS delivered_minor,
       CAST(excluded_count AS BIGINT) AS excluded_count, CAST(excluded_minor AS BIGINT) AS excluded_minor,
       CAST(settling_count AS BIGINT) AS settling_count, CAST(settling_minor AS BIGINT) AS settling_minor,
       CAST(missing_count AS BIGINT) AS missing_count, CAST(missing_minor AS BIGINT) AS missing_minor,
       CAST(events_count AS BIGINT) AS events_count, CAST(events_minor AS BIGINT) AS events_minor,
       CAST(mismatch_count AS BIGINT) AS mismatch_count, CAST(mismatch_minor AS BIGINT) AS mismatch_minor,
       CAST(orphaned_count AS BIGINT) AS orphaned_count, CAST(orphaned_minor AS BIGINT) AS orphaned_minor,
       CAST(duplicate_count AS BIGINT) AS duplicate_count, CAST(duplicate_minor AS BIGINT) AS duplicate_minor,
       CAST(events_settling_count AS BIGINT) AS events_settling_count, CAST(events_settling_minor AS BIGINT) AS events_settling_minor,
       CAST(arrived_count AS BIGINT) AS arrived_count, CAST(arrived_minor AS BIGINT) AS arrived_minor,
       CAST(gone_count AS BIGINT) AS gone_count, CAST(gone_minor AS BIGINT) AS gone_minor,
       CAST(pos_count - delivered_count - excluded_count - settling_count - missing_count AS BIGINT)
           AS pos_remainder_count,
       CAST(pos_minor - delivered_minor - excluded_minor - settling_minor - missing_minor AS BIGINT)
           AS pos_remainder_minor,
       CAST(events_count - delivered_count - orphaned_count - duplicate_count - events_settling_count
            - arrived_count + gone_count AS BIGINT) AS events_remainder_count,
       CAST(events_minor - delivered_minor - mismatch_minor - orphaned_minor - duplicate_minor
            - events_settling_minor - arrived_minor + gone_minor AS BIGINT) AS events_remainder_minor
FROM (
    SELECT t.account, t.shop_id, t.zone, t.business_day, t.metric, t.currency,
           sum(CASE WHEN term = 'pos' THEN term_count ELSE 0 END) AS pos_count,
           sum(CASE WHEN term = 'pos' THEN term_minor ELSE 0 END) AS pos_minor,
           sum(CASE WHEN term = 'delivered' THEN term_count ELSE 0 END) AS delivered_count,
           sum(CASE WHEN term = 'delivered' THEN term_minor ELSE 0 END) AS delivered_minor,
           sum(CASE WHEN term = 'excluded' THEN term_count ELSE 0 END) AS excluded_count,
           sum(CASE WHEN term = 'excluded' THEN term_minor ELSE 0 END) AS excluded_minor,
           sum(CASE WHEN term = 'settling' THEN term_count ELSE 0 END) AS settling_count,
           sum(CASE WHEN term = 'settling' THEN term_minor ELSE 0 END) AS settling_minor,
           sum(CASE WHEN term = 'missing' THEN term_count ELSE 0 END) AS missing_count,
           sum(CASE WHEN term = 'missing' THEN term_minor ELSE 0 END) AS missing_minor,
           sum(CASE WHEN term = 'events' THEN term_count ELSE 0 END) AS events_count,
           sum(CASE WHEN term = 'events' THEN term_minor ELSE 0 END) AS events_minor,
           sum(CASE WHEN term = 'mismatch' THEN term_count ELSE 0 END) AS mismatch_count,
           sum(CASE WHEN term = 'mismatch' THEN term_minor ELSE 0 END) AS mismatch_minor,
           sum(CASE WHEN term = 'orphaned' THEN term_count ELSE 0 END) AS orphaned_count,
           sum(CASE WHEN term = 'orphaned' THEN term_minor ELSE 0 END) AS orphaned_minor,
           sum(CASE WHEN term = 'duplicate' THEN term_count ELSE 0 END) AS duplicate_count,
           sum(CASE WHEN term = 'duplicate' THEN term_minor ELSE 0 END) AS duplicate_minor,
           sum(CASE WHEN term = 'events_settling' THEN term_count ELSE 0 END) AS events_settling_count,
           sum(CASE WHEN term = 'events_settling' THEN term_minor ELSE 0 END) AS events_settling_minor,
           sum(CASE WHEN term = 'arrived' THEN term_count ELSE 0 END) AS arrived_count,
           sum(CASE WHEN term = 'arrived' THEN term_minor ELSE 0 END) AS arrived_minor,
           sum(CASE WHEN term = 'gone' THEN term_count ELSE 0 END) AS gone_count,
           sum(CASE WHEN term = 'gone' THEN term_minor ELSE 0 END) AS gone_minor
    FROM terms t
    CROSS JOIN params q
    WHERE t.business_day >= q.first_day AND t.business_day <= q.last_day
    GROUP BY t.account, t.shop_id, t.zone, t.business_day, t.metric, t.currency
) summed
) b;
