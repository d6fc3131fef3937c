import { mkdtemp, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clickhouse } from '../test/open-clickhouse.ts';
import { describeRun, quote } from './ingest.ts';
import { findLog, packLog } from './make-log.ts';
import { measure, type Measurement } from './measure.ts';
import { median } from './median.ts';
import { MAIN } from './product.ts';
import type { BenchContext, Row } from './question.ts';

export interface Places {
  readonly clickhouse: Clickhouse;
  /** For data directories. */
  readonly folder: string;
}

/** The same log each way. @throws when they do not find the same facts */
export async function measureIngests(context: BenchContext, places: Places): Promise<Row[]> {
  const log = await findLog(context);
  const { size } = await stat(log);
  const packed = quote(await packLog(context.dir, log, context.say));
  const halves = join(places.folder, 'half-');
  await measure(`split --number=l/2 ${quote(log)} ${quote(halves)}`);
  const ways: readonly Way[] = [
    { name: 'ingest', inputs: [quote(log)], like: null },
    { name: 'ingest, on the server', inputs: [quote(log)], like: 'ingest' },
    { name: 'ingest .gz', inputs: [packed], like: null },
    { name: 'ingest .gz, on the server', inputs: [packed], like: 'ingest .gz' },
    { name: 'ingest -', inputs: [`- <${quote(log)}`], like: null },
    { name: 'ingest -, on the server', inputs: [`- <${quote(log)}`], like: 'ingest -' },
    {
      name: 'two processes at once, half of it each, on the server',
      inputs: [quote(`${halves}aa`), quote(`${halves}ab`)],
      like: 'ingest',
    },
  ];
  const found = new Map<string, Measurement[]>(ways.map(({ name }) => [name, []]));
  const facts = new Set<string>();
  for (let round = 1; round <= context.rounds; round += 1) {
    for (const way of ways) {
      const { measured, count } = await ingestOnce(way, places);
      found.get(way.name)?.push(measured);
      facts.add(count);
      context.say(`round ${round}: ${way.name} ${measured.seconds.toFixed(2)} s`);
    }
  }
  if (facts.size !== 1) throw new Error(`The ingests found different facts: ${[...facts].join(', ')}`);
  const seconds = (name: string) => median(found.get(name)!.map((each) => each.seconds));
  return ways.map(({ name, like }) => ({
    ...describeRun(name, found.get(name)!, size),
    ratios: like === null ? [] : [{ times: seconds(like) / seconds(name), to: 'embedded' }],
  }));
}

interface Way {
  readonly name: string;
  /** What each process is given, as words of a shell command. */
  readonly inputs: readonly string[];
  /** The way of the embedded engine that it is compared with; null: it is one. */
  readonly like: string | null;
}

/** Into a fresh store, which is gone afterwards; gives how many facts it holds, attempted and completed apart. */
async function ingestOnce(
  { inputs, like }: Way,
  { clickhouse, folder }: Places,
): Promise<{ measured: Measurement; count: string }> {
  const data = await mkdtemp(join(folder, 'ingested-'));
  if (like !== null) await clickhouse.run('CREATE DATABASE ingested');
  const where = like === null ? '' : `--clickhouse ${clickhouse.url}/ingested`;
  const commands = inputs.map(
    (input, index) =>
      `${quote(process.execPath)} ${quote(MAIN)} ingest --json --no-refresh ${where} --data ${quote(join(data, String(index)))} ${input}`,
  );
  try {
    const [one, ...others] = commands as [string, ...string[]];
    const started = others.map((command, index) => `${command} & other${index}=$!`);
    const waited = others.map((_, index) => ` && wait $other${index}`);
    const measured = await measure([...started, `${one}${waited.join('')}`].join('\n'));
    const count =
      like === null
        ? String((JSON.parse(measured.output) as { new_facts: number }).new_facts)
        : (await clickhouse.run('SELECT count() + countIf(completed) FROM ingested.facts FINAL')).trim();
    return { measured, count };
  } finally {
    if (like !== null) await clickhouse.run('DROP DATABASE ingested SYNC');
    await rm(data, { recursive: true });
  }
}
