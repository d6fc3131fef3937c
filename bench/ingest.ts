import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findLog, logBytes, makeLog, packLog } from './make-log.ts';
import { measure, type Measurement } from './measure.ts';
import { MAIN } from './product.ts';
import type { BenchContext, Goal, Outcome, Question, Row } from './question.ts';
import { median } from './median.ts';

/** Our ingest of a log, plain, packed and as a stream, in turns with the floors of the machine and with others that do the same. */
export const INGEST: Question = {
  name: 'ingest',
  asks: 'How fast does a tracking log become facts?',
  answer: run,
};

/** Irrelevant lines of a second log; real ones have 70 to 99 %. */
const SPARSE = 0.95;
const SPARSE_RUN = 'ingest, 95 % irrelevant';
const LEAST_RATE = 700;
const ENGINE_COUNTS = 'engine counts lines';
const DUCKDB = 'DuckDB, the same job';
const NODE_THREADS = 'two Node threads, the same job';
const ZCAT = 'zcat | wc -c';

async function run(context: BenchContext): Promise<Outcome> {
  const log = await findLog(context);
  const sparse = await makeLog(context.dir, { bytes: logBytes(context), noise: SPARSE }, context.say);
  const packed = await packLog(context.dir, log, context.say);
  const { size } = await stat(log);
  const runs = listRuns(log, packed, sparse);
  // so that the first round finds the files in memory, as the others do
  await measure(`cat ${quote(log)} ${quote(packed)} ${quote(sparse)} | wc -c`);
  const found = new Map<string, Measurement[]>(runs.map(({ name }) => [name, []]));
  for (let round = 1; round <= context.rounds; round += 1) {
    for (const { name, command, ingests } of runs) {
      const measured = ingests ? await measureIngest(command) : await measure(command);
      found.get(name)?.push(measured);
      context.say(`round ${round}: ${name} ${measured.seconds.toFixed(2)} s`);
    }
  }
  const seconds = (name: string) => median(found.get(name)!.map((each) => each.seconds));
  const [packedSize, sparseSize] = [(await stat(packed)).size, (await stat(sparse)).size];
  return {
    rows: [...found].map(([name, all]) => ({
      ...describeRun(name, all, name === SPARSE_RUN ? sparseSize : size),
      // of the same log, so that the ratio of the times is that of the MB/s
      ratios: (COMPARED.get(name) ?? []).map((to) => ({ times: seconds(to) / seconds(name), to })),
    })),
    goals: judge(found, seconds, [size, sparseSize]),
    notes: [
      `A log of ${(size / 1e6).toFixed(0)} MB made by the demo, 85 % of the lines irrelevant, in memory; packed ${(packedSize / 1e6).toFixed(0)} MB; and one of ${(sparseSize / 1e6).toFixed(0)} MB with 95 % irrelevant. MB/s are of the log unpacked.`,
      describeOutcomes(found),
    ],
  };
}

/** What is told beside which of ours. */
const COMPARED: ReadonlyMap<string, readonly string[]> = new Map([
  ['ingest', ['wc -l', 'grep -c problem_check', ENGINE_COUNTS, DUCKDB, NODE_THREADS]],
  ['ingest .gz', [ZCAT]],
]);

interface Run {
  readonly name: string;
  readonly command: string;
  /** It is ours, with $DATA for the folder of a fresh store. */
  readonly ingests: boolean;
}

const floor = (name: string, command: string): Run => ({ name, command, ingests: false });
const ingest = (name: string, command: string): Run => ({ name, command, ingests: true });

/** Everything that is measured, in the order of a round. */
function listRuns(log: string, packed: string, sparse: string): Run[] {
  const [file, gz] = [quote(log), quote(packed)];
  const node = quote(process.execPath);
  const script = (name: string) => `${node} ${quote(join(import.meta.dirname, name))}`;
  const ours = `${node} ${quote(MAIN)} ingest --json --no-refresh --data $DATA`;
  return [
    ingest('ingest', `${ours} ${file}`),
    ingest(SPARSE_RUN, `${ours} ${quote(sparse)}`),
    floor('wc -l', `wc -l ${file}`),
    floor('grep -c problem_check', `grep -c problem_check ${file}`),
    floor(ENGINE_COUNTS, `${script('count-lines.ts')} ${file}`),
    floor(DUCKDB, `${script('duckdb-ingest.ts')} ${file}`),
    floor(NODE_THREADS, `${script('node-ingest.ts')} ${file}`),
    ingest('ingest .gz', `${ours} ${gz}`),
    floor(ZCAT, `zcat ${gz} | wc -c`),
    ingest('ingest -', `${ours} - <${file}`),
    // what starting, making a store and the statements cost, whatever they are given
    ingest('ingest - of 100 lines', `head -n 100 ${file} | ${ours} -`),
  ];
}

