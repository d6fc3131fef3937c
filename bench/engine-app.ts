import type { ClickHouseClient } from '@clickhouse/client';
import { embeddedConnector } from '../src/store/connect-embedded.ts';
import { ORDERS } from './engine-tables.ts';
import { type ActiveDay, boundMetrics, DAY_COUNTS, type ListParams, serveRival } from './rival-app.ts';
import { fold } from './rival-columns.ts';
import { packSegments } from './sqlite-tables.ts';

// The API over the engine's own tables, which never change: no read model beside it.

const connect = embeddedConnector(process.env['ENGINE_PATH']!);
/** One connection runs one statement at a time. */
const free = Array.from({ length: 8 }, connect);
const waiting: ((client: ClickHouseClient) => void)[] = [];

type Params = Readonly<Record<string, string | number>>;

/** What a statement tells: lines of values that are separated by tabs and have none in them. */
async function read(query: string, params: Params = {}): Promise<string[][]> {
  const client = free.pop() ?? (await new Promise<ClickHouseClient>((resolve) => waiting.push(resolve)));
  try {
    const settings = { max_threads: 1, use_query_condition_cache: 0 } as const;
    const result = await client.query({
      query,
      query_params: params,
      format: 'TabSeparatedRaw',
      clickhouse_settings: settings,
    });
    const text = await result.text();
    return text === ''
      ? []
      : text
          .slice(0, -1)
          .split('\n')
          .map((line) => line.split('\t'));
  } finally {
    const next = waiting.shift();
    if (next === undefined) free.push(client);
    else next(client);
  }
}

const { COURSE_SNAPSHOT, COURSE_LEARNERS, COURSE_METADATA } = process.env;
const learnerCount = Number(COURSE_LEARNERS);

await serveRival({
  learnerCount,
  metadata: COURSE_METADATA!,
  snapshot: Number(COURSE_SNAPSHOT),
  findLearner: async (username) => {
    const [row] = await read('SELECT document FROM answers WHERE username = {username:String}', { username });
    return row?.[0] ?? null;
  },
  listActiveDays: async (username) => {
    const [row] = await read('SELECT days FROM timelines WHERE username = {username:String}', { username });
    const days = JSON.parse(row?.[0] ?? '[]') as [string, ...number[]][];
    return days.map(
      ([date, ...counts]) =>
        ({ date, ...Object.fromEntries(DAY_COUNTS.map((name, index) => [name, counts[index]])) }) as ActiveDay,
    );
  },
  listLearners: async (params, { size, offset }) => {
    const order = `${params.sort_order}_${params.order_by === 'name' ? 'name_folded' : params.order_by}`;
    const { conditions, values } = describeFilter(params);
    if (conditions.length > 0) {
      const [[count = '0', found = '[]'] = []] = await read(
        `SELECT count(), arrayMap(found -> found.2, arraySlice(groupArraySorted(${offset + size})((${order}, id)), ${offset + 1}, ${size}))
         FROM learners WHERE ${conditions.join(' AND ')}`,
        values,
      );
      return { count: Number(count), documents: await readDocuments(found.slice(1, -1)) };
    }
    // their numbers are the places
    if (order === 'asc_username') {
      const rows = await read(
        `SELECT document FROM documents WHERE id > ${offset} AND id <= ${offset + size} ORDER BY id`,
      );
      return { count: learnerCount, documents: Buffer.from(rows.flat().join(',')) };
    }
    const first = ORDERS.findIndex(({ name }) => name === order) * learnerCount + offset;
    const last = Math.min(first + size, first - offset + learnerCount);
    const ids = await read(`SELECT id FROM orders WHERE place >= ${first} AND place < ${last} ORDER BY place`);
    return { count: learnerCount, documents: await readDocuments(ids.flat().join(',')) };
  },
  close: async () => {
    for (const client of free) await client.close();
  },
});

/** The answers of these learners, in this order. */
async function readDocuments(ids: string): Promise<Buffer> {
  if (ids === '') return Buffer.alloc(0);
  const rows = await read(`SELECT id, document FROM documents WHERE id IN (${ids})`);
  const documents = new Map(rows.map(([id = '', document = '']) => [id, document]));
  return Buffer.from(
    ids
      .split(',')
      .map((id) => documents.get(id))
      .join(','),
  );
}

function describeFilter(params: ListParams): { readonly conditions: string[]; readonly values: Params } {
  const values: Record<string, string | number> = {};
  const bind = (value: string | number) => {
    const name = `p${Object.keys(values).length}`;
    values[name] = value;
    return `{${name}:${typeof value === 'number' ? 'Float64' : 'String'}}`;
  };
  const conditions = (params.text_search ?? []).map(
    (term) => `search_text LIKE ${bind(`%${fold(term).replaceAll(/[\\%_]/g, String.raw`\$&`)}%`)}`,
  );
  const { segments, ignore_segments: ignored } = params;
  if (segments !== undefined) conditions.push(`bitAnd(segments, ${packSegments(segments)}) != 0`);
  if (ignored !== undefined) conditions.push(`bitAnd(segments, ${packSegments(ignored)}) = 0`);
  if (params.cohort) conditions.push(`cohort = ${bind(params.cohort)}`);
  if (params.enrollment_mode) conditions.push(`enrollment_mode = ${bind(params.enrollment_mode)}`);
  conditions.push(...boundMetrics(params, bind));
  return { conditions, values };
}
