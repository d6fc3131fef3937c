import test from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { untilLate, whileInTime } from './give-up.ts';

async function failSoon(): Promise<never> {
  await wait(10);
  throw new Error('too late');
}

test('what fails after there was no time left for it is not told, nor does it end the process', async () => {
  await untilLate(AbortSignal.abort(), async () => whileInTime(failSoon()));
  await wait(30);
});
