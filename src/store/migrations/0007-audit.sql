-- Who looked at which course's learners, and by which filter. No learner is named, nor what was searched for.
CREATE TABLE IF NOT EXISTS audit_log
(
    time DateTime64(3, 'UTC') COMMENT 'of the first of these requests',
    kind LowCardinality(String) COMMENT 'service or person',
    name String COMMENT 'name of the key, or username',
    course_id LowCardinality(String),
    resource LowCardinality(String),
    filter String COMMENT 'as in an address; the value of text_search is left out',
    requests UInt32 COMMENT 'how many there were within some seconds'
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(time)
ORDER BY (time, name)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;
