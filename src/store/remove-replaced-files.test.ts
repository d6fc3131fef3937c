import assert from 'node:assert/strict';
import test from 'node:test';
import { openTempStore } from '../../test/temp-store.ts';
import { removeReplacedFiles } from './remove-replaced-files.ts';

const store = await openTempStore();

const embeddedAlone = { skip: !store.embedded && "a server of one's own tidies by itself" };

test('files that were replaced are gone, however soon after the last ones', embeddedAlone, async () => {
  await store.insert('lms_users', [{ username: 'maria', name: 'Maria Muster' }]);
  for (const name of ['one', 'two', 'three']) {
    await store.run(`ALTER TABLE lms_users UPDATE name = {name:String} WHERE true SETTINGS mutations_sync = 2`, {
      name,
    });
    await removeReplacedFiles(store, ['lms_users']);
    const left = await store.read("SELECT name FROM system.parts WHERE table = 'lms_users' AND NOT active");
    assert.deepEqual(left, [], name);
  }
});
