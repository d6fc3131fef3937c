import assert from 'node:assert/strict';
import test from 'node:test';
import { COURSE, ODD_USERNAME, openSampleApi } from '../../test/sample-api.ts';
import { DEMO_COURSE, OLD_COURSE } from '../../test/sample-site.ts';
import { METRICS } from '../engagement/metrics.ts';

const { narrowApp, get } = await openSampleApi();

test('a learner has every field of the contract, in its order', async () => {
  const learner = (await (await get(`/learners/maria/?${COURSE}`)).json()) as Record<string, unknown>;
  assert.deepEqual(Object.keys(learner).slice(0, 6), [
    'last_updated',
    'username',
    'user_id',
    'name',
    'email',
    'account_url',
  ]);
  const { last_updated: _, engagements, segments, segment_reasons: reasons, tidbits, ...rest } = learner;
  assert.deepEqual(rest, {
    username: 'maria',
    user_id: 7,
    name: 'María Núñez',
    email: 'maria@example.com',
    account_url: 'https://lms.example/api/user/v1/accounts/maria',
    enrollment_mode: 'honor',
    enrollment_date: '2026-09-01T08:00:00.123456Z',
    cohort: 'Cohort A',
    last_active: '2026-10-22',
    language: 'es',
    location: null,
    year_of_birth: 1990,
    level_of_education: null,
    gender: null,
    mailing_address: null,
    city: null,
    country: null,
    goals: null,
    bio: null,
  });
  assert.deepEqual(Object.keys(reasons as object), segments);
  assert.ok(Array.isArray(tidbits));
  const { levels, ...numbers } = engagements as { levels: Record<string, string | null> };
  assert.deepEqual(numbers, {
    date_range: { start: '2026-10-19', end: '2026-10-26' },
    problem_attempts: 6,
    problems_attempted: 2,
    problems_completed: 1,
    videos_viewed: 1,
    discussion_contributions: 1,
    days_active: 2,
    problem_attempts_per_completed: 6,
  });
  assert.deepEqual(Object.keys(levels).toSorted(), METRICS.toSorted());
  assert.ok(Object.values(levels).every((level) => level === 'average'));
});

test('an account address escapes the username', async () => {
  const learner = (await (await get(`/learners/${ODD_USERNAME}/?${COURSE}`)).json()) as { account_url: string };
  assert.equal(learner.account_url, `https://lms.example/api/user/v1/accounts/${ODD_USERNAME}`);
});

test('a timeline is filled from the first to the last active day', async () => {
  const { days } = (await (await get(`/engagement_timelines/maria/?${COURSE}`)).json()) as { days: unknown[] };
  assert.equal(days.length, 3);
  assert.deepEqual(days[0], {
    date: '2026-10-20',
    discussion_contributions: 0,
    problems_attempted: 2,
    problems_completed: 1,
    problem_attempts: 5,
    problem_attempts_per_completed: 5,
    videos_viewed: 1,
  });
  assert.deepEqual(await (await get(`/engagement_timelines/idle/?${COURSE}`)).json(), { days: [] });
});

test('a timeline with dates has exactly those days', async () => {
  const response = await get(`/engagement_timelines/maria/?${COURSE}&start_date=2026-10-22&end_date=2026-10-24`);
  const { days } = (await response.json()) as { days: Array<Record<string, unknown>> };
  assert.deepEqual(
    days.map((day) => [day['date'], day['discussion_contributions'], day['problem_attempts_per_completed']]),
    [
      ['2026-10-22', 1, 1],
      ['2026-10-23', 0, null],
    ],
  );
});

test('the metadata counts and ranges', async () => {
  const course = (await (await get(`/course_learner_metadata/${DEMO_COURSE}/`)).json()) as {
    readonly [part: string]: Record<string, unknown>;
  };
  assert.deepEqual(Object.keys(course), [
    'name',
    'cohorts',
    'enrollment_modes',
    'segments',
    'engagement_ranges',
    'engagement_averages',
    'learner_count',
    'last_updated',
    'data_until',
  ]);
  assert.equal(course['data_until'], '2026-10-22T12:00:00.000000Z');
  assert.deepEqual(course['cohorts'], { 'Cohort A': 1, 'B & C, "d"': 1 });
  assert.deepEqual(course['enrollment_modes'], { audit: 20, honor: 3, verified: 1 });
  assert.equal(course['learner_count'], 24);
  assert.deepEqual(course['engagement_ranges']?.['date_range'], { start: '2026-10-19', end: '2026-10-26' });
  assert.deepEqual(course['engagement_ranges']?.['problem_attempts_per_completed'], {
    below_average: [0, 6],
    average: [6, null],
    above_average: null,
    class_rank_bottom: null,
    class_rank_average: [6, null],
    class_rank_top: [0, 6],
  });
  assert.deepEqual(course['engagement_averages']?.['problem_attempts_per_completed'], {
    mean: 6,
    median: 6,
    learners: 1,
  });
});

