import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import test, { before, describe } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { formatAttempts } from '../../test/log-lines.ts';
import { endCommand, startCommand, startServer } from '../../test/run-cli.ts';
import { makeTempFolder } from '../../test/temp-store.ts';

// What a command does that finds a server on its data directory.

const { folder } = makeTempFolder();
const DATA = ['--data', join(folder, 'data')];
let server: Awaited<ReturnType<typeof startServer>>;

/** Whether the server is taking in somebody's input. */
function isSpooling(): boolean {
  return readdirSync(join(folder, 'data', 'spool')).some((name) => name.startsWith('input-'));
}

async function waitForSpool({ empty }: { empty: boolean }): Promise<void> {
  while (isSpooling() === empty) await wait(20);
}

async function ingestInput(input: string | Buffer) {
  const child = startCommand(['ingest', '-', '--json', ...DATA]);
  child.stdin.end(input);
  const { code, out, err } = await endCommand(child);
  return { code, err, result: (out === '' ? {} : JSON.parse(out)) as Record<string, unknown> };
}

describe('standard input is handed to the server', { timeout: 120_000 }, () => {
  before(async () => {
    server = await startServer([...DATA]);
  });

  test('in constant memory, with its result', async () => {
    const lines = formatAttempts(2000);
    const { code, err, result } = await ingestInput(lines);
    assert.equal(code, 0, err);
    assert.deepEqual([result['files'], result['lines'], result['new_facts']], [1, 2000, 2000]);
    assert.equal((await ingestInput(lines)).result['new_facts'], 0);
  });

  test('packed, and what of it cannot be read is told as of a command of its own', async () => {
    const packed = gzipSync(formatAttempts(100, 5000));
    assert.equal((await ingestInput(packed)).result['new_facts'], 100);
    const cut = await ingestInput(packed.subarray(0, packed.length / 2));
    assert.equal(cut.code, 1);
    assert.match(JSON.stringify(cut.result['failed']), /Standard input is cut off or damaged \(gz\)/);
  });

  test('that ends before it was read to its end', async () => {
    const refused = await ingestInput(Buffer.concat([Buffer.from('BZh91AY&SY'), Buffer.alloc(50_000_000)]));
    assert.equal(refused.code, 1);
    assert.match(refused.err, /packed with bzip2/);
  });

  test('while it is still written; what had come is kept when the writer is killed', async () => {
    const lines = formatAttempts(8000, 10_000);
    const child = startCommand(['ingest', '-', ...DATA]);
    child.stdin.write(lines);
    await waitForSpool({ empty: false });
    child.kill('SIGKILL');
    await waitForSpool({ empty: true });
    const again = await ingestInput(lines);
    assert.equal(again.result['lines'], 8000);
    assert.ok(Number(again.result['new_facts']) < 4000);
  });

  test('a server that dies meanwhile is exit code 1, and says what to do', async () => {
    const child = startCommand(['ingest', '-', ...DATA]);
    await waitForSpool({ empty: true });
    child.stdin.write(formatAttempts(8000, 20_000));
    await waitForSpool({ empty: false });
    server.server.kill('SIGKILL');
    const { code, out, err } = await endCommand(child);
    assert.deepEqual([code, out], [1, '']);
    assert.match(err, /went away before it was done. Run the command again/);
  });

  test('that never ends keeps no server from stopping', async () => {
    server = await startServer([...DATA]);
    const child = startCommand(['ingest', '-', ...DATA]);
    child.stdin.write(formatAttempts(100, 30_000));
    await waitForSpool({ empty: false });
    server.server.kill('SIGTERM');
    const [{ code, err }, [ended]] = await Promise.all([endCommand(child), once(server.server, 'exit')]);
    assert.deepEqual([code, ended], [1, 0]);
    assert.match(err, /The server was told to stop before it was done. Run the command again/);
  });
});
