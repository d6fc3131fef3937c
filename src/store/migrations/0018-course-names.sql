-- What courses are called, as the LMS last told; empty where it has no name for one.
CREATE TABLE IF NOT EXISTS lms_courses
(
    course_id String,
    display_name String
)
ENGINE = ReplacingMergeTree
ORDER BY course_id
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

ALTER TABLE snapshots
    ADD COLUMN IF NOT EXISTS display_name String COMMENT 'of the course; empty where none is known';