test('only the courses that the caller may see are listed', async () => {
  const own = await (await narrowApp.request('/api/v0/courses/')).json();
  const all = await (await get('/courses/')).json();
  const metadata = (await (await get(`/course_learner_metadata/${DEMO_COURSE}/`)).json()) as CourseMetadata;
  const { segments, last_updated, data_until, engagement_averages } = metadata;
  const active_learners = engagement_averages.days_active.learners;
  assert.ok(active_learners > 0 && segments['inactive']! > 0);
  assert.deepEqual(own, [
    { course_id: DEMO_COURSE, name: null, learner_count: 24, active_learners, segments, last_updated, data_until },
  ]);
  assert.deepEqual((all as Array<{ course_id: string }>).map((course) => course.course_id).toSorted(), [
    DEMO_COURSE,
    OLD_COURSE,
  ]);
});

interface CourseMetadata {
  readonly segments: Readonly<Record<string, number>>;
  readonly last_updated: string;
  readonly data_until: string;
  readonly engagement_averages: { readonly days_active: { readonly learners: number } };
}

const RANGE = 'start_date=2026-10-15&end_date=2026-10-22';

test('a learner, a list and the metadata answer another range; segments stay those of the current window', async () => {
  const learner = (await (await get(`/learners/maria/?${COURSE}&${RANGE}`)).json()) as LearnerInRange;
  assert.deepEqual(learner.engagements.date_range, { start: '2026-10-15', end: '2026-10-22' });
  assert.equal(learner.engagements.problem_attempts, 5);
  assert.equal(learner.engagements.discussion_contributions, 0);

  const list = await get(`/learners/?${COURSE}&${RANGE}&segments=disengaging&videos_viewed_min=1`);
  const { results } = (await list.json()) as { results: LearnerInRange[] };
  assert.deepEqual(
    results.map(({ username, segments, engagements }) => [username, segments, engagements.videos_viewed]),
    [['quiet', ['disengaging'], 1]],
  );

  const path = `/course_learner_metadata/${DEMO_COURSE}/`;
  const current = (await (await get(path)).json()) as MetadataInRange;
  const earlier = (await (await get(`${path}?${RANGE}`)).json()) as MetadataInRange;
  assert.deepEqual(earlier.engagement_ranges.date_range, { start: '2026-10-15', end: '2026-10-22' });
  assert.deepEqual(earlier.engagement_averages.date_range, earlier.engagement_ranges.date_range);
  assert.equal(
    earlier.engagement_averages.videos_viewed.learners,
    current.engagement_averages.videos_viewed.learners + 1,
  );
  assert.deepEqual(earlier.segments, current.segments);
});

test('a range without any data has zeros', async () => {
  for (const range of ['start_date=2030-01-01&end_date=2030-02-01', 'end_date=2012-01-01']) {
    const learner = (await (await get(`/learners/maria/?${COURSE}&${range}`)).json()) as LearnerInRange;
    assert.deepEqual(
      [learner.engagements.videos_viewed, learner.engagements.problem_attempts_per_completed],
      [0, null],
    );
    const list = (await (await get(`/learners/?${COURSE}&${range}`)).json()) as { count: number };
    assert.equal(list.count, 24);
    const course = (await (await get(`/course_learner_metadata/${DEMO_COURSE}/?${range}`)).json()) as MetadataInRange;
    assert.deepEqual(course.engagement_averages.videos_viewed, { mean: null, median: null, learners: 0 });
  }
});

test('the single learner has tidbits: what there is to open a message with', async () => {
  const learner = (await (await get(`/learners/quiet/?${COURSE}`)).json()) as { tidbits: object[] };
  assert.deepEqual(learner.tidbits, [
    {
      code: 'went_quiet',
      message: 'Was last active 10 days ago, and on 1 day of the two weeks up to then.',
      data: { last_active: '2026-10-15', days_since: 10, days_active_before: 1 },
    },
    {
      code: 'falling_behind',
      message: 'Did nothing this week, after 1 thing (attempts, problems solved, videos, posts) the week before.',
      data: { facts: 0, facts_before: 1 },
    },
  ]);
});

interface LearnerInRange {
  readonly username: string;
  readonly segments: readonly string[];
  readonly engagements: Readonly<Record<string, unknown>>;
}

interface MetadataInRange {
  readonly segments: unknown;
  readonly engagement_ranges: { readonly date_range: unknown };
  readonly engagement_averages: {
    readonly date_range: unknown;
    readonly videos_viewed: { readonly mean: number | null; readonly median: number | null; readonly learners: number };
  };
}
