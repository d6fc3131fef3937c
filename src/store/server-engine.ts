import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { ClickHouseClient, ClickHouseSettings } from '@clickhouse/client';
import { buildMultipartBody, formatQueryParams } from '@clickhouse/client-common';
import { connectServer, measureTraffic, nameDatabase } from './connect-server.ts';
import type { Elsewhere, Engine, Given } from './engine.ts';
import { isConnectionLost, onDisk } from './engine-errors.ts';
import { READ_BYTES, listBodies } from './file-body.ts';
import { splitParams } from './split-params.ts';
import { STEADY } from './steady-settings.ts';
import { SPOOLS, openSpool } from './spool.ts';
import type { FileRows, SaveTarget } from './store.ts';
import { within } from './within.ts';

/** A server runs more at once than the cores of this machine; past that, requests wait here and not there. */
const REQUEST_CONNECTIONS = 16;
/** How much longer than the engine somebody waits who hears nothing: it may be unreachable. */
const GRACE_SECONDS = 5;
/** Parameters that together are longer are sent in the body; proxies limit addresses to a few kilobytes. */
const LONGEST_IN_ADDRESS = 4096;

const ENCODINGS = { none: null, gz: 'gzip', zstd: 'zstd', xz: 'xz' } as const satisfies Record<
  FileRows['compression'],
  string | null
>;

/**
 * A ClickHouse that listens at `url`, `http(s)://user:password@host:port/database`, with copies in the folder `dataDir`, and a spool
 * of its own there unless it shares one.
 */
export function createServerEngine(
  url: string,
  dataDir: string,
  { shared, lookMs = LOOK_MS }: { readonly shared?: string | undefined; readonly lookMs?: number | undefined } = {},
): Engine {
  const spool = shared === undefined ? openSpool(join(dataDir, SPOOLS)) : { path: shared, close: () => undefined };
  let own: Given['settings'] = {};
  const settle = (given: Given): Given => ({ ...given, settings: { ...own, ...given.settings } });
  return {
    elsewhere: createInquiry(url, lookMs, settle),
    place: `ClickHouse at ${new URL(url).host}`,
    id: new URL(url).host + new URL(url).pathname,
    requestConnections: REQUEST_CONNECTIONS,
    spool: spool.path,
    copies: join(dataDir, 'copies'),
    connect: () => connectServer(url),
    limit,
    close: spool.close,
    prepare: async () => {
      own = await prepare(url);
    },
    select: async (client, sql, given) => select(client, sql, settle(given)),
    command: async (client, sql, given) => command(client, sql, settle(given)),
    insertFiles: async (client, insert, files, given) => insertFiles(client, insert, files, settle(given)),
    save: async (client, target, sql, given) => save(client, target, sql, settle(given)),
    insertRows: async (client, table, rows, given) => {
      await client.insert({ table, values: rows, format: 'JSONEachRow', ...configure(settle(given)) });
    },
  };
}

function limit(seconds: number): AbortSignal {
  return AbortSignal.timeout((seconds + GRACE_SECONDS) * 1000);
}

/** Makes the database of `url` where there is none and this user may; gives the settings that every statement there is to bring. */
async function prepare(url: string): Promise<Given['settings']> {
  const client = connectServer(new URL('/', url).href);
  try {
    const signal = limit(60);
    return await within(signal, async () => {
      const plain: Given = { params: {}, settings: {}, seconds: 60, signal };
      const settings = await findUnsteady(client, plain);
      const name = nameDatabase(new URL(url));
      const given: Given = { ...plain, params: { name }, settings };
      const isKnown = async () =>
        (await select(client, 'SELECT 1 FROM system.databases WHERE name = {name:String}', given)).length > 0;
      if (name !== '' && !(await isKnown()))
        await command(client, 'CREATE DATABASE IF NOT EXISTS {name:Identifier}', given);
      return settings;
    });
  } finally {
    await client.close();
  }
}

/** What the profile of this user has otherwise than statements want it; where it does not let that be asked, all of it. */
async function findUnsteady(client: ClickHouseClient, given: Given): Promise<Given['settings']> {
  const names = Object.keys(STEADY);
  const [found] = await select<{ known: number; changed: readonly string[] }>(
    client,
    `SELECT toUInt32(count()) AS known, groupArrayIf(name, changed) AS changed
     FROM system.settings WHERE name IN {names:Array(String)}`,
    { ...given, params: { names } },
    // what it is that failed, the next statement says
  ).catch(() => []);
  return found?.known === names.length
    ? Object.fromEntries(found.changed.map((name) => [name, STEADY[name] ?? '']))
    : STEADY;
}

/** So often it is looked whether a statement is heard of, and so many times as long is waited for what is told of it. */
const LOOK_MS = 5000;
const PATIENCE = 2;
/** How long is waited for the end of a statement. */
const END_MS = 3000;

