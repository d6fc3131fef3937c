import assert from 'node:assert/strict';
import { appendFileSync, existsSync, fstatSync, mkdirSync, readdirSync, readlinkSync, rmSync, statSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { formatAttempt } from '../../test/log-lines.ts';
import { makeTempFolder, openTempStore } from '../../test/temp-store.ts';
import { LogTail } from './log-tail.ts';

// Handles of a network file system go bad: whatever is asked of them fails, while the file can be opened anew.

/** What Node makes of ESTALE. */
const UNNAMED = { code: 'Unknown system error -116', errno: -116, syscall: 'fstat' };

const { folder } = makeTempFolder();
const store = await openTempStore();
let problems = 0;

function write(log: string, end = '\n'): void {
  problems += 1;
  appendFileSync(log, formatAttempt({ problem: `bad-${problems}` }) + end);
}

/** Two logs that are followed by a clock of their own, of which the first can lose its handle. */
async function openCase(t: TestContext, name: string) {
  const [bad, good] = ['bad.log', 'good.log'].map((log) => join(folder, name, log)) as [string, string];
  mkdirSync(join(folder, name));
  write(bad);
  write(good);
  let time = 0;
  let step = 0;
  const tail = await LogTail.open(store, [join(folder, name)], () => (time += step));
  t.after(async () => tail.close());
  return {
    bad,
    good,
    tail,
    rest: (milliseconds: number) => {
      time += milliseconds;
    },
    /** As if to look which files there are took so long. */
    slow: (milliseconds: number) => {
      step = milliseconds;
    },
    lines: async () => (await tail.round())?.lines ?? 0,
    told: () => tail.status.problems,
  };
}

/** Has the handle fail that a file has now. */
async function spoil(t: TestContext, path: string): Promise<void> {
  const { ino } = statSync(path);
  const isOfFile = ({ fd }: FileHandle) => fd >= 0 && fstatSync(fd).ino === ino;
  const sample = await open(path);
  const handles = Object.getPrototypeOf(sample) as FileHandle;
  await sample.close();
  const spoilt = new Set<FileHandle>();
  for (const method of ['stat', 'read'] as const) {
    const { [method]: call } = handles;
    t.mock.method(handles, method, async function (this: FileHandle, ...args: unknown[]) {
      if (spoilt.size === 0 && isOfFile(this)) spoilt.add(this);
      if (spoilt.has(this)) throw Object.assign(new Error('stale file handle'), UNNAMED);
      return Reflect.apply(call as (...given: unknown[]) => Promise<unknown>, this, args);
    });
  }
}

test('a log whose handle went bad is told and opened again, and no other waits for it', async (t) => {
  const { bad, good, slow, lines, told } = await openCase(t, 'named');
  slow(1000);
  assert.equal(await lines(), 2);
  slow(0);
  write(bad);
  write(good);
  await spoil(t, bad);
  assert.equal(await lines(), 2);
  assert.deepEqual(told(), [{ path: bad, reason: 'ESTALE' }]);
  assert.equal(await lines(), 0);
  assert.deepEqual(told(), []);
});

test('one that has no name any more either is told and let go', async (t) => {
  const { bad, good, tail, lines, told } = await openCase(t, 'unnamed');
  assert.equal(await lines(), 2);
  write(good);
  await spoil(t, bad);
  rmSync(bad);
  assert.equal(await lines(), 1);
  assert.deepEqual([told(), tail.status.files], [[{ path: bad, reason: 'ESTALE' }], 1]);
  assert.equal(await lines(), 0);
  assert.deepEqual(told(), []);
});

test('a last line without an end is not forgotten when it could not be read at first', async (t) => {
  const { bad, rest, lines, told } = await openCase(t, 'unended');
  write(bad, '');
  assert.equal(await lines(), 2);
  assert.equal(await lines(), 0);
  rest(3_600_000);
  await spoil(t, bad);
  assert.equal(await lines(), 0);
  assert.deepEqual(told(), [{ path: bad, reason: 'ESTALE' }]);
  assert.equal((await lines()) + (await lines()) + (await lines()), 1);
});

type ReadArgs = [buffer: Buffer, offset: number, length: number, position: number];

/** Has every read of a file go another way. */
async function meddleReads(t: TestContext, path: string, change: (args: ReadArgs) => ReadArgs): Promise<void> {
  const sample = await open(path);
  const handles = Object.getPrototypeOf(sample) as FileHandle;
  await sample.close();
  const name = 'read';
  const { [name]: call } = handles;
  t.mock.method(handles, name, async function (this: FileHandle, ...args: ReadArgs) {
    return Reflect.apply(call as (...given: unknown[]) => Promise<unknown>, this, change(args));
  });
}

test('reads that give less than was asked for lose nothing, also of a last line without an end', async (t) => {
  const { bad, rest, tail, lines } = await openCase(t, 'short');
  write(bad, '');
  await meddleReads(t, bad, ([buffer, offset, length, position]) => [buffer, offset, Math.ceil(length / 2), position]);
  assert.equal(await lines(), 2);
  assert.equal(await lines(), 0);
  rest(3_600_000);
  const taken = await tail.round();
  assert.deepEqual([taken?.lines, taken?.facts, taken?.rejected], [1, 1, {}]);
});

test('no file of the spool stays open where a log fails as it begins to be read', async (t) => {
  const { bad, lines, told } = await openCase(t, 'left');
  assert.equal(await lines(), 2);
  write(bad);
  await meddleReads(t, bad, (args) => {
    // the byte before the place
    if (args[2] === 1) throw Object.assign(new Error('i/o error'), { code: 'EIO' });
    return args;
  });
  assert.equal(await lines(), 0);
  assert.deepEqual(told(), [{ path: bad, reason: 'EIO' }]);
  const left = readdirSync('/proc/self/fd').filter((fd) => {
    const path = join('/proc/self/fd', fd);
    return existsSync(path) && readlinkSync(path).startsWith(store.spool);
  });
  assert.deepEqual(left, []);
});
