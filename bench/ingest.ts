import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { availableParallelism, cpus, loadavg, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { makeLog, packLog } from './make-log.ts';
import { measure, type Measurement } from './measure.ts';

const USAGE = `npm run bench:ingest -- [--size MB] [--rounds N] [--only NAME,…] [FILE]

Measures our ingest beside the floors of this machine, in turns, and prints medians. FILE is a log of your own; else
one of --size megabytes (default 2100) is made once, in the system's folder for temporary files.`;

const { values, positionals } = parseArgs({
  options: {
    size: { type: 'string', default: '2100' },
    rounds: { type: 'string', default: '3' },
    only: { type: 'string' },
    help: { type: 'boolean' },
  },
  allowPositionals: true,
});

const say = (line: string) => void process.stderr.write(`${line}\n`);

async function run(path: string | undefined): Promise<void> {
  const log = path ?? (await makeLog(Number(values.size) * 1e6, say));
  const packed = await packLog(log, say);
  const { size } = await stat(log);
  const names = values.only?.split(',');
  const runs = listRuns(log, packed).filter(({ name }) => names?.some((each) => name.includes(each)) ?? true);
  console.log(await describeMachine());
  console.log(`${log}: ${(size / 1e6).toFixed(0)} MB, as .gz ${((await stat(packed)).size / 1e6).toFixed(0)} MB`);

  // so that the first round finds the files in memory, as the others do
  await measure(`cat ${quote(log)} ${quote(packed)} | wc -c`);
  const found = new Map<string, Measurement[]>(runs.map(({ name }) => [name, []]));
  for (let round = 1; round <= Number(values.rounds); round += 1) {
    for (const { name, command, ingests } of runs) {
      const measured = ingests ? await measureIngest(command) : await measure(command);
      found.get(name)?.push(measured);
      say(`round ${round}: ${name} ${measured.seconds.toFixed(2)} s`);
    }
  }
  console.log(describeOutcome(found));
  console.table(
    Object.fromEntries([...found].map(([name, all]) => [name, summarize(all, size, found.get('ingest') ?? all)])),
  );
}

interface Run {
  readonly name: string;
  readonly command: string;
  /** It is ours, with $DATA for the folder of a fresh store. */
  readonly ingests: boolean;
}

const floor = (name: string, command: string): Run => ({ name, command, ingests: false });
const ingest = (name: string, command: string): Run => ({ name, command, ingests: true });

/** Everything that is measured, in the order of a round. */
function listRuns(log: string, packed: string): Run[] {
  const [file, gz] = [quote(log), quote(packed)];
  const node = quote(process.execPath);
  const ours = `${node} ${quote(join(import.meta.dirname, '../src/cli/main.ts'))} ingest --json --no-refresh --data $DATA`;
  return [
    ingest('ingest', `${ours} ${file}`),
    floor('cat', `cat ${file} >/dev/null`),
    floor('wc -l', `wc -l ${file}`),
    floor('grep -c problem_check', `grep -c problem_check ${file}`),
    floor('engine counts lines', `${node} ${quote(join(import.meta.dirname, 'count-lines.ts'))} ${file}`),
    ingest('ingest .gz', `${ours} ${gz}`),
    floor('zcat | wc -c', `zcat ${gz} | wc -c`),
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

function summarize(all: readonly Measurement[], bytes: number, ours: readonly Measurement[]) {
  const seconds = median(all.map((each) => each.seconds));
  const peak = median(all.map((each) => each.peakBytes));
  return {
    'wall s': toHundredths(seconds),
    'least s': toHundredths(Math.min(...all.map((each) => each.seconds))),
    'most s': toHundredths(Math.max(...all.map((each) => each.seconds))),
    'MB/s': Math.round(bytes / 1e6 / seconds),
    'CPU s': toHundredths(median(all.map((each) => each.cpuSeconds))),
    'peak RSS MB': Math.round(peak / 1e6),
    '× ingest': toHundredths(seconds / median(ours.map((each) => each.seconds))),
  };
}

/** What the ingests said, which must be the same each time. */
function describeOutcome(found: ReadonlyMap<string, readonly Measurement[]>): string {
  const outcomes = [...found].flatMap(([name, all]) =>
    name.startsWith('ingest') && !name.endsWith('lines')
      ? all.map(({ output }) => {
          const { lines, accepted, rejected, new_facts } = JSON.parse(output) as Record<string, unknown>;
          return JSON.stringify({ lines, accepted, rejected, new_facts });
        })
      : [],
  );
  const different = [...new Set(outcomes)];
  return different.length > 1 ? `THE INGESTS DIFFER: ${different.join(' ')}` : (different[0] ?? '');
}

async function describeMachine(): Promise<string> {
  const engine = await measure(`${quote(process.execPath)} ${quote(join(import.meta.dirname, 'count-lines.ts'))}`);
  const cache = /cache size\s*:\s*(.*)/.exec(await readFile('/proc/cpuinfo', 'utf8').catch(() => ''))?.[1] ?? '?';
  return [
    `${availableParallelism()} cores of ${cpus()[0]?.model.trim() ?? 'unknown'} (cache ${cache})`,
    `${(totalmem() / 1e9).toFixed(0)} GB memory, load ${loadavg()[0]?.toFixed(1)} before`,
    `node ${process.version}`,
    `engine ${engine.output.trim()}`,
  ].join(', ');
}

function toHundredths(value: number): number {
  return Math.round(value * 100) / 100;
}

function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** As one word of a shell command. */
function quote(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

if (values.help === true) say(USAGE);
else await run(positionals[0]);
