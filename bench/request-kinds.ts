import { DEFAULT_PAGE_SIZE } from '../src/api/params.ts';
import { createRandom } from '../src/demo/random.ts';
import {
  BEGINNINGS,
  COHORTS,
  FAMILIES,
  FULL_NAMES,
  MODES,
  NAMES,
  ORDERS,
  SEGMENTS,
  at,
  build,
  datesOf,
  list,
  searchFor,
} from './request-paths.ts';
import type { AskedCourse } from './asked-course.ts';

/** A kind of request of the API, and as many different ones of it as are asked for. */
export interface RequestKind {
  readonly name: string;
  readonly what: string;
  /** Which words it searches for, to tell goals apart. */
  readonly words?: string;
  /** Paths under `/api/v0/`, so many at most, no two the same; what they ask for may be, as `n=` says nothing. */
  readonly paths: (course: AskedCourse, count: number) => string[];
  /** At how many connections at once. */
  readonly connections: readonly number[];
  /** So many at most in one slice, for what takes long. */
  readonly most?: number;
  /** Each path is asked for once in a round, of a process that was just started, without a warm-up. */
  readonly once?: true;
  /** Whether PostgreSQL and SQLite are asked too; what they would have to compute from sixty million facts, they are not. */
  readonly rivals: boolean;
  readonly revalidate: boolean;
  /** What one should know of the requests to read their numbers. */
  readonly note?: string;
}

const COMPARED = { connections: [1, 8, 32], rivals: true, revalidate: true } as const;
/** What is new to whoever is asked. */
const NEW = { connections: [1], rivals: true, revalidate: false } as const;
/** What others would have to be made for. */
const ALONE = { connections: [1], rivals: false, revalidate: false } as const;

/** Names are few at a site that was made: whoever is faster the second time shows it. */
const repeats = (words: readonly string[]) =>
  `Of ${new Set(words).size} words. Where they are used up a number is added to them ("cwi 4"), as usernames end in one: such a search has a word that was searched for before, and from then on few learners. Words that were not searched for before are gone with the warm-up: they are asked in the question that says so.`;

const ONCE =
  'Each word once in a round, of a process that was just started, without a warm-up, and without numbers: beginnings of the words in names, usernames and e-mail addresses. What they were made of was asked of it before, without a search; the first of them find it cold.';

