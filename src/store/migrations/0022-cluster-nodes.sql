-- Which nodes a cluster has, whoever lists them (docs/cluster.md): what is written by who does not list one is noted as a gap of it, and one that
-- is not in here is taken in as one that lacks everything. The greatest entry counts, of whatever node.
CREATE TABLE IF NOT EXISTS cluster_nodes
(
    node String COMMENT 'host:port/database',
    shard UInt32,
    entry UInt32 COMMENT 'odd: it is of the cluster; even: it is gone for good'
)
ENGINE = ReplacingMergeTree(entry)
ORDER BY node
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;
