import { randomBytes } from 'node:crypto';
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ClickHouseClient } from '@clickhouse/client';
import { formatQueryParams } from '@clickhouse/client-common';
import { embeddedConnector } from './connect-embedded.ts';
import type { Engine, Given } from './engine.ts';
import type { FileRows } from './store.ts';

const REQUEST_CONNECTIONS = 4;

/** The engine in this process, with its store and its spool in the folder `dataDir`. */
export function createEmbeddedEngine(dataDir: string): Engine {
  const spool = join(dataDir, 'spool');
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
    command,
    save: async (client, { path, format }, sql, given) =>
      command(client, `INSERT INTO FUNCTION file({saved_to:String}, '${format}') ${sql}`, {
        ...given,
        params: { ...given.params, saved_to: path },
      }),
    insertFiles: async (client, insert, files, given) => insertFiles(client, spool, insert, files, given),
    insertRows: async (client, table, rows, given) => insertRows(client, spool, table, rows, given),
  };
}

async function select<Row>(client: ClickHouseClient, sql: string, given: Given): Promise<Row[]> {
  const result = await client.query({ query: bind(sql, given), format: 'JSONEachRow' });
  return result.json<Row>();
}

async function command(client: ClickHouseClient, sql: string, given: Given): Promise<void> {
  await client.command({ query: bind(sql, given) });
}

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
 * plain names keep any file name just a name.
 */
async function insertFiles(
  client: ClickHouseClient,
  spool: string,
  insert: (source: string) => string,
  { paths, format, structure, compression }: FileRows,
  given: Given,
): Promise<void> {
  const links = join(spool, `files-${randomBytes(8).toString('hex')}-`);
  try {
    for (const [index, path] of paths.entries()) symlinkSync(path, `${links}${index}`);
    await command(client, insert(`file({path:String}, '${format}', {structure:String}, {compression:String})`), {
      ...given,
      params: { ...given.params, path: `${links}*`, structure, compression },
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
  spool: string,
  table: string,
  rows: readonly object[],
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
    await command(
      client,
      `INSERT INTO ${table} (${names}) SELECT ${names} FROM file({path:String}, 'JSONEachRow', {structure:String})`,
      { ...given, params: { path, structure: used.map(({ name, type }) => `${name} ${type}`).join(', ') } },
    );
  } finally {
    rmSync(path, { force: true });
  }
}
