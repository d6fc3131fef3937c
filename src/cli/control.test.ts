import assert from 'node:assert/strict';
import { getEventListeners, once } from 'node:events';
import { createServer, request } from 'node:http';
import { join } from 'node:path';
import test from 'node:test';
import { makeTempFolder } from '../../test/temp-store.ts';
import { AppError } from '../errors.ts';
import { openLog } from '../log.ts';
import { type Runner, forwardToServer, listenForCommands } from './control.ts';

// How a command and the server that runs it speak.

const { folder } = makeTempFolder();
const LINE = { argv: ['ingest'], cwd: '/', lmsMysqlUrl: null };
const OUTCOME = { json: { lines: 1 }, text: 'One line.' };

const listen = async (run: Runner) => listenForCommands(folder, run, openLog('silent'));
const forward = async (
  progress: (done: number, total: number) => void = () => {},
  write: (text: string) => Promise<void> = async () => assert.fail('nothing is to be written'),
) => forwardToServer(folder, LINE, { input: null, progress, write });

/** Work that goes on until it is told to end. */
function createEndless(): { run: Runner; begun: Promise<void>; ended: Promise<void> } {
  const begun = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<void>();
  const run: Runner = async ({ signal }) => {
    begun.resolve();
    await once(signal, 'abort');
    ended.resolve();
    throw new Error('a statement was ended');
  };
  return { run, begun: begun.promise, ended: ended.promise };
}

test('whoever calls is told how far it is, then the outcome, however long', async () => {
  const long = { ...OUTCOME, text: 'x\n'.repeat(500_000) };
  const listener = await listen(async ({ progress }) => {
    for (const done of [1, 2, 3]) progress(done, 3);
    return long;
  });
  const told: number[][] = [];
  assert.deepEqual(await forward((done, total) => told.push([done, total])), long);
  assert.deepEqual(told, [
    [1, 3],
    [2, 3],
    [3, 3],
  ]);
  await listener.close();
});

test('work of which the caller is gone is ended', async () => {
  const { run, begun, ended } = createEndless();
  const listener = await listen(run);
  const header = Buffer.from(JSON.stringify(LINE)).toString('base64url');
  const caller = request({
    socketPath: join(folder, 'control.sock'),
    method: 'POST',
    headers: { 'x-errand': header },
  });
  caller.on('error', () => {}).end();
  await begun;
  caller.destroy();
  await ended;
  await listener.close();
});

test('a server that stops has the work ended, and says so', async () => {
  const { run, begun } = createEndless();
  const listener = await listen(run);
  const asked = assert.rejects(
    forward(),
    (error) =>
      error instanceof AppError &&
      error.code === 'store_unavailable' &&
      error.message.startsWith('The server was told to stop before it was done. Run the command again'),
  );
  await begun;
  await Promise.all([asked, listener.close()]);
  assert.equal(await forward(), null);
});

test('of a command that was answered nothing is kept, though it did not look at its input', async () => {
  const signals: AbortSignal[] = [];
  const listener = await listen(async ({ signal }) => {
    signals.push(signal);
    return OUTCOME;
  });
  await forward();
  // the next is answered after the first is closed
  await forward();
  const kept = getEventListeners(signals[0]!, 'abort').length;
  await listener.close();
  assert.equal(kept, 0);
});

test('what the command writes comes in its order, before the outcome', async () => {
  const listener = await listen(async ({ write }) => {
    for (const text of ['a\n', 'b', '😀']) await write(text);
    return { json: {}, text: '', isWritten: true };
  });
  const written: string[] = [];
  const write = async (text: string) => void written.push(text);
  assert.equal((await forward(undefined, write))?.isWritten, true);
  assert.deepEqual(written, ['a\n', 'b', '😀']);
  await listener.close();
});

test('what nobody reads waits where it is made, and keeps no server from stopping', { timeout: 60_000 }, async () => {
  let [parts, told] = [0, ''];
  const listener = await listen(async ({ write }) => {
    for (; parts < 200; parts += 1) await write('x'.repeat(1_000_000));
    return OUTCOME;
  });
  const asked = forward(undefined, async () => listener.close()).catch((error: unknown) => {
    told = error instanceof AppError ? error.code : String(error);
  });
  await asked;
  assert.equal(told, 'store_unavailable');
  assert.ok(parts < 100, `${parts} parts were made`);
});

test('an answer that cannot be made is told as a failure, and the server goes on', async () => {
  const endless: { self?: object } = {};
  endless.self = endless;
  let json: object = endless;
  const listener = await listen(async () => ({ ...OUTCOME, json }));
  await assert.rejects(forward(), { code: 'internal_error' });
  json = OUTCOME.json;
  assert.deepEqual(await forward(), OUTCOME);
  await listener.close();
});

test('a server of a version that speaks otherwise is told as that', async (context) => {
  // as earlier ones answered what they could make nothing of: without a line's end
  const earlier = createServer((_, response) => response.end('{"code":"internal_error","message":"…"}'));
  earlier.listen(join(folder, 'control.sock'));
  await once(earlier, 'listening');
  context.after(() => earlier.close());
  await assert.rejects(
    forward(),
    (error) =>
      error instanceof AppError &&
      error.code === 'store_unavailable' &&
      error.message.includes('is of another one. Stop it'),
  );
});
