import { randomBytes } from 'node:crypto';
import { rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { AppError } from '../errors.ts';
import type { Store } from '../store/store.ts';
import { DECODER_SETTINGS, decoderSql } from './decoder.ts';
import type { Source } from './sources.ts';

/** Where decoded lines wait until they are merged into the facts: a partition per batch, so that a batch of files counts whole or not at all. */
export interface Staging {
  readonly table: string;
  /** The same for the rows of it that are new. */
  readonly fresh: string;
}

const COLUMNS = `
  batch UInt32,
  lines UInt32,
  reason LowCardinality(String),
  kind LowCardinality(String),
  hash UInt128,
  course_id LowCardinality(String),
  username String,
  user_id UInt64,
  time DateTime64(6, 'UTC'),
  entity LowCardinality(String),
  completed Bool,
  action LowCardinality(String),
  value LowCardinality(String)`;

/** Makes empty staging tables, after removing what killed processes left: all of it where this process owns the store. */
export async function openStaging(store: Store): Promise<Staging> {
  const leftovers = await store.read<{ name: string }>(
    `SELECT name FROM system.tables
     WHERE database = currentDatabase() AND name LIKE 'ingest\\_%'
       AND ({own:Bool} OR metadata_modification_time < now() - INTERVAL 2 DAY)`,
    { own: store.embedded },
  );
  for (const { name } of leftovers) await store.run(`DROP TABLE IF EXISTS ${name} SYNC`);
  const table = `ingest_${randomBytes(8).toString('hex')}`;
  const fresh = `${table}_new`;
  await store.run(`CREATE TABLE ${table} (${COLUMNS}) ENGINE = MergeTree PARTITION BY batch ORDER BY tuple()`);
  await store.run(`CREATE TABLE ${fresh} AS ${table} ENGINE = MergeTree ORDER BY tuple()`);
  return { table, fresh };
}

export async function dropStaging(store: Store, staging: Staging): Promise<void> {
  await store.run(`DROP TABLE IF EXISTS ${staging.table} SYNC`);
  await store.run(`DROP TABLE IF EXISTS ${staging.fresh} SYNC`);
}

/**
 * Decodes a batch of files, all packed the same way, into its partition of the staging table. Several files are read at once.
 * @throws AppError `source_unreadable` for a file that breaks off or is not what it seems; nothing of the batch stays.
 */
export async function stageFiles(
  store: Store,
  staging: Staging,
  files: readonly Source[],
  batch: number,
  now: Date,
): Promise<void> {
  // The engine reads globs, archives and URLs into a path; links with plain names keep any file name just a name.
  const links = files.map((file, index) => {
    const link = join(store.spool, `${staging.table}-${batch}-${index}`);
    symlinkSync(file.path, link);
    return link;
  });
  try {
    await store.run(
      `INSERT INTO ${staging.table}
       SELECT {batch:UInt32}, * FROM (${decoderSql("file({path:String}, 'LineAsString', 'line String', {compression:String})")})
       WHERE lines > 0 OR reason != 'irrelevant'
       SETTINGS ${DECODER_SETTINGS}`,
      {
        batch,
        path: join(store.spool, `${staging.table}-${batch}-*`),
        compression: files[0]?.compression ?? 'none',
        now: now.toISOString().replace('Z', ''),
      },
      { memoryBytes: 1.2e9 },
    );
  } catch (error) {
    await store.run(`ALTER TABLE ${staging.table} DROP PARTITION {batch:UInt32}`, { batch });
    throw explain(error, files);
  } finally {
    for (const link of links) rmSync(link, { force: true });
  }
}

function explain(error: unknown, files: readonly Source[]): unknown {
  const [source] = files;
  if (source === undefined || !(error instanceof AppError)) return error;
  const engine = error.cause instanceof Error ? error.cause.message : '';
  if (engine.includes('MEMORY_LIMIT_EXCEEDED')) {
    return new AppError('source_unreadable', `${source.path} holds a line too long to read; it was left out.`, {
      cause: error,
    });
  }
  if (error.code !== 'source_unreadable') return error;
  const broken =
    source.compression === 'none' ? 'cannot be read to its end' : `is cut off or damaged (${source.compression})`;
  return new AppError('source_unreadable', `${source.path} ${broken}; nothing of it was taken.`, { cause: error });
}
