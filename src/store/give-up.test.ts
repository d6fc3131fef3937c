import assert from 'node:assert/strict';
import test from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { untilLate, whileInTime } from './give-up.ts';

test('what fails after there was no time left for it is not told, nor does it end the process', async (t) => {
  const unhandled: unknown[] = [];
  const note = (error: unknown) => unhandled.push(error);
  process.on('unhandledRejection', note);
  t.after(() => process.off('unhandledRejection', note));
  const { promise, reject } = Promise.withResolvers<never>();
  await untilLate(AbortSignal.abort(), async () => whileInTime(promise));
  reject(new Error('too late'));
  await nextTurn();
  assert.deepEqual(unhandled, []);
});
