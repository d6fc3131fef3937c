-- Logins that were logged out of, by their random ids, until they would have ended by themselves: no process takes a copy of their cookie.
CREATE TABLE IF NOT EXISTS ended_sessions
(
    session UUID,
    ends_at DateTime('UTC')
)
ENGINE = ReplacingMergeTree(ends_at)
ORDER BY session
TTL ends_at
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;
