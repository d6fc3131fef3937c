-- When a key ends by itself, and the courses and organisations it is for; with neither it is for all.
ALTER TABLE api_keys
    ADD COLUMN IF NOT EXISTS expires_at Nullable(DateTime64(3, 'UTC')),
    ADD COLUMN IF NOT EXISTS course_ids Array(String),
    ADD COLUMN IF NOT EXISTS orgs Array(String);

-- When each key was used last, by its hash: names are given again.
CREATE TABLE IF NOT EXISTS api_key_uses
(
    hash String,
    used_at DateTime64(3, 'UTC')
)
ENGINE = ReplacingMergeTree(used_at)
ORDER BY hash;
