import assert from 'node:assert/strict';
import {
  appendFileSync,
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after } from 'node:test';
import { gzipSync } from 'node:zlib';
import { openTestStore } from '../../test/temp-store.ts';
import { LogTail } from './log-tail.ts';

const root = mkdtempSync(join(tmpdir(), 'tail-'));
const store = await openTestStore(join(root, 'data'));
after(async () => {
  await store.close();
  rmSync(root, { recursive: true, maxRetries: 10 });
});

const HOUR = 3_600_000;
let lineNumber = 0;

/** Lines with a fact each, of a length of their own. */
function makeLines(username: string, count: number): string[] {
  return Array.from({ length: count }, () => {
    lineNumber += 1;
    return `${JSON.stringify({
      username,
      event_type: 'problem_check',
      event_source: 'server',
      time: new Date().toISOString(),
      context: { course_id: 'course-v1:edX+Tail+2026' },
      event: { problem_id: `p${lineNumber}`, success: 'incorrect' },
      padding: 'x'.repeat((lineNumber * 37) % 900),
    })}\n`;
  });
}

/** A folder with a log and a tail that follows it; `facts` are those of this log's learner. */
function openCase(name: string, watch = (log: string) => [log]) {
  const folder = join(root, name);
  const log = join(folder, 'tracking.log');
  mkdirSync(folder);
  const tails: LogTail[] = [];
  let time = 0;
  const written: string[] = [];
  const self = {
    folder,
    log,
    tail: null as unknown as LogTail,
    /** Lines that are to become facts. */
    lines: (count = 3) => {
      const lines = makeLines(name, count);
      written.push(...lines);
      return lines.join('');
    },
    write: (count = 3) => appendFileSync(log, self.lines(count)),
    /** As if the process had been killed and started again. */
    restart: async () => {
      await tails.at(-1)?.close();
      self.tail = await LogTail.open(store, watch(log), () => time);
      tails.push(self.tail);
    },
    rest: (milliseconds: number) => {
      time += milliseconds;
    },
    /** Rounds until nothing is new, and how many lines they took. */
    settle: async () => {
      let lines = 0;
      for (let result = await self.tail.round(); result !== null; result = await self.tail.round()) {
        assert.deepEqual(result.failed, []);
        lines += result.lines;
      }
      return lines;
    },
    facts: async () => {
      const rows = await store.read<{ entity: string }>(
        'SELECT entity FROM facts WHERE username = {name:String} ORDER BY toUInt32(substring(entity, 2))',
        { name },
      );
      return rows.map(({ entity }) => entity);
    },
    /** Nothing lost, nothing doubled. */
    assertWhole: async () => {
      const entities = written.map((line) => (JSON.parse(line) as { event: { problem_id: string } }).event.problem_id);
      assert.deepEqual(await self.facts(), entities);
    },
  };
  return self;
}

test('a log that is not there yet is waited for; it grows; half a line waits for its end', async (t) => {
  const site = openCase('growth');
  await site.restart();
  t.after(async () => site.tail.close());
  assert.equal(await site.tail.round(), null);
  assert.deepEqual(site.tail.status.problems, [{ path: site.log, reason: 'ENOENT' }]);
  site.write();
  assert.equal(await site.settle(), 3);
  assert.deepEqual(site.tail.status.problems, []);
  assert.equal(site.tail.status.lag_bytes, 0);
  const line = site.lines(1);
  appendFileSync(site.log, line.slice(0, -1));
  assert.equal(await site.settle(), 0);
  assert.equal(site.tail.status.lag_bytes, line.length - 1);
  appendFileSync(site.log, `\n${site.lines(1).slice(0, 20)}`);
  assert.equal(await site.settle(), 1);
  await site.restart();
  assert.equal(await site.settle(), 0);
  assert.equal((await site.facts()).length, 4);
});

test('a restart reads on where the facts end, also after a rename', async (t) => {
  const site = openCase('restart');
  await site.restart();
  t.after(async () => site.tail.close());
  site.write(5);
  assert.equal(await site.settle(), 5);
  site.write(2);
  await site.restart();
  assert.equal(await site.settle(), 2);
  site.write(2);
  renameSync(site.log, `${site.log}-20261101`);
  site.write(4);
  await site.restart();
  assert.equal(await site.settle(), 6);
  await site.assertWhole();
});

