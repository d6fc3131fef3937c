-- Prints the statements that make, on another replica, the Replicated tables that this one has (docs/cluster.md, Replicated tables):
--   clickhouse-client --host FIRST -d learner_analytics < deploy/replica-tables.sql | clickhouse-client --host SECOND -d learner_analytics
SELECT create_table_query || ';'
FROM system.tables
WHERE database = currentDatabase() AND startsWith(engine, 'Replicated')
ORDER BY name
SETTINGS show_table_uuid_in_table_create_query_if_not_nil = 1
FORMAT TSVRaw