function createInquiry(url: string, lookMs: number, settle: (given: Given) => Given): Elsewhere {
  const ask = async <Row>(sql: string, params: { id: string; own: string }, ms: number) => {
    const client = connectServer(url);
    try {
      const signal = AbortSignal.timeout(ms);
      const given: Given = { params, settings: {}, seconds: Math.ceil(ms / 1000), signal, id: params.own };
      return await within(signal, async () => select<Row>(client, sql, settle(given)));
    } finally {
      await client.close();
    }
  };
  return {
    lookMs,
    isUnderWay: async (id) => {
      const [found] = await ask<{ asked: 0 | 1; asking: 0 | 1 }>(
        `SELECT max(startsWith(query_id, {id:String})) AS asked, max(startsWith(query_id, {own:String})) AS asking
         FROM system.processes`,
        { id, own: `look-${id}` },
        PATIENCE * lookMs,
      );
      // where a proxy gives names of its own, not even this statement is there: nothing is known
      return found === undefined || found.asked === 1 || found.asking === 0;
    },
    end: async (id) => {
      await ask('KILL QUERY WHERE startsWith(query_id, {id:String}) SYNC', { id, own: `end-${id}` }, END_MS);
    },
    measureTraffic,
  };
}

/** Asked again where the connection was lost: the server was started again, or closed what nobody used for a while. */
async function select<Row>(client: ClickHouseClient, sql: string, given: Given): Promise<Row[]> {
  const ask = async () => {
    const result = await client.query({ format: 'JSONEachRow', ...bind(sql, given) });
    return result.json<Row>();
  };
  return ask().catch(async (error: unknown) => {
    if (isConnectionLost(error) && given.signal?.aborted !== true) return ask();
    throw error;
  });
}

async function command(client: ClickHouseClient, sql: string, given: Given): Promise<void> {
  if (!isLong(given)) {
    await client.command(bind(sql, given));
    return;
  }
  // the client sends parameters in the body with a query alone; the format says nothing about an INSERT … SELECT
  const result = await client.query({ format: 'JSONEachRow', ...bind(sql, given) });
  await result.text();
}

function isLong({ params }: Given): boolean {
  const length = Object.values(params).reduce<number>((sum, value) => sum + formatQueryParams({ value }).length, 0);
  return length >= LONGEST_IN_ADDRESS;
}

/** Has a statement answered as bytes; parameters that are long go in the body. */
async function execute(client: ClickHouseClient, sql: string, given: Given) {
  if (!isLong(given)) return client.exec(bind(sql, given));
  const { query, query_params: params, ...options } = bind(sql, given);
  const parts = Object.entries(params).map(([name, value]) => [`param_${name}`, formatQueryParams({ value })] as const);
  const boundary = randomBytes(16).toString('hex');
  return client.exec({
    query,
    values: Readable.from([buildMultipartBody(Object.fromEntries(parts), boundary)], { objectMode: false }),
    http_headers: { 'Content-Type': `multipart/form-data; boundary=${boundary}` },
    ...options,
  });
}

/** Where it fails, nothing of the file stays. */
async function save(client: ClickHouseClient, { path, format }: SaveTarget, sql: string, given: Given): Promise<void> {
  const file = await onDisk(path, async () => open(path, 'wx'));
  try {
    const { stream } = await execute(client, `${sql} FORMAT ${format}`, given);
    for await (const part of stream as AsyncIterable<Buffer>) await onDisk(path, async () => file.writeFile(part));
    await onDisk(path, async () => file.close());
  } catch (error) {
    await file.close().catch(() => undefined);
    rmSync(path, { force: true });
    throw error;
  }
}

function bind(statement: string, given: Given) {
  const { sql, params } = splitParams(statement, given.params);
  return { query: sql, query_params: { ...params }, ...configure(given) };
}

function configure({ settings, signal, id }: Given) {
  return {
    // one that is sent again has another name: the engine may still be at the former
    ...(id !== undefined && { query_id: `${id}.${randomBytes(4).toString('hex')}` }),
    clickhouse_settings: {
      // these cut every answer off, and a profile that has them cannot be asked
      limit: '0',
      offset: '0',
      ...settings,
      // who gave up waiting for rows does not want them any more
      cancel_http_readonly_queries_on_client_close: 1,
    } satisfies ClickHouseSettings,
    // of an answer that has begun the client goes on to wait for the rest
    ...(signal !== undefined && { abort_signal: signal }),
  };
}

/** Sends the files as they are, packed ones packed, lines of several as one body, in constant memory. */
async function insertFiles(
  client: ClickHouseClient,
  insert: (source: string) => string,
  files: FileRows,
  given: Given,
): Promise<void> {
  const { format, structure, compression } = files;
  const encoding = ENCODINGS[compression];
  const input = `input('${structure.replaceAll(/['\\]/g, '\\$&')}')`;
  const [column = ''] = structure.split(' ');
  for (const { body, between } of listBodies(files)) {
    const sql = insert(between === null ? input : `(SELECT * FROM ${input} WHERE ${column}!=${between})`);
    const { stream } = await client.exec({
      values: Readable.from(body, { objectMode: false, highWaterMark: READ_BYTES }),
      http_headers: encoding === null ? {} : { 'Content-Encoding': encoding },
      // it stands in the address
      ...bind(`${sql.replaceAll(/\n\s+/g, '\n')} FORMAT ${format}`, given),
    });
    stream.resume();
  }
}
