import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import test, { after } from 'node:test';
import { CLI_ENV } from '../../test/run-cli.ts';
import { fillDisk, mountDisk } from '../../test/mount-disk.ts';
import { makeTempFolder } from '../../test/temp-store.ts';
import { openStore } from './open-store.ts';

const { folder, write } = makeTempFolder();

test('a file that the disk has no room for is not taken for saved, and nothing of it stays', async (context) => {
  const disk = mountDisk(context, 8);
  if (disk === null) return;
  const store = await openStore({ dataDir: join(folder, 'data') });
  after(async () => store.close());
  const path = join(disk, 'numbers');
  const save = async (format: 'RowBinary' | 'JSONCompactEachRow' | 'Native', rows: number) =>
    store.save({ path, format }, 'SELECT number FROM numbers({rows:UInt64})', { rows });
  for (const left of [4_000_000, 0]) {
    const filler = fillDisk(disk, left);
    for (const format of ['RowBinary', 'JSONCompactEachRow', 'Native'] as const) {
      await assert.rejects(save(format, 2_000_000), {
        code: 'store_unavailable',
        message: /^The disk of .* is full\./,
      });
      assert.ok(!existsSync(path), format);
    }
    rmSync(filler);
  }
  await save('RowBinary', 1000);
  assert.equal(statSync(path).size, 8000);
  // what failed for one store is not held against the next of the process
  await store.close();
  const next = await openStore({ dataDir: join(folder, 'next') });
  await next.run('CREATE TABLE kept (line String) ENGINE = MergeTree ORDER BY ()');
  await next.run("INSERT INTO kept SELECT 'a'");
  await next.close();
});

/** What becomes of statements in a process with a limit of the system; the lines that it prints. */
function runLimited(name: string, limit: string, statements: string): string[] {
  const program = `
    import { closeSync, globSync, openSync, rmSync } from 'node:fs';
    import { openStore } from ${JSON.stringify(join(import.meta.dirname, 'open-store.ts'))};
    const store = await openStore({ dataDir: ${JSON.stringify(join(folder, name))} });
    const tell = async (work) => console.log(await work.then(() => 'done', (error) => error.code + ': ' + error.message));
    const insert = (paths) => store.insertFiles(
      (source) => 'INSERT INTO kept SELECT line FROM ' + source,
      { paths, format: 'LineAsString', structure: 'line String', compression: 'none' });
    await store.run('CREATE TABLE kept (line String) ENGINE = MergeTree ORDER BY ()');
    ${statements}
    process.exit(0);`;
  const command = `trap '' XFSZ; ${limit}; exec "$@"`;
  const args = ['-c', command, 'sh', process.execPath, '--no-maglev', '--input-type=module', '-e', program];
  const { stdout, stderr } = spawnSync('sh', args, { encoding: 'utf8', env: CLI_ENV });
  assert.notEqual(stdout, '', stderr);
  return stdout.trim().split('\n');
}

test('rows whose file could not be written are not taken for stored', () => {
  const told = runLimited(
    'part',
    'ulimit -f 200',
    `await tell(store.run("INSERT INTO kept SELECT randomPrintableASCII(100) FROM numbers(9000)"));
     await tell(store.run("INSERT INTO kept SELECT randomPrintableASCII(100) FROM numbers(9)"));`,
  );
  assert.match(told[0] ?? '', /^store_unavailable: The data directory .* cannot be written \(EIO\)\.$/);
  assert.equal(told[1], 'done');
});

test('files that no handle is left for are not taken for none', () => {
  const [one, two] = [write('one.log', 'a\n'), write('two.log', 'b\n')];
  const told = runLimited(
    'handles',
    'ulimit -n 300',
    `await tell(insert(${JSON.stringify([one, two])}));
     const held = [];
     try { for (;;) held.push(openSync('/dev/null')); } catch {}
     await tell(insert(${JSON.stringify([one, two])}));
     held.forEach((file) => closeSync(file));
     await tell(insert(${JSON.stringify([one, two])}));`,
  );
  assert.deepEqual([told[0], told[2]], ['done', 'done']);
  assert.match(
    told[1] ?? '',
    /^store_unavailable: The process of the data directory .* has as many files open as it may\./,
  );
});

test('a file that cannot be read is not taken for an empty one', { skip: process.platform !== 'linux' }, () => {
  // there is nothing at the beginning of the memory of a process
  const told = runLimited(
    'reads',
    'true',
    `await tell(insert(['/proc/self/mem', ${JSON.stringify(write('c.log', 'c\n'))}]));`,
  );
  assert.match(told[0] ?? '', /^source_unreadable: /);
});

test('a store whose own files are gone is unavailable, which no file is to blame for', () => {
  const told = runLimited(
    'gone',
    'true',
    `await store.run("INSERT INTO kept SELECT 'a'");
     for (const name of globSync(${JSON.stringify(join(folder, 'gone/store/store/*/*/all_*/*.bin'))})) rmSync(name);
     await tell(store.query('SELECT max(line) AS last FROM kept'));`,
  );
  assert.match(told[0] ?? '', /^store_unavailable: The data directory .* has files that cannot be read now/);
});
