-- What learner-analytics may do on a ClickHouse that others use too: in its own database, and nothing elsewhere. Run it as
-- an administrator, with a password for the user that it makes, and another name of the database where you want one:
--   clickhouse-client --multiquery --param_password="$password" < deploy/clickhouse-grants.sql
-- Without a password it makes nobody. Where the user exists, its password stays; ALTER USER changes it.
-- A database that exists already, and no right to create one, are fine. Above each right stands what it is for.
CREATE DATABASE IF NOT EXISTS learner_analytics;
CREATE USER IF NOT EXISTS learner_analytics IDENTIFIED WITH sha256_password BY {password:String};

-- reading and writing
GRANT SELECT, INSERT ON learner_analytics.* TO learner_analytics;
-- tables: made and altered by migrations, made and dropped for the length of an ingest or an import
GRANT CREATE TABLE, DROP TABLE, TRUNCATE ON learner_analytics.* TO learner_analytics;
GRANT ALTER ADD COLUMN, ALTER ORDER BY ON learner_analytics.* TO learner_analytics;
GRANT TABLE ENGINE ON MergeTree TO learner_analytics;
GRANT TABLE ENGINE ON ReplacingMergeTree TO learner_analytics;
GRANT TABLE ENGINE ON AggregatingMergeTree TO learner_analytics;
GRANT TABLE ENGINE ON CoalescingMergeTree TO learner_analytics;
-- rows: old snapshots and old entries of the audit log are dropped, the roles of a source are replaced as a whole
GRANT ALTER DELETE, ALTER UPDATE ON learner_analytics.* TO learner_analytics;
-- which tables and parts there are; rows of others are not shown
GRANT SELECT ON system.tables TO learner_analytics;
GRANT SELECT ON system.columns TO learner_analytics;
GRANT SELECT ON system.parts TO learner_analytics;
GRANT SELECT ON system.databases TO learner_analytics;
-- whether a statement is under way that marks courses as changed, or one of which nothing is heard any more, which is ended then; those of
-- other users can be seen, and not be ended
GRANT SELECT(query_id, user, elapsed, query, query_kind, current_database) ON system.processes TO learner_analytics;
-- what is under way, and how full the disks are, for doctor and for whoever is to be forgotten
GRANT SELECT ON system.mutations TO learner_analytics;
GRANT SELECT ON system.detached_parts TO learner_analytics;
GRANT SELECT ON system.disks TO learner_analytics;
