-- Prints the statements that make the tables of the database Replicated, where they are (docs/cluster.md, Replicated tables):
--   clickhouse-client -d learner_analytics < deploy/replicate-tables.sql | clickhouse-client -d learner_analytics
-- Tables of ingests and imports under way stay as they are. Rows that are written alike by two processes are two.
SELECT arrayJoin([
  'ALTER TABLE ' || name || ' MODIFY SETTING replicated_deduplication_window = 0;',
  'DETACH TABLE ' || name || ' SYNC;',
  'ATTACH TABLE ' || name || ' AS REPLICATED;',
  'SYSTEM RESTORE REPLICA ' || name || ';'])
FROM system.tables
WHERE database = currentDatabase() AND endsWith(engine, 'MergeTree') AND NOT startsWith(engine, 'Replicated')
  AND NOT startsWith(name, 'ingest_') AND NOT startsWith(name, 'lms_import_')
ORDER BY name
FORMAT TSVRaw