test('rotated after it was looked which files there are, before it is opened', async (t) => {
  const site = openCase('between');
  site.write(5);
  let isRotated = false;
  // of the store, a round asks for the spool alone before it opens the files
  const between = new Proxy(store, {
    get: (target, name) => {
      if (name === 'spool' && !isRotated) {
        isRotated = true;
        renameSync(site.log, `${site.log}.1`);
        site.write(4);
      }
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
  const tail = await LogTail.open(between, [site.log], () => 0);
  t.after(async () => tail.close());
  let lines = 0;
  for (let look = 0; look < 4; look += 1) lines += (await tail.round())?.lines ?? 0;
  assert.equal(lines, 9);
  assert.equal(tail.status.lag_bytes, 0);
  await site.assertWhole();
});

test('rotated by rename, twice between two looks, the writer going on in the old file', async (t) => {
  const site = openCase('rename');
  await site.restart();
  t.after(async () => site.tail.close());
  site.write();
  await site.settle();
  site.write(2);
  renameSync(site.log, `${site.log}.1`);
  site.write();
  renameSync(`${site.log}.1`, `${site.log}.2`);
  renameSync(site.log, `${site.log}.1`);
  site.write();
  assert.equal(await site.settle(), 8);
  appendFileSync(`${site.log}.1`, site.lines(1));
  appendFileSync(site.log, site.lines(1));
  assert.equal(await site.settle(), 2);
  assert.equal((await site.facts()).length, 13);
});

test('rotated by copying and truncating: the copy is read on, not again', async (t) => {
  const site = openCase('copytruncate');
  await site.restart();
  t.after(async () => site.tail.close());
  site.write(20);
  assert.equal(await site.settle(), 20);
  site.write(2);
  copyFileSync(site.log, `${site.log}.1`);
  truncateSync(site.log);
  assert.equal(await site.settle(), 2);
  site.write(3);
  assert.equal(await site.settle(), 3);
  // grown past the old place before the next look
  copyFileSync(site.log, `${site.log}.2`);
  truncateSync(site.log);
  site.write(30);
  assert.equal(await site.settle(), 30);
  await site.assertWhole();
});

test('renamed, packed and deleted while nobody looked: what is missing is in the packed file', async (t) => {
  const site = openCase('packed');
  await site.restart();
  t.after(async () => site.tail.close());
  site.write(5);
  await site.settle();
  await site.tail.close();
  site.write(4);
  writeFileSync(`${site.log}.1.gz`, gzipSync(readFileSync(site.log)));
  rmSync(site.log);
  site.write(2);
  await site.restart();
  assert.equal(await site.settle(), 2);
  site.rest(HOUR);
  assert.equal(await site.settle(), 9);
  await site.restart();
  site.rest(HOUR);
  assert.equal(await site.settle(), 0);
  await site.assertWhole();
});

test('a packed file that holds what was read is not read again; a broken one is told and read when it is whole', async (t) => {
  const site = openCase('known');
  await site.restart();
  t.after(async () => site.tail.close());
  site.write(40);
  await site.settle();
  const packed = gzipSync(readFileSync(site.log));
  renameSync(site.log, `${site.log}.1`);
  rmSync(`${site.log}.1`);
  writeFileSync(`${site.log}.1.gz`, packed);
  await site.settle();
  site.rest(HOUR);
  assert.equal(await site.tail.round(), null);
  assert.equal(site.tail.status.lag_bytes, 0);

  const other = gzipSync(site.lines(30));
  writeFileSync(`${site.log}.2.gz`, other.subarray(0, other.length - 9));
  await site.tail.round();
  site.rest(HOUR);
  const failed = await site.tail.round();
  assert.equal(failed?.lines, 0);
  assert.match(site.tail.status.problems.map(({ reason }) => reason).join(), /cut off or damaged/);
  assert.equal(await site.settle(), 0);
  writeFileSync(`${site.log}.2.gz`, other);
  await site.settle();
  site.rest(HOUR);
  assert.equal(await site.settle(), 30);
  await site.assertWhole();
});

test('a deleted log is read to its end, then let go', async (t) => {
  const site = openCase('deleted');
  await site.restart();
  t.after(async () => site.tail.close());
  site.write();
  await site.settle();
  site.write(2);
  appendFileSync(site.log, site.lines(1).trimEnd());
  rmSync(site.log);
  assert.equal(await site.settle(), 2);
  assert.equal(site.tail.status.files, 1);
  site.rest(HOUR);
  assert.equal(await site.settle(), 1);
  await site.settle();
  assert.equal(site.tail.status.files, 0);
  await site.assertWhole();
});

test('the last line of a rotated log counts without an end; the end may still come', async (t) => {
  const site = openCase('unended');
  await site.restart();
  t.after(async () => site.tail.close());
  site.write();
  const last = site.lines(1).trimEnd();
  appendFileSync(site.log, last);
  renameSync(site.log, `${site.log}.1`);
  assert.equal(await site.settle(), 3);
  site.rest(11_000);
  assert.equal(await site.settle(), 1);
  await site.assertWhole();
  appendFileSync(`${site.log}.1`, `\n${site.lines(2)}`);
  assert.equal(await site.settle(), 3);
  await site.assertWhole();
});

test('replaced in place by another log of the same size', async (t) => {
  const site = openCase('replaced');
  await site.restart();
  t.after(async () => site.tail.close());
  const lines = site.lines(3);
  writeFileSync(site.log, lines);
  assert.equal(await site.settle(), 3);
  writeFileSync(site.log, lines.replaceAll('"problem_id":"p', '"problem_id":"q'));
  assert.equal(await site.settle(), 3);
  assert.equal((await site.facts()).length, 6);
});

test('a writer that goes on at the old position of a truncated log leaves zeros, which are skipped', async (t) => {
  const site = openCase('zeros');
  await site.restart();
  t.after(async () => site.tail.close());
  site.write(10);
  await site.settle();
  writeFileSync(site.log, Buffer.concat([Buffer.alloc(3_000_000), Buffer.from(site.lines(4))]));
  assert.equal(await site.settle(), 4);
  site.write(1);
  assert.equal(await site.settle(), 1);
  await site.assertWhole();
});

test('a line longer than a round is counted once and left out', async (t) => {
  const site = openCase('long');
  await site.restart();
  t.after(async () => site.tail.close());
  site.write(1);
  const piece = Buffer.alloc(10_000_000, '{"event_type":"problem_check"} ');
  for (let number = 0; number < 15; number += 1) appendFileSync(site.log, piece);
  appendFileSync(site.log, ' {"event_type":"problem_check"}\n');
  site.write(2);
  const results = [];
  for (let result = await site.tail.round(); result !== null; result = await site.tail.round()) results.push(result);
  assert.deepEqual(
    results.map(({ rejected }) => rejected),
    [{}, { too_long: 1 }, {}],
  );
  await site.assertWhole();
});

test('a folder: new logs, several writers, packed ones, folders below; other files are left alone', async (t) => {
  const site = openCase('folder', (log) => [join(log, '..')]);
  await site.restart();
  t.after(async () => site.tail.close());
  assert.equal(await site.settle(), 0);
  mkdirSync(join(site.folder, 'cms'));
  const logs = ['tracking.log', 'lms.log', 'cms/tracking.log'].map((name) => join(site.folder, name));
  for (const log of logs) appendFileSync(log, site.lines(2));
  writeFileSync(join(site.folder, 'tracking.log-20261101.gz'), gzipSync(site.lines(2)));
  writeFileSync(join(site.folder, 'notes.txt'), makeLines('folder', 1).join(''));
  assert.equal(await site.settle(), 6);
  site.rest(HOUR);
  assert.equal(await site.settle(), 2);
  for (const log of logs) appendFileSync(log, site.lines(1));
  assert.equal(await site.settle(), 3);
  await site.assertWhole();
});

const countHandles = () => readdirSync('/proc/self/fd').length;

async function countInserts(): Promise<number> {
  const [row] = await store.read<{ value: number }>("SELECT value FROM system.events WHERE event = 'InsertQuery'");
  return row?.value ?? 0;
}

test('hundreds of packed logs take few statements and no handles, and the log that is written has its turn', async () => {
  const own = openCase('hundreds');
  const names = Array.from({ length: 620 }, (_, index) => `${own.log}-20261101-${1_793_500_000 + index}.gz`);
  for (const name of names) writeFileSync(name, gzipSync(own.lines(1)));
  const before = countHandles();
  const inserts = await countInserts();
  await own.restart();
  assert.equal(await own.tail.round(), null);
  assert.ok(countHandles() - before < 100, `${countHandles() - before} more handles`);
  own.rest(5000);
  own.write(2);
  const first = await own.tail.round();
  assert.ok(first !== null && first.lines >= 450 && first.lines <= 502, String(first?.lines));
  const facts = await store.read<{ facts: number }>("SELECT count() AS facts FROM facts WHERE username = 'hundreds'");
  // the two of the log that grows are among them
  assert.equal(facts[0]?.facts, first.lines);
  assert.equal(await own.settle(), 622 - first.lines);
  const made = (await countInserts()) - inserts;
  assert.ok(made < 100, `${made} statements`);
  await own.tail.close();
});

test('a packed log that goes before it is read keeps none of the others from being read', async () => {
  const own = openCase('going');
  const names = Array.from({ length: 9 }, (_, index) => `${own.log}-2026110${index + 1}.gz`);
  for (const name of names) writeFileSync(name, gzipSync(own.lines(1)));
  let asked = 0;
  const watched = new Proxy(store, {
    get(target, key) {
      // asked for with each file that is taken: by the last, all are known and none is read
      if (key === 'spool' && (asked += 1) === 18) rmSync(names[4] ?? '');
      const value: unknown = Reflect.get(target, key);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
  let time = 0;
  const tail = await LogTail.open(watched, [own.log], () => time);
  await tail.round();
  time += 5000;
  const result = await tail.round();
  await tail.close();
  assert.equal(result?.lines, 8);
});

test('where it takes long to look which files there are, the open ones are read on without that', async () => {
  const own = openCase('slow');
  const other = join(own.folder, 'other.log');
  let [time, step] = [0, 1000];
  const tail = await LogTail.open(store, [own.folder], () => (time += step));
  own.write(1);
  assert.equal((await tail.round())?.lines, 1);
  step = 0;
  own.write(2);
  appendFileSync(other, own.lines(4));
  assert.equal((await tail.round())?.lines, 2);
  assert.equal(await tail.round(), null);
  time += 20_000;
  assert.equal((await tail.round())?.lines, 4);
  await tail.close();
  await own.assertWhole();
});

test('a pattern: what it matches, and what that is rotated to', async (t) => {
  const site = openCase('pattern', (log) => [join(log, '..', '*.log')]);
  await site.restart();
  t.after(async () => site.tail.close());
  site.write(2);
  assert.equal(await site.settle(), 2);
  await site.tail.close();
  site.write(1);
  renameSync(site.log, `${site.log}.1`);
  site.write(1);
  writeFileSync(`${site.log}.swp`, makeLines('pattern', 1).join(''));
  await site.restart();
  assert.equal(await site.settle(), 2);
  await site.assertWhole();
});

test(
  'a log that may not be read is told, and read once it may',
  { skip: process.getuid?.() === 0 && 'root may read anything' },
  async (t) => {
    const site = openCase('forbidden');
    await site.restart();
    t.after(async () => site.tail.close());
    site.write();
    chmodSync(site.log, 0);
    assert.equal(await site.settle(), 0);
    assert.deepEqual(site.tail.status.problems, [{ path: site.log, reason: 'EACCES' }]);
    chmodSync(site.log, 0o600);
    assert.equal(await site.settle(), 3);
  },
);

test('lines of today are not of the future because the clock of this machine is behind; those of other files are', async (t) => {
  const site = openCase('clock', (log) => [log, `${log}.1`]);
  await site.restart();
  t.after(async () => site.tail.close());
  const ahead = new Date(Date.now() + 72 * HOUR);
  for (const [index, line] of makeLines('clock', 2).entries()) {
    writeFileSync(
      index === 0 ? site.log : `${site.log}.1`,
      line.replace(/"time":"[^"]*"/, `"time":"${ahead.toISOString()}"`),
    );
  }
  utimesSync(site.log, ahead, ahead);
  const { new_facts, rejected } = (await site.tail.round())!;
  assert.deepEqual({ new_facts, rejected }, { new_facts: 1, rejected: { future_time: 1 } });
});

test('a spool that somebody removed is made again; what is wrong with it is not told of the log', async (t) => {
  const site = openCase('spool');
  await site.restart();
  t.after(async () => site.tail.close());
  rmSync(store.spool, { recursive: true });
  site.write();
  assert.equal(await site.settle(), 3);
  rmSync(store.spool, { recursive: true });
  writeFileSync(store.spool, 'no folder');
  site.write();
  await assert.rejects(site.tail.round(), { code: 'store_unavailable' });
  assert.deepEqual(site.tail.status.problems, []);
  rmSync(store.spool);
  assert.equal(await site.settle(), 3);
  await site.assertWhole();
});
