import type { People } from './people.ts';

/** Profiles with at most so many bytes between them are read at once: a read by itself takes as long as to read some more. */
const NEAR_BYTES = 8192;
/** So many bytes of profiles are read at once at most, where there is more than one. */
const MOST_BYTES = 262_144;

/** Persons `[first, end)`, and whether all who are wanted are among them. */
interface NearPersons {
  readonly first: number;
  readonly end: number;
  readonly isAll: boolean;
}

/**
 * Whom to read together with the person at `index` of `numbers`: those who come next there, in whatever order, as long as their
 * profiles are close to each other. Namesakes often have usernames that begin alike, so what a search finds comes in a few reads.
 */
export function findNear(people: People, numbers: Uint32Array, index: number): NearPersons {
  let first = numbers[index]!;
  let end = first + 1;
  let next = index + 1;
  for (; next < numbers.length; next += 1) {
    const number = numbers[next]!;
    const least = Math.min(first, number);
    const most = Math.max(end, number + 1);
    const gap = Math.max(people.bytesOf(end, number), people.bytesOf(number + 1, first));
    if (gap > NEAR_BYTES || people.bytesOf(least, most) > MOST_BYTES) break;
    first = least;
    end = most;
  }
  return { first, end, isAll: index === 0 && next === numbers.length };
}
