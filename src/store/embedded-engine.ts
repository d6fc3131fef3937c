import { randomBytes } from 'node:crypto';
import { mkdirSync, rmSync, statfsSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { ClickHouseClient } from '@clickhouse/client';
import { formatQueryParams } from '@clickhouse/client-common';
import { embeddedConnector } from './connect-embedded.ts';
import type { Engine, Given } from './engine.ts';
import { LocalFault } from './engine-errors.ts';
import type { FileRows, SaveTarget } from './store.ts';

const REQUEST_CONNECTIONS = 4;

/** The engine in this process, with its store and its spool in the folder `dataDir`. */
export function createEmbeddedEngine(dataDir: string): Engine {
  const spool = join(dataDir, 'spool');
  const watch = new FaultWatch(dataDir);
  return {
    elsewhere: null,
    place: `data directory ${dataDir}`,
    id: dataDir,
    requestConnections: REQUEST_CONNECTIONS,
    spool,
    copies: join(dataDir, 'copies'),
    prepare: async () => undefined,
    connect: embeddedConnector(join(dataDir, 'store')),
    limit: () => undefined,
    close: () => undefined,
    select,
    command: async (client, sql, given) => {
      if (!sql.trimStart().startsWith('INSERT')) return command(client, sql, given);
      await watch.write(client, sql, given);
    },
    save: async (client, target, sql, given) => watch.save(client, target, sql, given),
    insertFiles: async (client, insert, files, given) => insertFiles(client, watch, { spool, insert }, files, given),
    insertRows: async (client, table, rows, given) => insertRows(client, watch, { spool, table, rows }, given),
  };
}

async function select<Row>(client: ClickHouseClient, sql: string, given: Given): Promise<Row[]> {
  const result = await client.query({ query: bind(sql, given), format: 'JSONEachRow' });
  return result.json<Row>();
}

async function command(client: ClickHouseClient, sql: string, given: Given): Promise<void> {
  await client.command({ query: bind(sql, given) });
}

/** What the engine counts of files that it could not read or write, since it was loaded. */
interface Faults {
  readonly reads: number;
  readonly writes: number;
}

const FAULTS = `SELECT sumIf(value, event = 'ReadBufferFromFileDescriptorReadFailed') AS reads,
  sumIf(value, event = 'WriteBufferFromFileDescriptorWriteFailed') AS writes
FROM system.events`;

/** So little is none where files are written. */
const NO_SPACE = 65_536;

/**
 * Tells which statements are not done. The embedded engine says that they are, whatever a read or a write of a file gave: of a file cut short on a
 * full disk, a part without its marks, a file of which it read nothing. It only counts what failed, in all that it does. That is asked
 * in one go with the statement, and doubles what one of a single row takes.
 */
class FaultWatch {
  readonly #dataDir: string;
  /** What was counted last; at the beginning what failed in this process for other stores. */
  #known: Faults | undefined;

  constructor(dataDir: string) {
    this.#dataDir = dataDir;
  }

  /**
   * Runs an INSERT. What failed since it was counted last fails it, too, such as a merge: it is done again then.
   * @throws LocalFault where a file could not be written
   */
  async write(client: ClickHouseClient, sql: string, given: Given): Promise<Faults> {
    const failed = await this.#count(client, sql, given);
    if (failed.writes > 0) throw this.#tell(this.#dataDir);
    return failed;
  }

  /**
   * The same of one that reads files.
   * @throws Error with the engine's code for it where one could not be read
   */
  async copy(client: ClickHouseClient, sql: string, given: Given): Promise<void> {
    const { reads } = await this.write(client, sql, given);
    if (reads > 0) throw Object.assign(new Error('a read of a file failed'), { code: CANNOT_READ });
  }

  /** Writes a file. Where one failed it is tried a second time, which tells whether it was this one; nothing stays of it. */
  async save(client: ClickHouseClient, { path, format }: SaveTarget, sql: string, given: Given): Promise<void> {
    const saving = `INSERT INTO FUNCTION file({saved_to:String}, '${format}') ${sql}`;
    const asked = { ...given, params: { ...given.params, saved_to: path } };
    for (let left = 1; ; left -= 1) {
      const { writes } = await this.#count(client, saving, asked);
      if (writes === 0) return;
      const fault = this.#tell(dirname(path));
      rmSync(path, { force: true });
      if (left === 0) throw fault;
    }
  }

  /** Runs a statement, and gives how much failed since it was counted before. */
  async #count(client: ClickHouseClient, sql: string, given: Given): Promise<Faults> {
    this.#known ??= await readFaults(client, FAULTS, { ...given, params: {} });
    const before = this.#known;
    const now = await readFaults(client, `${sql};\n${FAULTS}`, given);
    const { reads, writes } = this.#known;
    this.#known = { reads: Math.max(reads, now.reads), writes: Math.max(writes, now.writes) };
    return { reads: now.reads - before.reads, writes: now.writes - before.writes };
  }

  #tell(folder: string): LocalFault {
    const { bavail, bsize } = statfsSync(folder);
    const code = bavail * bsize < NO_SPACE ? 'ENOSPC' : 'EIO';
    return new LocalFault(this.#dataDir, Object.assign(new Error('a write to a file failed'), { code }));
  }
}

