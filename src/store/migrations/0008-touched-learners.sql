-- The last day on which a learner did anything in a course, by the name and id that the facts state. Written before the
-- facts themselves: a merge killed in between is made good by the next ingest of the same files.
CREATE TABLE IF NOT EXISTS learner_activity
(
    course_id LowCardinality(String),
    username String,
    user_id UInt64,
    last_day SimpleAggregateFunction(max, Date)
)
ENGINE = AggregatingMergeTree
ORDER BY (course_id, username, user_id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

INSERT INTO learner_activity
SELECT course_id, username, user_id, max(day) FROM facts GROUP BY course_id, username, user_id
SETTINGS max_bytes_before_external_group_by = 1000000000;

-- Learners whose facts or roster changed, and when, in courses that are otherwise unchanged (those are in
-- touched_courses): a refresh recomputes them alone.
CREATE TABLE IF NOT EXISTS touched_learners
(
    course_id LowCardinality(String),
    username String,
    touched_at DateTime64(6, 'UTC')
)
ENGINE = ReplacingMergeTree(touched_at)
PARTITION BY toDate(touched_at)
ORDER BY (course_id, username)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

-- Whom a refresh under way recomputes, under every name of theirs; nobody else reads it.
CREATE TABLE IF NOT EXISTS learner_scopes
(
    snapshot UInt64,
    username String
)
ENGINE = MergeTree
PARTITION BY snapshot
ORDER BY username;

ALTER TABLE snapshots
    ADD COLUMN IF NOT EXISTS include_staff Bool,
    ADD COLUMN IF NOT EXISTS enrollment_known Bool COMMENT 'false: the roster is the active learners';
