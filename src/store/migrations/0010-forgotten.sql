-- People of whom nothing is to be kept, whatever logs and rosters still say: salted hashes of their names and ids.
CREATE TABLE IF NOT EXISTS forgotten
(
    hash FixedString(32),
    person String COMMENT 'the same for all names and ids of one person',
    forgotten_at DateTime64(3, 'UTC')
)
ENGINE = ReplacingMergeTree(forgotten_at)
ORDER BY hash
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

-- The salt is the least of the rows: two processes may have written one each.
CREATE TABLE IF NOT EXISTS forgotten_salt
(
    salt String
)
ENGINE = MergeTree
ORDER BY salt
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

INSERT INTO forgotten_salt
SELECT lower(hex(randomString(32)));
