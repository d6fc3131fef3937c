import test from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { untilLate, whileInTime } from './give-up.ts';

test('what fails after there was no time left for it is not told, nor does it end the process', async () => {
  const fail = async () => {
    await wait(10);
    throw new Error('too late');
  };
  await untilLate(AbortSignal.abort(), async () => whileInTime(fail()));
  await wait(30);
});
