import { existsSync, statfsSync } from 'node:fs';
import { resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { Config } from '../../config.ts';
import { AppError } from '../../errors.ts';
import { StoreIsNewer } from '../../store/migrate.ts';
import { StoreInUse } from '../../store/engine-errors.ts';
import { WHERE_IT_IS, hasStore } from '../../store/has-store.ts';
import type { Store } from '../../store/store.ts';
import { describeCause } from '../describe-cause.ts';
import { type Finding, formatBytes } from './finding.ts';
import { tellCount } from '../tell-count.ts';
import { IMPORT_TABLES, INGEST_TABLES, UNFINISHED } from '../../store/leftover-tables.ts';

/** Under so much nothing can be taken in; merging and publishing write what they have anew before they delete it. */
const LEAST_FREE = 500e6;
const SPARE = 1e9;
const STUCK_MINUTES = 60;

/** Opens the store to look at it; where it cannot be opened, only why. A directory without one is not filled for that. */
export async function openForCheck(
  config: Config,
  open: () => Promise<Store>,
): Promise<{ store: Store } | { finding: Finding }> {
  const folder = resolve(config.dataDir);
  const isEmbedded = config.clickhouseUrl === null && config.clickhouseCluster === null;
  if (isEmbedded && !hasStore(config.dataDir)) {
    return {
      finding: {
        part: 'store',
        state: 'fault',
        message: `There is no store in ${folder}.`,
        remedy: WHERE_IT_IS,
      },
    };
  }
  try {
    return { store: await open() };
  } catch (error) {
    // who has it may be a server, which answers itself
    if (!(error instanceof AppError) || error.code === 'store_locked') throw error;
    return {
      finding: {
        part: 'store',
        state: 'fault',
        message: tellWhole(error),
        remedy: adviseOn(error, isEmbedded ? config.dataDir : null),
      },
    };
  }
}

/** With the engine's own words where the product has none for it. */
export function tellWhole(error: AppError): string {
  const isKnown = error.code !== 'internal_error' || error.cause === undefined;
  return isKnown ? error.message : `${error.message} ${describeCause(error.cause)}`;
}

/** @param folder of the embedded store; null for a ClickHouse elsewhere */
function adviseOn(error: AppError, folder: string | null): string {
  if (error instanceof StoreIsNewer) return 'There is no way back to an earlier version (docs/operating.md, Updating).';
  if (folder === null)
    return 'See whether that ClickHouse runs, and whether its address, CLICKHOUSE_USER and CLICKHOUSE_PASSWORD are right: docs/server.md.';
  const free = existsSync(folder) ? measureFree(folder) : Infinity;
  return free < LEAST_FREE
    ? `Free some space: only ${formatBytes(free)} of disk are free.`
    : 'See whether this user may write there, and whether the disk is damaged.';
}

/** Why nobody here can look at the store: a command is at work, or its user is another. */
export function describeLocked(locked: AppError): Finding {
  if (!(locked instanceof StoreInUse)) {
    return { part: 'store', state: 'fault', message: locked.message, remedy: 'Ask as that user.' };
  }
  return {
    part: 'store',
    state: 'warning',
    message: `${locked.owner === null ? 'Another process' : `Process ${locked.owner}`} has the store open, which takes one at a time.`,
    remedy: 'Ask again when it has ended.',
  };
}

interface StoreState {
  readonly version: string;
  readonly migrations: number;
  readonly bytes: number;
  readonly facts: number;
  readonly detached: number;
  readonly stuck: number;
  readonly replicated: number;
  /** Names of tables that another replica lacks, where there are any that it has. */
  readonly unreplicated: readonly string[];
}

/** What the engine tells of itself: its version, what it holds, parts that broke and changes that do not end. */
export async function checkStore(store: Store): Promise<Finding[]> {
  const [state] = await store.query<StoreState>(
    `SELECT
       version() AS version,
       (SELECT uniqExact(name) FROM schema_migrations) AS migrations,
       (SELECT sum(bytes_on_disk) FROM system.parts WHERE database = currentDatabase() AND active) AS bytes,
       (SELECT sum(rows) FROM system.parts WHERE database = currentDatabase() AND active AND table = 'facts') AS facts,
       (SELECT count() FROM system.detached_parts WHERE database = currentDatabase() AND reason LIKE 'broken%') AS detached,
       (SELECT count() FROM system.mutations
        WHERE database = currentDatabase() AND NOT is_done AND create_time < now() - INTERVAL ${STUCK_MINUTES} MINUTE) AS stuck,
       (SELECT count() FROM system.tables WHERE database = currentDatabase() AND startsWith(engine, 'Replicated')) AS replicated,
       (SELECT arraySort(groupArray(name)) FROM system.tables
        WHERE database = currentDatabase() AND endsWith(engine, 'MergeTree') AND NOT startsWith(engine, 'Replicated')
          AND NOT startsWith(name, '${INGEST_TABLES}') AND NOT startsWith(name, '${IMPORT_TABLES}')) AS unreplicated`,
  );
  if (state === undefined) throw new Error('the store told nothing of itself');
  return [
    {
      part: 'store',
      state: 'ok',
      message: `ClickHouse ${state.version}${store.embedded ? ', embedded' : ''}, with ${tellCount(state.migrations, 'migration')}; ${tellCount(state.facts, 'row')} of facts; ${formatBytes(state.bytes)}.`,
    },
    ...judgeUnfinished(await countUnfinished(store), store.embedded),
    ...judgeParts(state),
    ...judgeReplicated(state),
  ];
}

/** How full the disk of the store is, or that of each node of a cluster. */
export async function checkSpace({ dataDir }: Config, store: Store): Promise<Finding[]> {
  const ask = async (own: Store) => {
    const [space] = await own.query<{ free: number; bytes: number }>(
      `SELECT
         (SELECT min(free_space) FROM system.disks) AS free,
         (SELECT sum(bytes_on_disk) FROM system.parts WHERE database = currentDatabase() AND active) AS bytes`,
    );
    if (space === undefined) throw new Error('the store told nothing of its disk');
    return judgeSpace(own.embedded ? measureFree(dataDir) : space.free, space.bytes);
  };
  if (store.cluster === null) return [await ask(store)];
  const nodes = await store.cluster.each(ask);
  return nodes.map(({ node, answer }) => ({ ...answer, message: `${node}: ${answer.message}` }));
}

function measureFree(folder: string): number {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}

function judgeSpace(free: number, bytes: number): Finding {
  const message = `${formatBytes(free)} of disk are free.`;
  if (free >= bytes + SPARE) return { part: 'store', state: 'ok', message };
  return {
    part: 'store',
    state: free < LEAST_FREE ? 'fault' : 'warning',
    message: `Only ${message}`,
    remedy: `Free some, or move the store to a larger disk: it wants as much as it has itself, and 1 GB (${formatBytes(bytes + SPARE)}).`,
  };
}

/** So long is waited for an ingest, import or refresh to end, which has its own. */
const PATIENCE_MS = 1000;

/**
 * Tables that killed ingests and imports left. The embedded engine does not know how old a table is, but all that are there while nothing is
 * under way were left; elsewhere those that are older than a day.
 */
async function countUnfinished(store: Store): Promise<number> {
  const age = store.embedded ? '' : 'AND metadata_modification_time < now() - INTERVAL 1 DAY';
  const count = async () => {
    const [left] = await store.query<{ tables: number }>(`SELECT count() AS tables ${UNFINISHED} ${age}`);
    return left?.tables ?? 0;
  };
  if (!store.embedded) return count();
  return Promise.race([store.exclusively(count), wait(PATIENCE_MS, 0, { ref: false })]);
}

function judgeUnfinished(unfinished: number, embedded: boolean): Finding[] {
  if (unfinished === 0) return [];
  return [
    {
      part: 'store',
      state: 'warning',
      message: `${tellCount(unfinished, 'table')} of ingests or imports that were broken off are left, with names of learners in them.`,
      remedy: embedded
        ? 'They go when the store is opened the next time, and with the next ingest and import.'
        : 'The next ingest and the next import remove those of more than two days ago; the user needs the grant DROP TABLE.',
    },
  ];
}

/** An update makes tables that are none. */
function judgeReplicated({ replicated, unreplicated }: StoreState): Finding[] {
  if (replicated === 0 || unreplicated.length === 0) return [];
  return [
    {
      part: 'store',
      state: 'warning',
      message: `Other tables are Replicated, and ${unreplicated.join(', ')} not: another replica does not have them.`,
      remedy: 'Make them Replicated as the others: docs/cluster.md, Replicated tables.',
    },
  ];
}

function judgeParts({ detached, stuck }: StoreState): Finding[] {
  return [
    ...(detached === 0
      ? []
      : [
          {
            part: 'store',
            state: 'fault',
            message: `The engine found ${tellCount(detached, 'damaged part')} of tables, which it left out: facts or rosters are missing.`,
            remedy:
              'Ingest all logs and import the roster again (what is there counts once), then: learner-analytics refresh --full',
          } as const,
        ]),
    ...(stuck === 0
      ? []
      : [
          {
            part: 'store',
            state: 'warning',
            message: `${stuck} deletions have not come to their end for an hour.`,
            remedy:
              'SELECT command, latest_fail_reason FROM system.mutations WHERE NOT is_done, on that ClickHouse, says why.',
          } as const,
        ]),
  ];
}
