-- A snapshot has rows of its own for the learners that changed, and leaves the others to an earlier snapshot: copying all of
-- them was most of the work of a small change. Segments follow from the metrics and from the thresholds of the snapshot, so they are
-- no longer stored, and learners are written at once, without drafts. All snapshots are remade by the next refresh.
DROP TABLE IF EXISTS learner_drafts SYNC;

DROP TABLE IF EXISTS learners SYNC;

CREATE TABLE IF NOT EXISTS learners
(
    snapshot UInt64,
    username String,
    user_id Nullable(UInt64),
    name Nullable(String),
    email Nullable(String),
    enrollment_mode LowCardinality(Nullable(String)),
    enrollment_date Nullable(DateTime64(6, 'UTC')),
    cohort LowCardinality(Nullable(String)),
    enrolled Bool,
    unenrolled_on Nullable(Date),
    last_active Nullable(Date),
    language LowCardinality(Nullable(String)),
    location Nullable(String),
    year_of_birth Nullable(Int32),
    level_of_education LowCardinality(Nullable(String)),
    gender LowCardinality(Nullable(String)),
    mailing_address Nullable(String),
    city Nullable(String),
    country LowCardinality(Nullable(String)),
    goals Nullable(String),
    bio Nullable(String),
    problem_attempts UInt32,
    problems_attempted UInt32,
    problems_completed UInt32,
    videos_viewed UInt32,
    discussion_contributions UInt32,
    days_active UInt32,
    person UInt64 MATERIALIZED cityHash64(
        username, ifNull(user_id, 0), ifNull(name, ''), ifNull(email, ''), ifNull(language, ''), ifNull(location, ''),
        ifNull(year_of_birth, 0), ifNull(level_of_education, ''), ifNull(gender, ''), ifNull(mailing_address, ''),
        ifNull(city, ''), ifNull(country, ''), ifNull(goals, ''), ifNull(bio, ''))
)
ENGINE = MergeTree
PARTITION BY snapshot
ORDER BY username
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

TRUNCATE TABLE snapshots;

ALTER TABLE snapshots
    ADD COLUMN IF NOT EXISTS rest UInt64 COMMENT 'the snapshot that has the rows of the learners without one in this; 0: this has all';
