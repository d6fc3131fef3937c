import assert from 'node:assert/strict';
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { fillDisk, mountDisk } from '../../test/mount-disk.ts';
import { runCommand } from '../../test/run-cli.ts';
import { openStore } from './open-store.ts';

const FILES = readdirSync(join(import.meta.dirname, 'migrations')).toSorted();

test('an update on a full disk is told as that, and goes on when there is room, with all that was there', async (context) => {
  const disk = mountDisk(context, 64);
  if (disk === null) return;
  const env = { DATA_DIR: join(disk, 'data') };
  const listKeys = async () => runCommand(['keys', 'list'], env);
  await runCommand(['keys', 'create', 'kept'], env);
  const before = await listKeys();

  const store = await openStore({ dataDir: env.DATA_DIR });
  // as an earlier version left it: what changes the definition of the keys is not done
  await store.run('ALTER TABLE api_keys DROP COLUMN expires_at');
  await store.run('TRUNCATE TABLE schema_migrations');
  await store.insert(
    'schema_migrations',
    FILES.filter((name) => name < '0006').map((name) => ({ name })),
  );
  await store.close();

  const filler = fillDisk(disk, 0);
  for (const time of ['first', 'second']) {
    const { code, err } = await listKeys();
    assert.equal(code, 1, time);
    assert.match(
      err,
      /^The disk of the data directory .* is full\. Free some space .* what was stored before is intact\.\n$/,
      time,
    );
  }
  rmSync(filler);
  assert.deepEqual(await listKeys(), before);
});
