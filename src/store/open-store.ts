import { accessSync, constants, existsSync, mkdirSync, rmSync, statSync, statfsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { AppError } from '../errors.ts';
import { openCluster } from './cluster-store.ts';
import { guardDefinitions } from './definitions.ts';
import { createEmbeddedEngine } from './embedded-engine.ts';
import { TlsWanted, describeEngineError, isConnectionLost, tellFull } from './engine-errors.ts';
import { migrate } from './migrate.ts';
import { ALONE, type NodeOptions, PooledStore } from './pooled-store.ts';
import { createServerEngine } from './server-engine.ts';
import { refuseOthers, tellUnusable } from './owner.ts';
import { speaksTls } from './speaks-tls.ts';
import { SPOOLS, openSpool } from './spool.ts';
import type { Store } from './store.ts';

export interface StoreOptions {
  /** Directory of the embedded engine; made if absent. Holds spool files too when the engine is elsewhere. */
  readonly dataDir: string;
  /** `http(s)://user:password@host:port/database` of a listening ClickHouse; absent: the embedded engine. */
  readonly url?: string | undefined;
  /** Such addresses, shard by shard, of ClickHouses that share the courses; beats `url`. */
  readonly cluster?: ReadonlyArray<readonly string[]> | undefined;
  /** So often a listening ClickHouse is asked for a statement that nothing is heard of; absent: every five seconds. */
  readonly lookMs?: number | undefined;
}

/**
 * Opens the store and brings its schema up to date.
 * @throws AppError `store_locked` when another process owns the data directory, or another user and this is root, `store_unavailable` when it cannot be
 * used or the server does not answer; `usage` for a cluster whose nodes are not as they are listed, and for a node of one by itself.
 */
export async function openStore(options: StoreOptions): Promise<Store> {
  const { cluster, dataDir } = options;
  if (cluster === undefined) return openAlone(options);
  prepareDirectory(resolve(dataDir));
  // of no node: what is on its way goes on where one is silent and opened anew
  const spool = openSpool(join(resolve(dataDir), SPOOLS));
  return openCluster(cluster, spool, async (url, folder, node) =>
    openOne({ ...options, url, dataDir: join(dataDir, 'nodes', folder) }, node, spool.path),
  );
}

/** What is written to one node of a cluster would be missing on the others, and nobody would know. */
async function openAlone(options: StoreOptions): Promise<Store> {
  const store = await openOne(options);
  if (options.url === undefined) return store;
  try {
    const [layout] = await store.query<{ shard: number; shards: number }>(
      'SELECT shard + 1 AS shard, shards FROM cluster_layout ORDER BY shards DESC LIMIT 1',
    );
    if (layout === undefined) return store;
    throw new AppError(
      'usage',
      `The ClickHouse at ${new URL(options.url).host} is of shard ${layout.shard} of a cluster of ${layout.shards}: give all of its nodes in CLICKHOUSE_CLUSTER, and no CLICKHOUSE_URL (docs/cluster.md).`,
    );
  } catch (error) {
    await store.close();
    throw error;
  }
}

async function openOne(options: StoreOptions, { keeps, watch }: NodeOptions = ALONE, shared?: string): Promise<Store> {
  const dataDir = resolve(options.dataDir);
  prepareDirectory(dataDir);
  const { url, lookMs } = options;
  const engine =
    url === undefined ? createEmbeddedEngine(dataDir) : createServerEngine(url, dataDir, { shared, lookMs });
  const store = new PooledStore(engine, { keeps, watch });
  try {
    await watch(async () => engine.prepare());
    await migrate(store, store.embedded ? guardDefinitions(join(dataDir, 'store'), engine.place) : undefined);
    if (store.embedded) rmSync(engine.spool, { recursive: true, force: true });
    mkdirSync(engine.spool, { recursive: true });
  } catch (error) {
    await store.close();
    const failure = describeEngineError(error, engine.place);
    throw (
      (url === undefined
        ? explainHere(failure, dataDir, engine.place)
        : await explainSilence(failure, new URL(url), engine.place)) ?? failure
    );
  }
  return store;
}

/** So little is none for the engine, which says so in many ways. */
const NO_SPACE = 1e6;

/** What on this machine keeps the embedded store from being opened, where the engine does not say it; null for nothing that is known. */
function explainHere(failure: AppError, dataDir: string, place: string): AppError | null {
  if (failure.code !== 'store_unavailable' && failure.code !== 'internal_error') return null;
  const tell = (text: string) => new AppError('store_unavailable', text, { cause: failure.cause });
  const unusable = tellUnusable(join(dataDir, 'store'));
  if (unusable !== null) return tell(`The store cannot be opened. ${unusable}`);
  const { bavail, bsize } = statfsSync(dataDir);
  return bavail * bsize < NO_SPACE ? tell(tellFull(place)) : null;
}

/** A server that speaks TLS closes a connection without it, as one that is being stopped does; null where it is none. */
async function explainSilence(failure: AppError, url: URL, place: string): Promise<AppError | null> {
  if (url.protocol !== 'http:' || !isConnectionLost(failure.cause) || !(await speaksTls(url))) return null;
  return describeEngineError(new TlsWanted(), place);
}

function prepareDirectory(dataDir: string): void {
  // The engine reads files of the spool by a pattern, in which braces cannot be escaped.
  if (/[{}]/.test(dataDir))
    throw new AppError('store_unavailable', `The data directory ${dataDir} must not have { or } in its path.`);
  try {
    makeDirectory(dataDir);
    accessSync(dataDir, constants.R_OK | constants.W_OK | constants.X_OK);
    refuseOthers(dataDir);
  } catch (error) {
    if (error instanceof AppError) throw error;
    const reason = (error as NodeJS.ErrnoException).code;
    throw new AppError('store_unavailable', `The data directory ${dataDir} cannot be made or written (${reason}).`, {
      cause: error,
    });
  }
}

/**
 * Like mkdir -p, and for its owner alone: names and addresses of learners will be in it. Node's own never comes back where
 * nothing can be made, as in /proc.
 */
function makeDirectory(path: string, mode = 0o700): void {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) return;
  if (!existsSync(dirname(path))) makeDirectory(dirname(path), 0o777);
  mkdirSync(path, { mode });
}
