import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { setImmediate as later } from 'node:timers/promises';
import { buildWeb } from '../scripts/build-web.ts';
import { makeTempFolder } from './temp-store.ts';

test('the web app is there, and whole, while it is built anew, also by several at once', async () => {
  const { folder } = makeTempFolder();
  const web = join(folder, 'web');
  await buildWeb(web);
  const before = statSync(web).ino;
  let looks = 0;
  const again = Promise.all([buildWeb(web), buildWeb(web)]).then(() => false);
  while (await Promise.race([again, later(true)])) {
    const page = readFileSync(join(web, 'index.html'), 'utf8');
    for (const [, asset] of page.matchAll(/"\.\/(assets\/[\w.-]+)"/g)) statSync(join(web, asset!));
    looks += 1;
  }
  assert.ok(looks > 3, `looked ${looks} times`);
  assert.notEqual(statSync(web).ino, before);
  assert.deepEqual(readdirSync(folder), ['web'], 'nothing is left beside it');
});
