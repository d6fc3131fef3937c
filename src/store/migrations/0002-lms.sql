-- The LMS's tables, as last imported. A null column was not in the import and leaves what an earlier import said;
-- an empty string was there, empty, and so was a year of birth of 0.
CREATE TABLE IF NOT EXISTS lms_enrollments
(
    course_id LowCardinality(String),
    username String,
    user_id Nullable(UInt64),
    enrollment_mode Nullable(String),
    enrollment_date Nullable(DateTime64(6, 'UTC')),
    is_active Nullable(Bool),
    cohort Nullable(String)
)
ENGINE = CoalescingMergeTree
ORDER BY (course_id, username)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

CREATE TABLE IF NOT EXISTS lms_users
(
    username String,
    user_id Nullable(UInt64),
    name Nullable(String),
    email Nullable(String),
    language Nullable(String),
    location Nullable(String),
    year_of_birth Nullable(Int32),
    level_of_education Nullable(String),
    gender Nullable(String),
    mailing_address Nullable(String),
    city Nullable(String),
    country Nullable(String),
    goals Nullable(String),
    bio Nullable(String)
)
ENGINE = CoalescingMergeTree
ORDER BY username
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

-- Who may see what, and who is left out of a roster. Replaced as a whole by each import of its source.
CREATE TABLE IF NOT EXISTS course_roles
(
    source LowCardinality(String),
    username String,
    role LowCardinality(String),
    course_id String,
    org String
)
ENGINE = MergeTree
PARTITION BY source
ORDER BY (username, course_id, org, role)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;
