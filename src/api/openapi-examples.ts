import type { Account, CourseMetadata, LearnerPage, ListedCourse, SingleLearner, Timeline } from '../client/answers.ts';

// One made-up answer of each resource, for the description of the API; a test holds them to its schemas.

const COURSE_ID = 'course-v1:edX+DemoX+2026';
const RANGE = { start: '2026-10-19', end: '2026-10-26' };

const learner: SingleLearner = {
  last_updated: '2026-10-25',
  username: 'maria',
  user_id: 7,
  name: 'María Núñez',
  email: 'maria@example.com',
  account_url: 'https://lms.example/api/user/v1/accounts/maria',
  enrollment_mode: 'honor',
  enrollment_date: '2026-09-01T08:13:32.656640Z',
  cohort: null,
  segments: ['struggling'],
  segment_reasons: { struggling: ['problem_attempts_per_completed'] },
  last_active: '2026-10-25',
  language: 'es',
  location: null,
  year_of_birth: 1990,
  level_of_education: 'b',
  gender: 'f',
  mailing_address: null,
  city: null,
  country: 'ES',
  goals: null,
  bio: null,
  engagements: {
    date_range: RANGE,
    problem_attempts: 342,
    problems_attempted: 138,
    problems_completed: 76,
    videos_viewed: 26,
    discussion_contributions: 24,
    days_active: 5,
    problem_attempts_per_completed: 4.5,
    levels: {
      problem_attempts: 'above_average',
      problems_attempted: 'above_average',
      problems_completed: 'average',
      videos_viewed: 'average',
      discussion_contributions: 'average',
      days_active: 'average',
      problem_attempts_per_completed: 'above_average',
    },
  },
  tidbits: [
    {
      code: 'stuck_on_problem',
      message: 'Submitted 9 answers in all to one problem without a correct one so far.',
      data: { problem_id: 'block-v1:edX+DemoX+2026+type@problem+block@p1', attempts: 9 },
    },
  ],
};

const { tidbits: _, ...listed } = learner;

const list: LearnerPage = {
  count: 2100,
  num_pages: 84,
  page: 1,
  next: `https://analytics.example/api/v0/learners/?course_id=${encodeURIComponent(COURSE_ID)}&page=2&snapshot=1779012345678901`,
  previous: null,
  results: [listed],
};

const timeline: Timeline = {
  days: [
    {
      date: '2026-10-19',
      problem_attempts: 5,
      problems_attempted: 3,
      problems_completed: 2,
      videos_viewed: 0,
      discussion_contributions: 1,
      problem_attempts_per_completed: 2.5,
    },
  ],
};

type MetricRanges = CourseMetadata['engagement_ranges']['videos_viewed'];

function describeRanges(low: number, high: number, isLowBetter = false): MetricRanges {
  const [below, average, above] = [
    [0, low],
    [low, high],
    [high, null],
  ] as const satisfies Array<MetricRanges['average']>;
  const [bottom, top] = isLowBetter ? [above, below] : [below, above];
  return {
    below_average: [...below],
    average: [...average],
    above_average: [...above],
    class_rank_bottom: [...bottom],
    class_rank_average: [...average],
    class_rank_top: [...top],
  };
}

const average = (mean: number, median: number, learners = 840) => ({ mean, median, learners });

const metadata: CourseMetadata = {
  name: 'Introduction to Botany',
  cohorts: { 'Cohort A': 1000 },
  enrollment_modes: { honor: 2000, verified: 100 },
  segments: { highly_engaged: 4, disengaging: 12, struggling: 12, inactive: 9, unenrolled: 0 },
  engagement_ranges: {
    date_range: RANGE,
    problem_attempts: describeRanges(6, 48),
    problems_attempted: describeRanges(5, 15.2),
    problems_completed: describeRanges(3, 14),
    videos_viewed: describeRanges(1, 11.6),
    discussion_contributions: describeRanges(0.15, 3),
    days_active: describeRanges(1, 5),
    problem_attempts_per_completed: describeRanges(1.2, 3.85, true),
  },
  engagement_averages: {
    date_range: RANGE,
    problem_attempts: average(19.4, 14),
    problems_attempted: average(7.2, 6),
    problems_completed: average(6.1, 5),
    videos_viewed: average(5.3, 4),
    discussion_contributions: average(0.9, 0),
    days_active: average(2.6, 2),
    problem_attempts_per_completed: average(2.1, 1.8, 790),
  },
  learner_count: 2100,
  last_updated: '2026-10-25',
  data_until: '2026-10-25T23:41:07.120000Z',
};

const { name, segments, learner_count, last_updated, data_until } = metadata;
const courses: readonly ListedCourse[] = [
  { course_id: COURSE_ID, name, learner_count, active_learners: 840, segments, last_updated, data_until },
];

const account: Account = {
  photo_url: 'https://lms.example/media/profile-images/maria_120.jpg',
  bio: null,
  country: 'ES',
  language: 'es',
  level_of_education: 'b',
  year_of_birth: 1990,
};

export const EXAMPLES = {
  account,
  courses,
  learner,
  list,
  listCsv: 'username,engagements.videos_viewed\r\nmaria,26\r\n',
  timeline,
  timelineCsv: 'date,videos_viewed\r\n2026-10-19,0\r\n',
  metadata,
  health: { overall_status: 'OK', detailed_status: { store: 'OK', freshness: 'OK: last updated 2026-10-25' } },
  sickness: {
    overall_status: 'UNAVAILABLE',
    detailed_status: { store: 'UNAVAILABLE: does not answer', freshness: 'UNAVAILABLE: does not answer' },
  },
} as const;