export const REQUEST_KINDS: readonly RequestKind[] = [
  {
    name: 'learner',
    what: 'a learner',
    paths: (course, count) =>
      build(
        count,
        (n) => `learners/${encodeURIComponent(at(course.usernames, n))}/?course_id=${encodeURIComponent(course.id)}`,
      ),
    ...COMPARED,
    note: 'Ours tells of each what to open a message with (tidbits) as well, made of all that the learner did, a quarter of what it takes; the others do not.',
  },
  {
    name: 'page-1',
    what: 'the roster, page 1',
    paths: (course, count) => build(count, (n) => list(course, { page_size: 20 + (n % 11) }, n)),
    ...COMPARED,
  },
  {
    name: 'page-40',
    what: 'sorted by any column, page 35 to 45',
    paths: (course, count) =>
      build(count, (n) =>
        list(course, { order_by: at(ORDERS, n), sort_order: n % 3 === 0 ? 'asc' : 'desc', page: 35 + (n % 11) }, n),
      ),
    ...COMPARED,
  },
  {
    name: 'any-page',
    what: 'sorted by any column, any page',
    paths: (course, count) => {
      const random = createRandom('any page');
      const pages = Math.ceil(course.learners / DEFAULT_PAGE_SIZE);
      return build(count, (n) =>
        list(
          course,
          {
            order_by: random.pick(ORDERS),
            sort_order: random.pick(['asc', 'desc']),
            page: 1 + random.int(pages),
          },
          n,
        ),
      );
    },
    ...COMPARED,
    note: 'Pages from the first to the last, each as likely, so that hardly one is asked for twice.',
  },
  {
    name: 'search',
    what: 'search for a given and a family name',
    words: 'searched for before',
    paths: (course, count) => build(count, (n) => list(course, { text_search: searchFor(FULL_NAMES, n) }, n)),
    ...COMPARED,
    note: repeats(NAMES.flat()),
  },
  {
    name: 'type-ahead',
    what: 'type-ahead: 3 to 5 letters, 8 results',
    words: 'searched for before',
    paths: (course, count) =>
      build(count, (n) => list(course, { text_search: searchFor(BEGINNINGS, n), page_size: 8 }, n)),
    ...COMPARED,
    note: repeats(BEGINNINGS),
  },
  {
    name: 'search-new',
    what: 'search for a given and a family name, words searched for the first time',
    paths: (course, count) =>
      build(Math.min(count, course.pairs.length), (n) => list(course, { text_search: at(course.pairs, n) }, n)),
    ...NEW,
    once: true,
    note: ONCE,
  },
  {
    name: 'type-ahead-new',
    what: 'type-ahead: 3 to 5 letters, 8 results, words searched for the first time',
    paths: (course, count) =>
      build(Math.min(count, course.words.length), (n) =>
        list(course, { text_search: at(course.words, n), page_size: 8 }, n),
      ),
    ...NEW,
    once: true,
    note: ONCE,
  },
  {
    name: 'username-new',
    what: 'search for what nobody searched for before: most of a username',
    // less of each where they are used up
    paths: (course, count) =>
      build(count, (n) =>
        list(course, { text_search: at(course.usernames, n).slice(1 + Math.floor(n / course.usernames.length)) }, n),
      ),
    ...NEW,
  },
  {
    name: 'combined',
    what: 'segment, search and sort at once',
    paths: (course, count) =>
      build(count, (n) =>
        list(
          course,
          {
            segments: at(SEGMENTS, n),
            text_search: searchFor(FAMILIES, n),
            order_by: at(ORDERS, n),
            sort_order: 'desc',
          },
          n,
        ),
      ),
    ...COMPARED,
  },
  {
    name: 'filtered',
    what: 'cohort, mode and bounds of two metrics at once, sorted',
    paths: (course, count) =>
      build(count, (n) =>
        list(
          course,
          {
            cohort: at(COHORTS, n),
            enrollment_mode: at(MODES, Math.floor(n / COHORTS.length)),
            videos_viewed_max: n % 5,
            problem_attempts_min: n % 7,
            order_by: at(ORDERS, n),
          },
          n,
        ),
      ),
    ...COMPARED,
    revalidate: false,
    // others take a second for each, at several connections
    most: 40,
  },
  {
    name: 'metadata',
    what: "a course's metadata",
    paths: (course, count) => build(count, (n) => `course_learner_metadata/${encodeURIComponent(course.id)}/?n=${n}`),
    ...COMPARED,
  },
  {
    name: 'timeline',
    what: "a learner's timeline",
    paths: (course, count) =>
      build(
        count,
        (n) =>
          `engagement_timelines/${encodeURIComponent(at(course.usernames, n))}/?course_id=${encodeURIComponent(course.id)}`,
      ),
    ...COMPARED,
  },
  {
    name: 'range-first',
    what: 'the roster over another date range, asked for the first time',
    paths: (course, count) =>
      build(count, (n) => list(course, { ...datesOf(n), order_by: 'problem_attempts', sort_order: 'desc' }, n)),
    ...ALONE,
    most: 4,
  },
  {
    name: 'range-again',
    what: 'the same range again, other pages and orders',
    paths: (course, count) =>
      build(count, (n) => list(course, { ...datesOf(7), order_by: at(ORDERS, n), page: 1 + (n % 20) }, n)),
    connections: [1, 8],
    rivals: false,
    revalidate: false,
  },
  {
    name: 'metadata-range',
    what: "a course's metadata over another date range, asked for the first time",
    paths: (course, count) =>
      build(count, (n) => {
        const { start_date, end_date } = datesOf(n);
        return `course_learner_metadata/${encodeURIComponent(course.id)}/?start_date=${start_date}&end_date=${end_date}&n=${n}`;
      }),
    ...ALONE,
    most: 4,
  },
  {
    name: 'csv',
    what: 'the whole roster as CSV',
    paths: (course, count) => build(count, (n) => `learners.csv?course_id=${encodeURIComponent(course.id)}&n=${n}`),
    ...ALONE,
    most: 1,
  },
];

/** The list of courses; of a site that has many. */
export const COURSES: RequestKind = {
  name: 'courses',
  what: 'the list of courses',
  paths: (_, count) => build(count, (n) => `courses/?n=${n}`),
  ...ALONE,
};
