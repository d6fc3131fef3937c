import { randomInt } from 'node:crypto';
import { cp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LARGEST_COURSE } from './plan-courses.ts';
import { makeSite, SITE_END } from './make-site.ts';
import { median } from './median.ts';
import { addDays } from '../src/engagement/days.ts';
import { openStore } from '../src/store/open-store.ts';
import type { BenchContext, Goal, Outcome, Question, Row } from './question.ts';
import { HOW_TIMED, type Timed, describe, describeWall, seconds, spread, time } from './timed.ts';

/** The read model of a course of a million learners from its facts: all of it, and after ten thousand new ones. */
export const REFRESH: Question = {
  name: 'refresh',
  asks: 'How long until readers see what happened?',
  answer: run,
};

export const SITE_ROWS = 1_000_000;
export const QUICK_ROWS = 10_000;
export const NEW_FACTS = 10_000;
const NEW_FACTS_BY = 5000;
const FULL_SECONDS = 10;
/** The end of the day after. */
const NEXT_END = addDays(SITE_END, 1);
const NEW_SECONDS = 2;

async function run(context: BenchContext): Promise<Outcome> {
  const rows = context.quick ? QUICK_ROWS : SITE_ROWS;
  const site = join(context.dir, `site-${rows}`);
  await makeSite(site, rows, context.say);
  const data = join(context.dir, 'refreshed');
  await rm(data, { recursive: true, force: true });
  await cp(site, data, { recursive: true });
  const log = `${data}.log`;
  try {
    const found = startTurns();
    for (let round = 0; round < context.rounds; round += 1) {
      await writeNews(data, log, round);
      await addTurn(found, async (argv) => time(argv, data, context.say), log);
    }
    return {
      rows: describeTurns(found),
      goals: [
        goal('refresh --full of the largest course', found.full, FULL_SECONDS),
        goal('refresh of it at the turn of the day', found.turn, FULL_SECONDS),
        goal(`refresh after ${NEW_FACTS.toLocaleString('en')} new facts`, found.changed, NEW_SECONDS),
      ],
      notes: [HOW_TIMED],
    };
  } finally {
    await rm(data, { recursive: true, force: true });
    await rm(log, { force: true });
  }
}

/** What each turn took, one after the other. */
export type Turns = Readonly<Record<'full' | 'ingest' | 'changed' | 'nothing' | 'turn', Timed[]>>;

export function startTurns(): Turns {
  return { full: [], ingest: [], changed: [], nothing: [], turn: [] };
}

/** One turn: all of it anew, the log of `writeNews` taken in and what it changed, nothing, and the day after. */
export async function addTurn(found: Turns, product: (argv: string) => Promise<Timed>, log: string): Promise<void> {
  found.full.push(await product(`refresh --full --as-of ${SITE_END}`));
  await addNews(found, product, log);
  found.turn.push(await product(`refresh --as-of ${NEXT_END}`));
}

/** Of a turn the log taken in, what it changed, and nothing. */
export async function addNews(
  found: Pick<Turns, 'ingest' | 'changed' | 'nothing'>,
  product: (argv: string) => Promise<Timed>,
  log: string,
): Promise<void> {
  found.ingest.push(await product(`ingest --no-refresh '${log}'`));
  found.changed.push(await product(`refresh --as-of ${SITE_END}`));
  found.nothing.push(await product(`refresh --as-of ${SITE_END}`));
}

/** A row of each step. */
export function describeTurns(found: Turns): Row[] {
  const learners = found.full[0]?.said.learners ?? 0;
  const changed = found.changed.map(({ said }) => said.recomputed);
  return [
    {
      ...describe(`refresh --full, ${learners.toLocaleString('en')} learners, held against all facts`, found.full),
      perSecond: learners / seconds(found.full),
    },
    {
      ...describe(`ingest of ${NEW_FACTS.toLocaleString('en')} new facts into it`, found.ingest),
      perSecond: NEW_FACTS / seconds(found.ingest),
    },
    describe(`refresh after them, ${median(changed).toLocaleString('en')} learners computed anew`, found.changed),
    describe('refresh with nothing to do', found.nothing),
    describe('refresh at the turn of the day, all learners computed anew', found.turn),
  ];
}

function goal(text: string, all: readonly Timed[], limit: number): Goal {
  const found = seconds(all);
  const { least, most } = spread(all);
  return {
    text: `${text} ≤ ${limit} s, by the seconds that it says it took`,
    found: `${found.toFixed(2)} s (${least.toFixed(2)} to ${most.toFixed(2)}; ${describeWall(all)})`,
    met: found <= limit,
  };
}

/** A log of ten thousand answers in its last week, by five thousand learners from all over the course. */
export async function writeNews(dataDir: string, path: string, round: number): Promise<void> {
  const store = await openStore({ dataDir });
  const learners = await store
    .read<{ username: string; user_id: number }>(
      `SELECT username, user_id FROM lms_enrollments WHERE course_id = {course:String}
       ORDER BY cityHash64(username, {round:UInt32}) LIMIT ${NEW_FACTS_BY}`,
      { course: LARGEST_COURSE, round },
    )
    .finally(() => void store.close());
  const end = Date.parse(SITE_END);
  const lines = Array.from({ length: NEW_FACTS }, (_, index) => {
    const { username, user_id } = learners[index % learners.length]!;
    return JSON.stringify({
      username,
      event_type: 'problem_check',
      event_source: 'server',
      time: new Date(end - 1 - randomInt(6 * 86_400_000)).toISOString(),
      context: { course_id: LARGEST_COURSE, user_id },
      event: {
        problem_id: `block-v1:Bench+Largest+2026+type@problem+block@${index % 200}`,
        success: 'incorrect',
        attempts: round * NEW_FACTS + index,
      },
    });
  });
  await writeFile(path, `${lines.join('\n')}\n`);
}
