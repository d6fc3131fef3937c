import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { formatAttempt } from '../../test/log-lines.ts';
import { makeTempFolder, openTempStore } from '../../test/temp-store.ts';
import { FollowedFile } from './followed-file.ts';
import { LogPlaces } from './log-places.ts';
import { listWatched } from './watched-files.ts';

test('a log that is a named pipe by the time it is opened holds nobody up', async () => {
  const { folder, write } = makeTempFolder();
  const log = write('tracking.log', `${formatAttempt({})}\n`);
  const places = await LogPlaces.load(await openTempStore());
  const [seen] = (await listWatched([log])).files;
  assert.ok(seen !== undefined);
  rmSync(log);
  assert.equal(spawnSync('mkfifo', [log]).status, 0);
  const file = new FollowedFile(seen, () => 0);
  const taking = file.take(places, join(folder, 'chunk'), 1000);
  const isHeldUp = await Promise.race([taking.then(() => false), wait(30_000, true, { ref: false })]);
  // whoever waits in it goes on
  if (isHeldUp) writeFileSync(log, '');
  assert.deepEqual([isHeldUp, await taking], [false, undefined]);
});
