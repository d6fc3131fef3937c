import type { CourseRangeTruth, CourseTruth, LearnerTruth, Truth } from '../src/demo/truth.ts';
import type { Window } from '../src/demo/truth-values.ts';

type Ask = (path: string) => Promise<unknown>;

/** What was compared, and a sentence for each difference. */
interface Comparison {
  readonly differences: readonly string[];
  readonly learners: number;
  readonly timelines: number;
  readonly days: number;
}

/**
 * Where the API's answers differ from the truth. Timelines cost a request each: asked for are those of every `nth` learner
 * who did something, and of one in twenty of the others, which are empty.
 */
export async function findDifferences(ask: Ask, truth: Truth, nth = 1): Promise<Comparison> {
  const differences: string[] = [];
  let [learners, timelines, days] = [0, 0, 0];
  const ids = Object.keys(truth.courses).toSorted(byBytes);
  const courses = (await ask('courses/')) as Array<{
    course_id: string;
    name: string | null;
    learner_count: number;
  }>;
  const counts = courses.map(({ course_id, name, learner_count }) => ({ course_id, name, learner_count }));
  const expected = ids.map((id) => ({
    course_id: id,
    name: truth.courses[id]?.name,
    learner_count: truth.courses[id]?.learner_count,
  }));
  differences.push(...compare('courses', counts, expected));
  for (const courseId of ids) {
    const course = truth.courses[courseId]!;
    differences.push(...(await compareMetadata(ask, courseId, course, truth)));
    differences.push(...(await compareLearners(ask, courseId, course, truth)));
    const waiting = Object.entries(course.learners).filter(
      ([, { timeline }], index) => index % (timeline.length > 0 ? nth : 20 * nth) === 0,
    );
    differences.push(...(await compareTimelines(ask, courseId, waiting)));
    learners += course.learner_count;
    timelines += waiting.length;
    days += waiting.reduce((sum, [, { timeline }]) => sum + timeline.length, 0);
  }
  return { differences, learners, timelines, days };
}

async function compareMetadata(ask: Ask, courseId: string, course: CourseTruth, truth: Truth): Promise<string[]> {
  const {
    last_updated: _,
    data_until: until,
    ...metadata
  } = (await ask(`course_learner_metadata/${encodeURIComponent(courseId)}/`)) as {
    last_updated: string;
    data_until: string | null;
  };
  // of anybody, staff too, who are not in the truth
  const lastDay = Object.values(course.learners).reduce(
    (day, { last_active: own }) => ((own ?? '') > day ? (own ?? '') : day),
    '',
  );
  const isFresh = (until ?? '').slice(0, 10) >= lastDay && (until ?? '') < truth.window.end;
  const expected = {
    name: course.name,
    cohorts: course.cohorts,
    enrollment_modes: course.enrollment_modes,
    segments: course.segments,
    engagement_ranges: { date_range: truth.window, ...course.engagement_ranges },
    engagement_averages: { date_range: truth.window, ...course.engagement_averages },
    learner_count: course.learner_count,
  };
  const differences = [...compare(courseId, metadata, expected)];
  if (!isFresh)
    differences.push(`${courseId}: data_until is ${until}, the last day on which a learner did anything ${lastDay}`);
  return differences;
}

/** Every learner from the pages of the list, and some of them asked for one by one. */
async function compareLearners(ask: Ask, courseId: string, course: CourseTruth, truth: Truth): Promise<string[]> {
  const query = `course_id=${encodeURIComponent(courseId)}`;
  const rows = await listLearners(ask, query);
  const differences = [...compareNames(courseId, rows, course)];
  for (const [index, row] of rows.entries()) {
    const learner = course.learners[row.username];
    if (learner === undefined) continue;
    const described = describeLearner(row.username, learner, truth);
    differences.push(...compare(`${courseId} ${row.username}`, withoutDay(row), described));
    if (index % 500 !== 0) continue;
    const single = await ask(`learners/${encodeURIComponent(row.username)}/?${query}`);
    differences.push(...compare(`${courseId} ${row.username} alone`, withoutTidbits(single), row));
  }
  return differences;
}

interface ListedLearner {
  readonly username: string;
  readonly engagements: unknown;
}

