import { UNLISTED_AT_MOST } from '../engagement/unlisted-courses.ts';
import { tellCount } from './tell-count.ts';

/** Says that so many courses are not published, as enough are of which only events are known. */
export function tellWithheld(courses: number): string {
  return `${tellCount(courses, 'course is', 'courses are')} not published: only events tell of ${courses === 1 ? 'it' : 'them'}, and ${UNLISTED_AT_MOST} of that kind are already.`;
}

/** What to do about it. */
export const BRING_ROSTER =
  'A browser can tell of any course. If they exist, bring their roster or their names: learner-analytics lms.';
