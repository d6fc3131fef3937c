import { randomBytes, randomInt } from 'node:crypto';
import type { Store } from '../store/store.ts';

/** The greatest number that this process took in each store, or found there first: the clock may have been ahead. */
const latestNumbers = new WeakMap<Store, number>();

/** Two that step back at once would meet again if they went equally far: up to so many times the numbers that they want. */
const FARTHEST = 8;

/**
 * Numbers for so many snapshots, one after the other, that no other snapshot of the store has: `learners` and the folders of copies are told apart by
 * them alone. Gives the first, which is `from`, in microseconds since 1970, or as little later as possible. Where other processes
 * work on the store they are claimed there before anything is written under them: each writes its claim before it reads
 * those of others, so of two that want the same at least one sees the other, and goes on to later ones.
 */
export async function takeNumbers(store: Store, from: number, count: number): Promise<number> {
  if (!latestNumbers.has(store)) await findLatest(store);
  let first = reserve(store, from, count);
  if (store.embedded) return first;
  for (;;) {
    const taken = await claim(store, first, count);
    if (taken === null) return first;
    first = reserve(store, taken + 1 + randomInt(FARTHEST * count), count);
  }
}

async function findLatest(store: Store): Promise<void> {
  const [found] = await store.read<{ latest: number }>('SELECT max(snapshot) AS latest FROM snapshots');
  // others may have taken some meanwhile
  latestNumbers.set(store, Math.max(latestNumbers.get(store) ?? 0, found?.latest ?? 0));
}

/** Numbers that this process gives to nothing else. */
function reserve(store: Store, from: number, count: number): number {
  const first = Math.max(from, (latestNumbers.get(store) ?? 0) + 1);
  latestNumbers.set(store, first + count - 1);
  return first;
}

/** Claims numbers; gives the greatest of them that another process has claimed or published, null where there is none. */
async function claim(store: Store, first: number, count: number): Promise<number | null> {
  const params = { first, end: first + count, claimant: randomBytes(8).toString('hex') };
  await store.run(
    `INSERT INTO snapshot_claims (snapshot, claimant, claimed_at)
     SELECT arrayJoin(range({first:UInt64}, {end:UInt64})), {claimant:String}, now()`,
    params,
  );
  const [others] = await store.read<{ taken: number | null }>(
    `SELECT maxOrNull(snapshot) AS taken
     FROM (
       SELECT snapshot FROM snapshot_claims WHERE claimant != {claimant:String}
       UNION ALL
       SELECT snapshot FROM snapshots)
     WHERE snapshot >= {first:UInt64} AND snapshot < {end:UInt64}`,
    params,
  );
  if (others === undefined) throw new Error('the engine told of no claims');
  return others.taken;
}