async function listLearners(ask: Ask, query: string): Promise<ListedLearner[]> {
  const rows: ListedLearner[] = [];
  for (let page = 1, pages = 1; page <= pages; page += 1) {
    const answer = (await ask(`learners/?${query}&page_size=1000&page=${page}`)) as {
      count: number;
      num_pages: number;
      results: ListedLearner[];
    };
    pages = answer.num_pages;
    rows.push(...answer.results);
    if (page === pages && rows.length !== answer.count) throw new Error(`${rows.length} of ${answer.count} learners`);
  }
  return rows;
}

function compareNames(courseId: string, rows: readonly ListedLearner[], course: CourseRangeTruth): Generator<string> {
  const names = rows.map(({ username }) => username);
  return compare(`${courseId} usernames`, names, Object.keys(course.learners).toSorted(byBytes));
}

/** Where the API's numbers for another range of days differ from the truth. */
export async function findRangeDifferences(
  ask: Ask,
  courses: Readonly<Record<string, CourseRangeTruth>>,
  range: Window,
): Promise<string[]> {
  const differences: string[] = [];
  const dates = `start_date=${range.start}&end_date=${range.end}`;
  for (const [courseId, course] of Object.entries(courses)) {
    const id = encodeURIComponent(courseId);
    const { engagement_ranges, engagement_averages } = (await ask(`course_learner_metadata/${id}/?${dates}`)) as Record<
      string,
      unknown
    >;
    const expected = {
      engagement_ranges: { date_range: range, ...course.engagement_ranges },
      engagement_averages: { date_range: range, ...course.engagement_averages },
    };
    differences.push(...compare(`${courseId} ${dates}`, { engagement_ranges, engagement_averages }, expected));
    const rows = await listLearners(ask, `course_id=${id}&${dates}`);
    differences.push(...compareNames(`${courseId} ${dates}`, rows, course));
    for (const { username, engagements } of rows) {
      const own = { date_range: range, ...course.learners[username]?.engagements };
      differences.push(...compare(`${courseId} ${username} ${dates}`, engagements, own));
    }
  }
  return differences;
}

/** The day on which the numbers were published is that of the test. */
function withoutDay(row: object): unknown {
  const { last_updated: _, ...rest } = row as { last_updated: string };
  return rest;
}

/** Sentences made of the numbers are no part of the truth. */
function withoutTidbits(learner: unknown): unknown {
  const { tidbits: _, ...rest } = learner as { tidbits?: unknown };
  return rest;
}

function describeLearner(username: string, learner: LearnerTruth, truth: Truth) {
  const { timeline: _, engagements, ...rest } = learner;
  return { username, account_url: null, ...rest, engagements: { date_range: truth.window, ...engagements } };
}

async function compareTimelines(
  ask: Ask,
  courseId: string,
  learners: ReadonlyArray<[string, LearnerTruth]>,
): Promise<string[]> {
  const differences: string[] = [];
  const waiting = learners.values();
  async function work(): Promise<void> {
    for (const [username, { timeline }] of waiting) {
      const path = `engagement_timelines/${encodeURIComponent(username)}/?course_id=${encodeURIComponent(courseId)}`;
      differences.push(...compare(`${courseId} ${username} timeline`, await ask(path), { days: timeline }));
    }
  }
  await Promise.all(Array.from({ length: 4 }, work));
  return differences;
}

/** Sentences about every leaf that differs. Means are sums of floats in another order: the rest is exact. */
function* compare(where: string, actual: unknown, expected: unknown): Generator<string> {
  if (Object.is(actual, expected)) return;
  if (isObject(actual) && isObject(expected) && Array.isArray(actual) === Array.isArray(expected)) {
    for (const key of new Set([...Object.keys(expected), ...Object.keys(actual)])) {
      yield* compare(`${where}.${key}`, actual[key], expected[key]);
    }
    return;
  }
  const isMean = where.endsWith('.mean') && typeof actual === 'number' && typeof expected === 'number';
  if (isMean && Math.abs(actual - expected) <= 1e-9 * Math.abs(expected)) return;
  yield `${where}: the API says ${JSON.stringify(actual)}, the truth is ${JSON.stringify(expected)}`;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

/** The order of the engine's texts, which is not that of UTF-16. */
function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
