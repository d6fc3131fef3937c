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

-- The learners of each snapshot, never changed once published.
CREATE TABLE IF NOT EXISTS learners
(
    snapshot UInt64,
    username String,
    user_id Nullable(UInt64),
    name Nullable(String),
    email Nullable(String),
    enrollment_mode Nullable(String),
    enrollment_date Nullable(DateTime64(6, 'UTC')),
    cohort Nullable(String),
    segments Array(LowCardinality(String)),
    segment_reasons Map(LowCardinality(String), Array(String)),
    last_active Nullable(Date),
    language Nullable(String),
    location Nullable(String),
    year_of_birth Nullable(Int32),
    level_of_education Nullable(String),
    gender Nullable(String),
    mailing_address Nullable(String),
    city Nullable(String),
    country Nullable(String),
    goals Nullable(String),
    bio Nullable(String),
    problem_attempts UInt64,
    problems_attempted UInt64,
    problems_completed UInt64,
    videos_viewed UInt64,
    discussion_contributions UInt64,
    days_active UInt64,
    problem_attempts_per_completed Nullable(Float64),
    attempt_ratio_order Int64,
    search_text String COMMENT 'username, name and email, folded, a line each'
)
ENGINE = MergeTree
PARTITION BY snapshot
ORDER BY username
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

-- The learners of a refresh under way, before ranges and segments are known. Whoever is not published yet is here; nobody reads it.
CREATE TABLE IF NOT EXISTS learner_drafts
(
    snapshot UInt64,
    username String,
    user_id Nullable(UInt64),
    enrollment_mode Nullable(String),
    enrollment_date Nullable(DateTime64(6, 'UTC')),
    cohort Nullable(String),
    enrolled Bool,
    unenrolled_on Nullable(Date),
    last_active Nullable(Date),
    active_before Bool COMMENT 'any fact in the seven days before the window',
    problem_attempts UInt64,
    problems_attempted UInt64,
    problems_completed UInt64,
    videos_viewed UInt64,
    discussion_contributions UInt64,
    days_active UInt64
)
ENGINE = MergeTree
PARTITION BY snapshot
ORDER BY username;