async function readFaults(client: ClickHouseClient, sql: string, given: Given): Promise<Faults> {
  const [faults] = await select<Faults>(client, sql, given);
  if (faults === undefined) throw new Error('the engine did not count what failed');
  return faults;
}

/** The engine's code for a file that cannot be read. */
const CANNOT_READ = '74';

/**
 * Parameters as settings. The embedded package runs statements with bound parameters one at a time in the whole process, a
 * long INSERT before a short SELECT; as `SET param_…` they run in parallel. One SET for all: for the engine each is a
 * statement, and the package would make one of every setting.
 */
function bind(sql: string, { params, settings }: Given): string {
  const texts = Object.entries(params).map(([name, value]) => [`param_${name}`, formatQueryParams({ value })] as const);
  const all = [...Object.entries(settings), ...texts].map(([name, value]) => `${name} = ${quote(value)}`);
  return `SET ${all.join(', ')}; ${sql}`;
}

function quote(value: string | number): string {
  if (typeof value === 'number') return String(value);
  return `'${value.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;
}

/**
 * Has the engine read the files, several at once. It takes globs, archives and URLs in a path for what they are: links with
 * plain names keep any file name just a name. They are listed, as of a folder that it cannot look into, for want of handles for example,
 * the engine says that nothing there is called so, and is done.
 */
async function insertFiles(
  client: ClickHouseClient,
  watch: FaultWatch,
  { spool, insert }: { readonly spool: string; readonly insert: (source: string) => string },
  { paths, format, structure, compression }: FileRows,
  given: Given,
): Promise<void> {
  const links = join(spool, `files-${randomBytes(8).toString('hex')}-`);
  const names = paths.length === 1 ? '0' : `{${[...paths.keys()].join(',')}}`;
  try {
    for (const [index, path] of paths.entries()) symlinkSync(path, `${links}${index}`);
    await watch.copy(client, insert(`file({path:String}, '${format}', {structure:String}, {compression:String})`), {
      ...given,
      params: { ...given.params, path: `${links}${names}`, structure, compression },
    });
  } finally {
    for (const index of paths.keys()) rmSync(`${links}${index}`, { force: true });
  }
}

/**
 * Inserts rows by way of a file. With the rows in the statement the engine looks for more of them on the standard input of the
 * process: it takes what is there for its own, or refuses.
 */
async function insertRows(
  client: ClickHouseClient,
  watch: FaultWatch,
  { spool, table, rows }: { readonly spool: string; readonly table: string; readonly rows: readonly object[] },
  given: Given,
): Promise<void> {
  const columns = await select<{ name: string; type: string }>(
    client,
    'SELECT name, type FROM system.columns WHERE database = currentDatabase() AND table = {table:String} ORDER BY position',
    { ...given, params: { table } },
  );
  const used = columns.filter(({ name }) => rows.some((row) => Object.hasOwn(row, name)));
  const names = used.map(({ name }) => name).join(', ');
  const path = join(spool, `insert-${randomBytes(8).toString('hex')}.jsonl`);
  try {
    mkdirSync(spool, { recursive: true });
    writeFileSync(path, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
    await watch.copy(
      client,
      `INSERT INTO ${table} (${names}) SELECT ${names} FROM file({path:String}, 'JSONEachRow', {structure:String})`,
      { ...given, params: { path, structure: used.map(({ name, type }) => `${name} ${type}`).join(', ') } },
    );
  } finally {
    rmSync(path, { force: true });
  }
}
