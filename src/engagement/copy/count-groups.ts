import { perName } from '../../per-name.ts';
import { SEGMENTS, SEGMENT_BITS, type Segment } from '../segments.ts';

/** How many learners there are with each value; those without one are not counted. */
export interface GroupCounts {
  readonly cohorts: Readonly<Record<string, number>>;
  readonly modes: Readonly<Record<string, number>>;
  readonly segments: Readonly<Record<Segment, number>>;
}

/** Counts learners by cohort, mode and segment; names are in the order of their numbers, which begin at 1. */
export class GroupCounter {
  readonly #cohorts: readonly string[];
  readonly #modes: readonly string[];
  readonly #byCohort: Uint32Array;
  readonly #byMode: Uint32Array;
  readonly #bySegments = new Uint32Array(1 << SEGMENTS.length);

  constructor({ cohorts, modes }: { readonly cohorts: readonly string[]; readonly modes: readonly string[] }) {
    this.#cohorts = cohorts;
    this.#modes = modes;
    this.#byCohort = new Uint32Array(cohorts.length + 1);
    this.#byMode = new Uint32Array(modes.length + 1);
  }

  /** @throws RangeError for a number that has no name */
  add(cohort: number, mode: number, segments: number): void {
    if (cohort >= this.#byCohort.length || mode >= this.#byMode.length)
      throw new RangeError(`there is no cohort ${cohort}, or no mode ${mode}`);
    this.#byCohort[cohort]! += 1;
    this.#byMode[mode]! += 1;
    this.#bySegments[segments]! += 1;
  }

  count(): GroupCounts {
    const countSegment = (segment: Segment) =>
      this.#bySegments.reduce((sum, learners, bits) => (bits & SEGMENT_BITS[segment] ? sum + learners : sum), 0);
    return {
      cohorts: nameCounts(this.#cohorts, this.#byCohort),
      modes: nameCounts(this.#modes, this.#byMode),
      segments: perName(SEGMENTS, countSegment),
    };
  }
}

function nameCounts(names: readonly string[], counts: Uint32Array): Record<string, number> {
  return perName(names, (_, place) => counts[place + 1] ?? 0);
}
