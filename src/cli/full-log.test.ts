import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { findPort } from '../../test/find-port.ts';
import { CLI_ENV, awaitOk } from '../../test/run-cli.ts';
import { makeTempFolder } from '../../test/temp-store.ts';

const FULL = '/dev/full';

function refuse(): Response {
  return new Response('', { status: 503 });
}

test(
  'a server whose log goes to a full disk answers, and stops when told to',
  { skip: !existsSync(FULL) && `there is no ${FULL}`, timeout: 60_000 },
  async (t) => {
    const { folder } = makeTempFolder();
    const port = await findPort();
    const args = [join(import.meta.dirname, 'main.ts'), 'serve', '--port', String(port), '--data', folder];
    const full = openSync(FULL, 'w');
    const server = spawn(process.execPath, args, { env: CLI_ENV, stdio: ['ignore', 'ignore', full] });
    closeSync(full);
    t.after(() => server.kill('SIGKILL'));
    const exit = once(server, 'exit');
    const ask = async () => fetch(`http://127.0.0.1:${port}/api/v0/status/`).catch(refuse);
    await Promise.race([exit, awaitOk(ask)]);
    for (let request = 0; request < 20; request += 1) assert.equal((await ask()).status, 200);
    server.kill('SIGTERM');
    assert.deepEqual(await exit, [0, null]);
  },
);
