import { spawn } from 'node:child_process';
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { createKey } from '../src/auth/api-keys.ts';
import { openStore } from '../src/store/open-store.ts';

// How long a line takes from the log to the API, while `--rate` lines a second are written, the log is rotated every 20
// seconds and a client keeps asking; and what that costs in memory. Linux.
//   node bench/follow-logs.ts [--seconds 60] [--rate 1000] [--learners 5000] [--courses 5] [--backlog-mb 0]

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    rate: { type: 'string', default: '1000' },
    learners: { type: 'string', default: '5000' },
    courses: { type: 'string', default: '5' },
    'backlog-mb': { type: 'string', default: '0' },
  },
});
const [seconds, rate, learners, courses, backlogMb] = [
  values.seconds,
  values.rate,
  values.learners,
  values.courses,
  values['backlog-mb'],
].map(Number) as [number, number, number, number, number];

const folder = mkdtempSync(join(tmpdir(), 'follow-'));
const log = join(folder, 'logs', 'tracking.log');
mkdirSync(join(folder, 'logs'));
let written = 0;

function formatLine(learner: number, course: number, isAnswer = written % 5 === 0): string {
  written += 1;
  const course_id = `course-v1:edX+Bench${course}+2026`;
  return `${JSON.stringify({
    username: `learner_${learner}`,
    event_type: isAnswer ? 'problem_check' : `/courses/${course_id}/courseware/chapter_${written % 7}/`,
    event_source: 'server',
    time: new Date().toISOString(),
    agent: 'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0',
    context: { course_id, user_id: learner + 1, path: '/event', org_id: 'edX' },
    event: isAnswer ? { problem_id: `p${written % 40}`, success: 'correct', attempts: written } : `{"n": ${written}}`,
    padding: 'x'.repeat(400),
  })}\n`;
}

function writeLines(count: number): void {
  const lines = Array.from({ length: count }, () =>
    formatLine(Math.floor(Math.random() * learners), Math.floor(Math.random() * courses)),
  );
  appendFileSync(log, lines.join(''));
}

function report(name: string, milliseconds: readonly number[]): void {
  const sorted = milliseconds.toSorted((a, b) => a - b);
  const at = (share: number) =>
    Math.round(sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN);
  console.log(`${name}: median ${at(0.5)} ms, 99 % ${at(0.99)} ms, most ${at(1)} ms, of ${sorted.length}`);
}

const dataDir = join(folder, 'data');
const store = await openStore({ dataDir });
const { key } = await createKey(store, 'bench');
await store.close();
for (let batch = 0; batch < backlogMb / 14; batch += 1) writeLines(20_000);

const main = join(import.meta.dirname, '../src/cli/main.ts');
const server = spawn(process.execPath, [main, 'serve', '--port', '0', '--data', dataDir, '--watch', log], {
  env: { PATH: process.env['PATH'], LOG_LEVEL: 'warn' },
});
let url = '';
const messages = createInterface(server.stderr);
const serving = new Promise<void>((done) => {
  messages.on('line', (line) => {
    const found = /^Serving (\S+)/.exec(line)?.[1];
    if (found === undefined) {
      console.log(line.slice(0, 300));
      return;
    }
    url = found;
    done();
  });
});
await serving;
const ask = async (path: string) => fetch(`${url}${path}`, { headers: { authorization: `Token ${key}` } });
const course = (number: number) => `course_id=${encodeURIComponent(`course-v1:edX+Bench${number}+2026`)}`;

const started = performance.now();
const ending = AbortSignal.timeout(seconds * 1000);
const answers: number[] = [];
const latencies: number[] = [];
const memory: string[] = [];

async function query(): Promise<void> {
  while (!ending.aborted) {
    const asked = performance.now();
    await (await ask(`learners/?${course(0)}&page_size=20&order_by=problem_attempts`)).text();
    answers.push(performance.now() - asked);
    await wait(20);
  }
}

async function probe(): Promise<void> {
  for (let learner = learners; !ending.aborted; learner += 1) {
    const asked = performance.now();
    appendFileSync(log, formatLine(learner, 0, true));
    while (!ending.aborted && (await ask(`learners/learner_${learner}/?${course(0)}`)).status !== 200) await wait(100);
    if (!ending.aborted) latencies.push(performance.now() - asked);
  }
}

async function write(): Promise<void> {
  let due = 0;
  let rotations = 0;
  while (!ending.aborted) {
    const elapsed = (performance.now() - started) / 1000;
    const count = Math.floor(elapsed * rate) - due;
    writeLines(count);
    due += count;
    if (elapsed > (rotations + 1) * 20) {
      rotations += 1;
      renameSync(log, `${log}.${rotations}`);
    }
    await wait(50);
  }
}

async function watchMemory(): Promise<void> {
  while (!ending.aborted) {
    const rss = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${server.pid}/status`, 'utf8'))?.[1];
    memory.push(`${Math.round(Number(rss) / 1024)}`);
    await wait(10_000);
  }
}

const work = Promise.all([query(), probe(), write(), watchMemory()]);
await work;
report('line to API', latencies);
report('API', answers);
console.log(`RSS in MB every 10 s: ${memory.join(' ')}; ${written} lines written`);
server.kill('SIGTERM');
await new Promise((done) => server.once('exit', done));
rmSync(folder, { recursive: true });
