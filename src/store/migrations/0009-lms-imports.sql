-- How each import from the LMS went, for those who watch over it.
CREATE TABLE IF NOT EXISTS lms_imports
(
    source LowCardinality(String) COMMENT 'mysql, package or csv',
    ended_at DateTime64(3, 'UTC'),
    users UInt64,
    enrollments UInt64,
    roles UInt64,
    warnings Array(String),
    failure String COMMENT 'empty where it went well'
)
ENGINE = MergeTree
ORDER BY (source, ended_at)
TTL toDateTime(ended_at) + INTERVAL 120 DAY
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;
