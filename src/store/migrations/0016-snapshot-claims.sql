-- Who takes which numbers for snapshots, where several processes refresh one store: each writes here which it wants, and uses
-- them if nobody else wants them too. What is published is in `snapshots`, so a claim is of use for as long as a refresh lasts.
CREATE TABLE IF NOT EXISTS snapshot_claims
(
    snapshot UInt64,
    claimant String COMMENT 'random, another one each time',
    claimed_at DateTime
)
ENGINE = MergeTree
ORDER BY snapshot
TTL claimed_at + INTERVAL 1 DAY;