/** Into a fresh store, which is gone afterwards. */
async function measureIngest(command: string): Promise<Measurement> {
  const data = await mkdtemp(join(tmpdir(), 'bench-data-'));
  try {
    return await measure(command.replace('$DATA', quote(data)));
  } finally {
    await rm(data, { recursive: true });
  }
}

/** The row of a way to ingest a log of so many bytes. */
export function describeRun(name: string, all: readonly Measurement[], bytes: number): Row {
  const seconds = median(all.map((each) => each.seconds));
  return {
    what: `${name} (${seconds.toFixed(2)} s, CPU ${median(all.map((each) => each.cpuSeconds)).toFixed(2)} s)`,
    unit: 'MB/s',
    median: name.endsWith('100 lines') ? null : bytes / 1e6 / seconds,
    memoryMb: median(all.map((each) => each.peakBytes)) / 1e6,
  };
}

function judge(
  found: ReadonlyMap<string, readonly Measurement[]>,
  seconds: (name: string) => number,
  [size, sparseSize]: readonly [number, number],
): Goal[] {
  const said = (name: string) =>
    found.get(name)!.map(({ output }) => (JSON.parse(output) as { seconds: number }).seconds);
  const rate = (name: string) => size / 1e6 / seconds(name);
  const compare = (text: string, ours: string, other: string, least: number): Goal => {
    const share = rate(ours) / rate(other);
    return {
      text,
      found: `${share.toFixed(2)} (${Math.round(rate(ours))} against ${Math.round(rate(other))} MB/s)`,
      met: share >= least,
    };
  };
  const reach = (name: string, bytes: number): Goal => {
    const own = bytes / 1e6 / median(said(name));
    return {
      text: `${name} ≥ ${LEAST_RATE} MB/s, by the seconds that it says it took`,
      found: `${Math.round(own)} MB/s (${Math.round(bytes / 1e6 / seconds(name))} with the start of the process and the making of a store)`,
      met: own >= LEAST_RATE,
    };
  };
  return [
    reach('ingest', size),
    reach(SPARSE_RUN, sparseSize),
    compare("ingest ≥ 0.45 × the engine's own counting of lines", 'ingest', ENGINE_COUNTS, 0.45),
    compare('ingest ≥ 1.3 × two Node threads', 'ingest', NODE_THREADS, 1.3),
    compare('ingest ≥ DuckDB', 'ingest', DUCKDB, 1),
    compare('ingest of .gz ≥ 2.5 × zcat', 'ingest .gz', ZCAT, 2.5),
  ];
}

/** What the ingests said, which must be the same each time, and how many facts the others found. */
function describeOutcomes(found: ReadonlyMap<string, readonly Measurement[]>): string {
  const read = (name: string) => JSON.parse(found.get(name)?.at(-1)?.output ?? '{}') as Record<string, unknown>;
  const outcomes = [...found].flatMap(([name, all]) =>
    name.startsWith('ingest') && !name.endsWith('lines') && name !== SPARSE_RUN
      ? all.map(({ output }) => {
          const { lines, accepted, rejected, new_facts } = JSON.parse(output) as Record<string, number | object>;
          return JSON.stringify([
            lines,
            accepted,
            new_facts,
            Object.entries(rejected ?? {})
              .map(String)
              .toSorted(),
          ]);
        })
      : [],
  );
  if (new Set(outcomes).size > 1) throw new Error(`The ingests differ: ${[...new Set(outcomes)].join(' ')}`);
  const { lines, new_facts } = read('ingest');
  return `${String(lines)} lines gave ${String(new_facts)} facts; DuckDB found ${String(read(DUCKDB)['new_facts'])} and the Node threads ${String(read(NODE_THREADS)['new_facts'])}: they know the common rules, not all.`;
}

/** As one word of a shell command. */
export function quote(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
