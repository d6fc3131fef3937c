/** SQL of the tables of ingests and imports that did not come to their end, or not yet, from FROM on. */
export const UNFINISHED = String.raw`FROM system.tables
  WHERE database = currentDatabase() AND (name LIKE 'ingest\\_%' OR name LIKE 'lms\\_import\\_%')`;
