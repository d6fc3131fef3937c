-- How far growing logs were read, told by what they hold and not by their names, which change: a file that begins like this
-- and has this before its byte `bytes` is in the facts up to there. It only spares reading again, so it lives where the facts live
-- and is written after them. Hashes, not text: the lines name learners.
CREATE TABLE IF NOT EXISTS log_places
(
    head_bytes UInt32 COMMENT 'how many bytes of the beginning are in head',
    head String COMMENT 'hash of the beginning',
    bytes UInt64,
    last String COMMENT 'hash of what stands before byte bytes',
    crc UInt32 COMMENT 'CRC-32 of all these bytes, as gzip has it at its end; 0 for a packed file',
    read_at DateTime64(6, 'UTC')
)
ENGINE = ReplacingMergeTree(read_at)
ORDER BY (head_bytes, head)
TTL toDateTime(read_at) + INTERVAL 120 DAY
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;
