/** One course of a bench site. */
export interface PlannedCourse {
  readonly id: string;
  readonly learners: number;
  /** Facts per learner who does anything: the scale of a Lomax distribution, whose mean is 2.3 times it. */
  readonly activity: number;
  /** Number of the first of its learners among the users of the site; the next ones follow, around the end. */
  readonly firstUser: number;
}

export interface SitePlan {
  readonly rows: number;
  readonly users: number;
  /** The largest first. */
  readonly courses: readonly PlannedCourse[];
}

/** The largest course that a site has, and what its learners do: some sixty facts each, those who do nothing among them. */
const LARGEST = 1_000_000;
const LARGEST_ACTIVITY = 50;
/** In the courses of the tail they do far less: four things each. */
const TAIL_ACTIVITY = 3;
const LEAST_LEARNERS = 200;

/** The same in every site, so that what a site's size does to a course can be told from what the course's own does. */
export const MIDDLE_COURSE = 'course-v1:Bench+Middle+2026';
export const LARGEST_COURSE = 'course-v1:Bench+Largest+2026';
const MIDDLE_LEARNERS = 5000;

/**
 * The courses of a site of `rows` learners in courses: one that holds half of them, at most a million; one of five thousand, as in
 * every site; and a tail whose sizes fall as 1/rank^0.8. Somebody is in 2.5 courses on average where the tail is long.
 */
export function planSite(rows: number): SitePlan {
  const largest = rows >= LARGEST ? LARGEST : Math.max(1000, Math.round(rows * 0.45));
  const rest = Math.max(0, rows - largest - MIDDLE_LEARNERS);
  const users = Math.max(largest, MIDDLE_LEARNERS, Math.round(rows / 2.5));
  const sizes: number[] = [];
  for (let left = rest, rank = 1; left > 0; rank += 1) {
    const size = Math.min(left, Math.max(LEAST_LEARNERS, Math.round(rest / 15 / rank ** 0.8)));
    sizes.push(size);
    left -= size;
  }
  const courses = [
    { id: LARGEST_COURSE, learners: largest, activity: LARGEST_ACTIVITY, firstUser: 0 },
    { id: MIDDLE_COURSE, learners: MIDDLE_LEARNERS, activity: LARGEST_ACTIVITY, firstUser: 0 },
    ...sizes.map((learners, index) => ({
      id: `course-v1:Bench+T${String(index + 1).padStart(4, '0')}+2026`,
      learners,
      activity: TAIL_ACTIVITY,
      // far apart, and the same each time
      firstUser: Math.floor(((index * 0.618_033_988_75) % 1) * users),
    })),
  ];
  return { rows: courses.reduce((sum, course) => sum + course.learners, 0), users, courses };
}
