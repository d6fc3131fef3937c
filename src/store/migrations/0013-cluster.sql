-- Where this node stands in a cluster (docs/cluster.md): which shard it is of, and over how many of them courses are spread. The
-- greatest number counts, of whatever node. Empty where there is no cluster.
CREATE TABLE IF NOT EXISTS cluster_layout
(
    shard UInt32,
    shards UInt32
)
ENGINE = ReplacingMergeTree(shards)
ORDER BY shard
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

-- Nodes that missed something while they were away, a row each time. All nodes that are there note it; whoever has an open
-- one is not asked. What was closed anywhere is closed.
CREATE TABLE IF NOT EXISTS cluster_gaps
(
    node String COMMENT 'host:port/database',
    id String,
    courses Bool COMMENT 'whether it missed something of its courses, and not only what all nodes have',
    closed Bool,
    noted_at DateTime DEFAULT now()
)
ENGINE = ReplacingMergeTree(closed)
ORDER BY (node, id)
TTL noted_at + INTERVAL 7 DAY DELETE WHERE closed
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;
