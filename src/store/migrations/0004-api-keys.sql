-- API keys by the SHA-256 of the secret; the secret itself is shown once and kept nowhere.
CREATE TABLE IF NOT EXISTS api_keys
(
    name String,
    hash String,
    created_at DateTime64(3, 'UTC'),
    revoked_at Nullable(DateTime64(3, 'UTC')),
    version DateTime64(6, 'UTC')
)
ENGINE = ReplacingMergeTree(version)
ORDER BY name
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;
