import type { Store } from '../src/store/store.ts';
import { recordActivity } from './temp-store.ts';
import { refresh } from '../src/engagement/refresh.ts';

/** A course with 24 learners, one of them of the oldest form with a single one, and the day on which they are looked at. */
export const DEMO_COURSE = 'course-v1:edX+DemoX+2026';
export const OLD_COURSE = 'edX/Old/2012';
const AS_OF = '2026-10-26';

interface Fact {
  readonly username: string;
  readonly day: string;
  readonly kind: 'problem' | 'video' | 'discussion';
  readonly entity: string;
  readonly completed?: boolean;
}

const CROWD = Array.from({ length: 19 }, (_, index) => `learner_${String(index + 1).padStart(2, '0')}`);

const ENROLLMENTS = [
  { username: 'maria', user_id: 7, enrollment_mode: 'honor', cohort: 'Cohort A' },
  { username: 'idle', user_id: 8, enrollment_mode: 'honor', cohort: null },
  { username: 'gone', user_id: 9, enrollment_mode: 'honor', cohort: null, is_active: false },
  { username: 'quiet', user_id: 10, enrollment_mode: 'audit', cohort: null },
  { username: 'Ωmega.ünï+1@x-y_z', user_id: 11, enrollment_mode: 'verified', cohort: 'B & C, "d"' },
  ...CROWD.map((username, index) => ({ username, user_id: 100 + index, enrollment_mode: 'audit', cohort: null })),
];

const FACTS: readonly Fact[] = [
  ...['a', 'b', 'c', 'd'].map(() => ({ username: 'maria', day: '2026-10-20', kind: 'problem', entity: 'p1' }) as const),
  { username: 'maria', day: '2026-10-20', kind: 'problem', entity: 'p2', completed: true },
  { username: 'maria', day: '2026-10-20', kind: 'video', entity: 'v1' },
  { username: 'maria', day: '2026-10-22', kind: 'discussion', entity: 't1' },
  { username: 'maria', day: '2026-10-22', kind: 'problem', entity: 'p2', completed: true },
  { username: 'quiet', day: '2026-10-15', kind: 'video', entity: 'v1' },
  ...CROWD.flatMap((username, index) =>
    Array.from(
      { length: index % 5 },
      (_, video) => ({ username, day: '2026-10-21', kind: 'video', entity: `v${video}` }) as const,
    ),
  ),
];

/** Fills an empty store with the sample site, as an import of the LMS and of its logs would, and publishes it. */
export async function fillSampleSite(store: Store): Promise<void> {
  await store.insert('lms_users', [
    {
      username: 'maria',
      user_id: 7,
      name: 'María Núñez',
      email: 'maria@example.com',
      language: 'es',
      year_of_birth: 1990,
    },
    { username: 'Ωmega.ünï+1@x-y_z', user_id: 11, name: `100% _real_ "O'Neil"`, email: 'omega@example.com' },
    ...CROWD.map((username, index) => ({ username, user_id: 100 + index, name: `Crowd ${index + 1}` })),
  ]);
  const enrolled = { enrollment_date: '2026-09-01 08:00:00.123456', is_active: true };
  await store.insert('lms_enrollments', [
    ...ENROLLMENTS.map((enrollment) => ({ course_id: DEMO_COURSE, ...enrolled, ...enrollment })),
    { course_id: OLD_COURSE, ...enrolled, username: 'maria', user_id: 7, enrollment_mode: 'honor' },
  ]);
  await store.insert(
    'facts',
    FACTS.map((fact, index) => ({
      course_id: DEMO_COURSE,
      hash: String(index + 1),
      time: `${fact.day} 12:00:00.000000`,
      user_id: 0,
      completed: false,
      ...fact,
    })),
  );
  await recordActivity(store);
  const touched_at = '2026-10-25 00:00:00.000000';
  await store.insert('touched_courses', [
    { course_id: DEMO_COURSE, touched_at },
    { course_id: OLD_COURSE, touched_at },
  ]);
  await refresh(store, { asOf: AS_OF });
}
