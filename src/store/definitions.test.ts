import assert from 'node:assert/strict';
import { readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { fillDisk, mountDisk } from '../../test/mount-disk.ts';
import { runCommand } from '../../test/run-cli.ts';
import { openStore } from './open-store.ts';

/** Of memory, by which such a disk has room. */
const PAGE = 4096;
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

  const definition = join(env.DATA_DIR, 'store/metadata/default/api_keys.sql');
  const emptied: boolean[] = [];
  // with no room to keep it, with room for that alone, and with room to change it
  for (const pages of [0, 1, 2, 3]) {
    const filler = fillDisk(disk, pages * PAGE);
    const { code, err } = await listKeys();
    assert.equal(code, 1, String(pages));
    assert.match(
      err,
      /^The disk of the data directory .* is full\. Free some space .* what was stored before is intact\.\n$/,
      String(pages),
    );
    emptied.push(statSync(definition).size === 0);
    rmSync(filler);
  }
  assert.ok(emptied.includes(true));
  assert.deepEqual(await listKeys(), before);
});
