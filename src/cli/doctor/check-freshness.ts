import { latestSql } from '../../engagement/snapshot-rows.ts';
import { LISTED, UNLISTED_AT_MOST, countUnlisted } from '../../engagement/unlisted-courses.ts';
import type { Store } from '../../store/store.ts';
import { type Finding, formatAge } from './finding.ts';
import { tellCount } from '../tell-count.ts';
import { BRING_ROSTER, tellWithheld } from '../tell-withheld.ts';

/** A change is published within minutes; after so many something is in the way. */
const LATE_MINUTES = 15;
/** Without any fact for so long a site is asleep, or its logs do not arrive. */
const QUIET_HOURS = 36;
/** Who publishes otherwise than another does so every minute; who chose another window once, or went back to it, does not. */
const TURNS = 2;
const TURNS_MINUTES = 30;

interface Freshness {
  readonly last_fact: string | null;
  readonly published: number;
  readonly last_publish: string | null;
  readonly waiting: number;
  readonly waits_since: string | null;
  readonly withheld: number;
  readonly elsewhere: number;
  readonly in_turns: number;
}

/** How old the facts are, and whether all that is in the store is published. `asOf`: the end of the window that is wanted. */
export async function checkFreshness(
  store: Store,
  { asOf, now }: { asOf: string | undefined; now: Date },
): Promise<Finding[]> {
  const [state] = await store.query<Freshness>(
    `WITH
     published AS (${latestSql(['started_at', 'window_end', 'published_at'])}),
     touches AS (
       SELECT course_id, touched_at FROM touched_courses
       UNION ALL
       SELECT course_id, touched_at FROM touched_learners
     ),
     behind AS (
       SELECT
         t.course_id AS course_id,
         min(t.touched_at) AS since,
         {is_full:Bool} AND any(p.course_id IS NULL) AND course_id NOT IN (${LISTED}) AS is_withheld
       FROM touches AS t
       LEFT JOIN published AS p ON p.course_id = t.course_id
       WHERE p.course_id IS NULL OR t.touched_at >= p.started_at
       GROUP BY course_id
     ),
     waiting AS (SELECT since FROM behind WHERE NOT is_withheld),
     in_turns AS (
       SELECT course_id, arrayMap(each -> each.2, arraySort(groupArray((snapshot, (window_end, include_staff))))) AS ways
       FROM snapshots
       WHERE published_at > now() - INTERVAL ${TURNS_MINUTES} MINUTE
       GROUP BY course_id
       HAVING length(arrayCompact(ways)) - length(arrayDistinct(ways)) >= ${TURNS}
     )
     SELECT
       (SELECT maxOrNull(time) FROM facts WHERE day = (SELECT max(day) FROM facts)) AS last_fact,
       (SELECT count() FROM published) AS published,
       (SELECT maxOrNull(published_at) FROM published) AS last_publish,
       (SELECT count() FROM waiting) AS waiting,
       (SELECT minOrNull(since) FROM waiting) AS waits_since,
       (SELECT countIf(is_withheld) FROM behind) AS withheld,
       (SELECT count() FROM published WHERE window_end != ifNull({as_of:Nullable(Date)}, toDate(now(), 'UTC') + 1)) AS elsewhere,
       (SELECT count() FROM in_turns) AS in_turns`,
    { as_of: asOf ?? null, is_full: (await countUnlisted(store)) >= UNLISTED_AT_MOST },
  );
  if (state === undefined) throw new Error('the store told nothing of its freshness');
  const findings = [judgeFacts(state, { now, past: asOf !== undefined }), judgePublished(state, now)];
  if (state.withheld === 0) return findings;
  return [
    ...findings,
    { part: 'freshness', state: 'warning', message: tellWithheld(state.withheld), remedy: BRING_ROSTER },
  ];
}

function judgeFacts({ last_fact: last }: Freshness, { now, past }: { now: Date; past: boolean }): Finding {
  if (last === null) {
    return {
      part: 'freshness',
      state: 'warning',
      message: 'There are no facts yet.',
      remedy:
        'Take in tracking logs: learner-analytics ingest PATH…, or serve --watch PATH. If that was done, look at their lines: ' +
        'each must be one that Open edX wrote, not JSON of a collector around it.',
    };
  }
  const message = `The last fact is of ${last}, ${formatAge(last, now)}.`;
  if (past || now.getTime() - Date.parse(last) < QUIET_HOURS * 3_600_000)
    return { part: 'freshness', state: 'ok', message };
  return {
    part: 'freshness',
    state: 'warning',
    message,
    remedy:
      'If learners were active since, their logs do not arrive here: ingest them, or follow them with serve --watch.',
  };
}

const AGREE =
  'Several processes publish in this store: give all of them, commands that refresh too, the same --as-of (or none) and INCLUDE_STAFF.';

const REFRESH =
  'learner-analytics refresh; if a server runs that should have done it, its log says what is in the way. ' +
  'Courses of which neither an enrolment nor a name is known it does last, some seconds at a time.';

function judgePublished(state: Freshness, now: Date): Finding {
  const { published, last_publish: last, waiting, waits_since: since, elsewhere, in_turns: inTurns } = state;
  const told =
    last === null
      ? 'No course is published'
      : `${tellCount(published, 'course is', 'courses are')} published, the last ${formatAge(last, now)}`;
  if (inTurns > 0) {
    const message = `${told}; ${inTurns} of them by turns for windows that end on other days, or with and without staff.`;
    return { part: 'freshness', state: 'fault', message, remedy: AGREE };
  }
  const isLate = since !== null && now.getTime() - Date.parse(since) > LATE_MINUTES * 60_000;
  if (isLate) {
    const message = `${told}; ${tellCount(waiting, 'waits', 'wait')} for it since ${formatAge(since, now)}.`;
    return { part: 'freshness', state: 'fault', message, remedy: REFRESH };
  }
  if (elsewhere > 0) {
    const message = `${told}; the numbers of ${elsewhere} of them are not of the current window.`;
    return { part: 'freshness', state: 'fault', message, remedy: REFRESH };
  }
  return {
    part: 'freshness',
    state: 'ok',
    message: `${told}; ${waiting === 0 ? 'nothing waits' : `${tellCount(waiting, 'waits', 'wait')} for it, changed just now`}.`,
  };
}
