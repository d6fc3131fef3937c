import type { Segment, Tidbit, TidbitCode } from '../../client/answers.ts';
import type { KnownLearner } from '../answers.ts';
import { SEGMENTS } from '../metrics.ts';

/** What a message can mention: a tidbit, or a group where no tidbit says more of the same. */
export type Occasion = Tidbit | Segment;

const SAID_BY: Readonly<Record<Segment, readonly TidbitCode[]>> = {
  struggling: ['stuck_on_problem'],
  disengaging: ['went_quiet'],
  inactive: ['went_quiet', 'new_and_inactive'],
  highly_engaged: [],
  unenrolled: [],
};

/** What there is to mention to a learner, first why they may need a message, praise for a group last; nothing to who has left. */
export function listOccasions({
  segments,
  tidbits = [],
}: Pick<KnownLearner, 'segments' | 'tidbits'>): readonly Occasion[] {
  // all that is said takes it for granted that one is in the course
  if (segments.includes('unenrolled')) return [];
  const groups = SEGMENTS.filter(
    (segment) => segments.includes(segment) && !tidbits.some(({ code }) => SAID_BY[segment].includes(code)),
  );
  return [
    ...groups.filter((segment) => segment !== 'highly_engaged'),
    ...tidbits,
    ...groups.filter((segment) => segment === 'highly_engaged'),
  ];
}

/** The name by which texts are found: the code of a tidbit, or the segment. */
export function nameOccasion(occasion: Occasion): string {
  return typeof occasion === 'string' ? occasion : occasion.code;
}
