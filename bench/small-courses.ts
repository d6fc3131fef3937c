import { existsSync } from 'node:fs';
import { cp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { addDays } from '../src/engagement/days.ts';
import { openStore } from '../src/store/open-store.ts';
import { SITE_END, fillSite } from './make-site.ts';
import type { SitePlan } from './plan-courses.ts';
import type { BenchContext, Outcome, Question } from './question.ts';
import { HOW_TIMED, type Timed, describe, seconds, time } from './timed.ts';

/** The read model of many courses, none of which is large: what a refresh takes of each course, whatever its size. */
export const SMALL_COURSES: Question = {
  name: 'small-courses',
  asks: 'How long until readers of many small courses see what happened?',
  answer: run,
};

const LEARNERS = 500;
/** Somebody is in so many of the courses on average. */
const COURSES_EACH = 2.5;

async function run(context: BenchContext): Promise<Outcome> {
  const courses = context.quick ? 20 : 300;
  const site = join(context.dir, `site-of-${courses}-courses`);
  if (!existsSync(site)) await fillSite(site, planSmall(courses), context.say);
  const data = join(context.dir, 'refreshed-courses');
  const log = `${data}.log`;
  const found: Record<'first' | 'changed' | 'turn', Timed[]> = { first: [], changed: [], turn: [] };
  try {
    for (let round = 0; round < context.rounds; round += 1) {
      await rm(data, { recursive: true, force: true });
      await cp(site, data, { recursive: true });
      const product = async (argv: string) => time(argv, data, context.say);
      if (round === 0) await writeNews(data, log);
      found.first.push(await product(`refresh --as-of ${SITE_END}`));
      await product(`ingest --no-refresh '${log}'`);
      found.changed.push(await product(`refresh --as-of ${SITE_END}`));
      found.turn.push(await product(`refresh --as-of ${addDays(SITE_END, 1)}`));
    }
  } finally {
    await rm(data, { recursive: true, force: true });
    await rm(log, { force: true });
  }
  const row = (what: string, all: readonly Timed[]) => ({ ...describe(what, all), perSecond: courses / seconds(all) });
  return {
    rows: [
      row(`first refresh of ${courses} courses of ${LEARNERS} learners`, found.first),
      row('refresh after an answer of somebody in each', found.changed),
      row('refresh at the turn of the day, all learners computed anew', found.turn),
    ],
    goals: [],
    notes: [HOW_TIMED, 'Per second: courses.'],
  };
}

function planSmall(count: number): SitePlan {
  const users = Math.round((count * LEARNERS) / COURSES_EACH);
  const courses = Array.from({ length: count }, (_, index) => ({
    id: `course-v1:Bench+S${String(index + 1).padStart(4, '0')}+2026`,
    learners: LEARNERS,
    activity: 3,
    firstUser: Math.floor(((index * 0.618_033_988_75) % 1) * users),
  }));
  return { rows: count * LEARNERS, users, courses };
}

/** A log of an answer in each course, in the last hour of the site, by a learner of it. */
async function writeNews(dataDir: string, path: string): Promise<void> {
  const store = await openStore({ dataDir });
  const learners = await store
    .read<{ course: string; username: string; id: number }>(
      'SELECT course_id AS course, username, user_id AS id FROM lms_enrollments ORDER BY course_id, username LIMIT 1 BY course_id',
    )
    .finally(() => void store.close());
  const lines = learners.map(({ course, username, id }) =>
    JSON.stringify({
      username,
      event_type: 'problem_check',
      event_source: 'server',
      time: new Date(Date.parse(SITE_END) - 1_800_000).toISOString(),
      context: { course_id: course, user_id: id },
      event: { problem_id: `block-v1:${course.slice(10)}+type@problem+block@1`, success: 'correct', attempts: 1 },
    }),
  );
  await writeFile(path, `${lines.join('\n')}\n`);
}
