-- What learners did: one row per event that counts. A row of kind 'problem' is the fact "attempted" and, where
-- `completed`, also the fact "completed". Keyed by the hash of the event's text, so that ingesting anything twice changes nothing.
CREATE TABLE IF NOT EXISTS facts
(
    course_id LowCardinality(String),
    day Date,
    username String,
    hash UInt128,
    time DateTime64(6, 'UTC'),
    user_id UInt64,
    kind Enum8('problem' = 1, 'video' = 2, 'discussion' = 3),
    entity LowCardinality(String),
    completed Bool
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(day)
ORDER BY (course_id, day, username, hash)
SETTINGS index_granularity = 2048, fsync_after_insert = 1, fsync_part_directory = 1;

-- Enrolment and cohort changes seen in the logs. `username` is empty where the event names the learner by `user_id` alone.
CREATE TABLE IF NOT EXISTS roster_changes
(
    course_id LowCardinality(String),
    user_id UInt64,
    username String,
    time DateTime64(6, 'UTC'),
    hash UInt128,
    action Enum8('activated' = 1, 'deactivated' = 2, 'mode_changed' = 3, 'user_added' = 4, 'user_removed' = 5),
    value String COMMENT 'enrolment mode, or cohort name; empty where the event does not say'
)
ENGINE = ReplacingMergeTree
ORDER BY (course_id, user_id, username, time, hash)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

-- Which username goes with which user_id, by everything seen so far. The LMS's own word beats the logs.
CREATE TABLE IF NOT EXISTS identities
(
    user_id UInt64,
    username String,
    from_lms SimpleAggregateFunction(max, Bool),
    last_seen SimpleAggregateFunction(max, DateTime64(6, 'UTC')),
    INDEX by_username username TYPE bloom_filter
)
ENGINE = AggregatingMergeTree
ORDER BY (user_id, username)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;
