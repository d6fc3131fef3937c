import assert from 'node:assert/strict';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import test, { after } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { endCommand, startCommand } from '../../test/run-cli.ts';
import { SEED, openRandom } from '../../test/seed.ts';
import { LogTail } from '../ingest/log-tail.ts';
import { openStore } from '../store/open-store.ts';

const root = mkdtempSync(join(tmpdir(), 'watch-'));
const dataDir = join(root, 'data');
const logs = ['lms', 'cms'].map((service) => join(root, service, 'tracking.log'));
for (const service of ['lms', 'cms']) mkdirSync(join(root, service));
after(() => rmSync(root, { recursive: true, maxRetries: 10 }));

const COURSE = 'course-v1:edX+Watch+2026';

const start = (...args: string[]) => startCommand([...args, '--data', dataDir]);

async function run(...args: string[]): Promise<string> {
  const { out, err, code } = await endCommand(start(...args));
  assert.equal(code, 0, `${out}${err}`);
  return out;
}

/** Ingests files some of which may be rotated away meanwhile: then it says which, and exits with 1. */
async function ingestRotated(...paths: string[]): Promise<void> {
  const { out, err, code } = await endCommand(start('ingest', ...paths, '--json'));
  const { failed, error } = JSON.parse(out) as { failed?: unknown[]; error?: { message: string } };
  if (failed === undefined) {
    // not there at the moment: nothing was taken in
    assert.equal(code, 1);
    assert.match(error?.message ?? '', /tracking\.log/);
    return;
  }
  assert.equal(code, failed.length > 0 ? 1 : 0, `${out}${err}`);
}

/** A server that follows the logs; resolves when it serves. */
async function serve(): Promise<{ server: ChildProcessWithoutNullStreams; url: string }> {
  const server = start('serve', '--port', '0', ...logs.flatMap((log) => ['--watch', log]));
  server.stdout.resume();
  for await (const line of createInterface(server.stderr)) {
    const url = /^Serving (\S+)/.exec(line)?.[1];
    if (url !== undefined) return { server, url };
  }
  throw new Error('the server ended without serving');
}

const random = openRandom();

/** Writes lines with a fact each, and rotates in every way there is. */
class Writer {
  readonly written: string[] = [];
  #rotations = 0;

  line(): string {
    const entity = `p${this.written.length}`;
    this.written.push(entity);
    return `${JSON.stringify({
      username: `learner_${this.written.length % 20}`,
      event_type: 'problem_check',
      event_source: 'server',
      time: new Date().toISOString(),
      context: { course_id: COURSE },
      event: { problem_id: entity, success: 'correct' },
      padding: 'x'.repeat(random.next() * 1000),
    })}\n`;
  }

  /** Some lines to each log; the last of them in two pieces. */
  async write(): Promise<void> {
    for (const log of logs) {
      const lines = Array.from({ length: 1 + random.int(40) }, () => this.line()).join('');
      const cut = Math.floor(lines.length - random.next() * 300);
      appendFileSync(log, lines.slice(0, cut));
      if (random.chance(0.2)) await wait(random.next() * 30);
      appendFileSync(log, lines.slice(cut));
    }
  }

  rotate(): void {
    const log = logs[this.#rotations % 2]!;
    this.#rotations += 1;
    const rotated = `${log}-${20_261_100 + this.#rotations}`;
    const way = random.next();
    if (way < 0.3) {
      copyFileSync(log, rotated);
      truncateSync(log);
      return;
    }
    renameSync(log, rotated);
    if (way < 0.5) return;
    writeFileSync(`${rotated}.gz`, gzipSync(readFileSync(rotated)));
    rmSync(rotated);
  }

  async work(until: number): Promise<void> {
    while (performance.now() < until) {
      await this.write();
      if (random.chance(0.15)) this.rotate();
      await wait(random.next() * 60);
    }
  }
}

test(
  `what is written, rotated and handed over while servers are killed becomes facts, each once (TEST_SEED=${SEED})`,
  { timeout: 180_000 },
  async (t) => {
    const writer = new Writer();
    const { key } = JSON.parse(await run('keys', 'create', 'tests', '--json')) as { key: string };

    // handed over while the server follows
    const first = await serve();
    t.after(() => first.server.kill('SIGKILL'));
    const extra = join(root, 'extra.log');
    writeFileSync(extra, Array.from({ length: 500 }, () => writer.line()).join(''));
    await Promise.all([
      writer.work(performance.now() + 2000),
      run('ingest', extra, '--json'),
      wait(300).then(async () => ingestRotated(extra, logs[0]!)),
    ]);
    appendFileSync(logs[0]!, writer.line().replace(/"learner_\d+"/, '"newcomer"'));
    const ask = async () =>
      fetch(`${first.url}learners/newcomer/?course_id=${encodeURIComponent(COURSE)}`, {
        headers: { authorization: `Token ${key}` },
      });
    while ((await ask()).status !== 200) await wait(100);
    first.server.kill('SIGKILL');
    await once(first.server, 'exit');

    for (let kill = 0; kill < 3; kill += 1) {
      const working = writer.work(performance.now() + 1500);
      const { server } = await serve();
      t.after(() => server.kill('SIGKILL'));
      await wait(random.next() * 1500);
      server.kill('SIGKILL');
      await Promise.all([working, once(server, 'exit')]);
    }

    const store = await openStore({ dataDir });
    let time = 0;
    const tail = await LogTail.open(store, logs, () => time);
    while ((await tail.round()) !== null) time += 1;
    time += 3_600_000;
    while ((await tail.round()) !== null) time += 1;
    assert.equal(tail.status.lag_bytes, 0);
    const facts = await store.read<{ entity: string }>('SELECT entity FROM facts');
    await tail.close();
    await store.close();
    assert.deepEqual(facts.map(({ entity }) => entity).toSorted(), writer.written.toSorted());
    t.diagnostic(`${facts.length} facts`);
  },
);
