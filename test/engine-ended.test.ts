import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import test from 'node:test';
import { formatAttempt } from './log-lines.ts';
import { COMPILER, skipWithoutClickhouse } from './open-clickhouse.ts';
import { runCommand, startServer } from './run-cli.ts';
import { makeTempFolder } from './temp-store.ts';

// A fault after which the embedded engine answers nothing any more, in a process that lives on.

test(
  'a server whose engine ends itself says so and ends, to be started again',
  { ...skipWithoutClickhouse, timeout: 60_000 },
  async () => {
    const { folder, write } = makeTempFolder();
    const library = join(folder, 'fail-close.so');
    execFileSync(COMPILER, [
      '-shared',
      '-fPIC',
      '-O1',
      '-o',
      library,
      join(import.meta.dirname, 'fail-close.c'),
      '-ldl',
    ]);
    const dataDir = join(folder, 'data');
    const log = write('tracking.log', '');
    const env = { LD_PRELOAD: library, FAIL_CLOSE: join(folder, 'fail') };
    const { server, logged } = await startServer(['--data', dataDir, '--watch', log], env);
    const exit = once(server, 'exit');
    write('fail', '');
    write('tracking.log', `${formatAttempt()}\n`);
    assert.deepEqual(await exit, [null, 'SIGKILL'], logged.join('\n'));
    assert.match(logged.join('\n'), /^The engine of the data directory \S+ has ended itself/m);
    const { code, out, err } = await runCommand(['ingest', log, '--data', dataDir]);
    assert.equal(code, 0, err);
    assert.match(out, /1 fact/);
  },
);
