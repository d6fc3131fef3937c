-- Courses whose facts or roster changed, and when. Refresh rebuilds those touched since their snapshot was begun.
CREATE TABLE IF NOT EXISTS touched_courses
(
    course_id String,
    touched_at DateTime64(6, 'UTC')
)
ENGINE = ReplacingMergeTree(touched_at)
ORDER BY course_id
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

-- One row per published snapshot of a course; the newest is what readers see. Inserting the row publishes the snapshot.
CREATE TABLE IF NOT EXISTS snapshots
(
    course_id String,
    snapshot UInt64,
    started_at DateTime64(6, 'UTC'),
    published_at DateTime64(6, 'UTC'),
    window_end Date,
    data_until Nullable(DateTime64(6, 'UTC')),
    learner_count UInt64,
    cohorts String COMMENT 'JSON object: cohort to number of learners',
    enrollment_modes String COMMENT 'JSON object: mode to number of learners',
    segments String COMMENT 'JSON object: segment to number of learners',
    ranges String COMMENT 'JSON object: metric to { learners, p15, p85, mean, median }, infinity as the string "inf"'
)
ENGINE = MergeTree
ORDER BY (course_id, snapshot)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;
