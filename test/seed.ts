import { type Random, createRandom } from '../src/demo/random.ts';

/** What tests draw by chance begins with it: given again as TEST_SEED, the same is drawn. It stands in the names of those tests. */
export const SEED = Number(process.env['TEST_SEED'] ?? Math.floor(Math.random() * 1e9));

export function openRandom(): Random {
  return createRandom(SEED);
}
