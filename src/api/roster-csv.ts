import type { Context } from 'hono';
import type { Course } from '../engagement/course.ts';
import type { Learner } from '../engagement/learner.ts';
import { readRoster, type RosterQuery } from '../engagement/roster.ts';
import { AppError } from '../errors.ts';
import type { ApiDeps, ApiEnv } from './api-env.ts';
import { formatRow, formatRows, nameDownload } from './csv.ts';
import { chooseColumns, LEARNER_COLUMNS } from './fields.ts';
import { LearnerRows } from './learner-rows.ts';
import { tagRoster } from './snapshot-tag.ts';

/**
 * Everyone who matches, as CSV, out of one snapshot and a part at a time, however many they are.
 * @param isMarked whether it begins with a byte order mark
 */
export async function answerRosterCsv(
  c: Context<ApiEnv>,
  { store, config }: Pick<ApiDeps, 'store' | 'config'>,
  course: Course,
  query: Omit<RosterQuery, 'offset' | 'limit'>,
  fields: readonly string[] | undefined,
  isMarked = false,
): Promise<Response> {
  const columns = chooseColumns(fields, LEARNER_COLUMNS);
  // what is streamed cannot be hashed first
  const held = await tagRoster(c, store, course, query, ['csv', columns, isMarked, config.lmsUrl]);
  if (held !== null) return held;
  setCsvHeaders(c, query.courseId, 'learners');
  if (c.req.method === 'HEAD') return c.body(null);
  const rows = new LearnerRows(columns, isMarked);
  const roster = await readRoster(store, query, config, rows.add);
  if (roster === null) throw new AppError('no_course', `There is no data about the course "${query.courseId}".`);
  return c.body(streamRows(rows, roster, c));
}

/** A page of the list as CSV. */
export function answerPageCsv(
  c: Context<ApiEnv>,
  courseId: string,
  learners: readonly Learner[],
  fields: readonly string[] | undefined,
): Response {
  const columns = chooseColumns(fields, LEARNER_COLUMNS);
  setCsvHeaders(c, courseId, 'learners');
  return c.body(formatRow(columns) + formatRows(columns, learners));
}

/** The headers of a file of a course that a browser saves; `what` is a part of its name. */
export function setCsvHeaders(c: Context<ApiEnv>, courseId: string, what: string): void {
  c.header('Content-Type', 'text/csv; charset=utf-8');
  c.header('Content-Disposition', nameDownload(courseId, what));
}

/**
 * The rows of each part, as the client takes them; the first are the names of the columns. A failure breaks the connection off:
 * what came cannot be taken for the whole.
 */
function streamRows(
  rows: LearnerRows,
  parts: AsyncGenerator<void>,
  c: Context<ApiEnv>,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  let isBegun = false;
  let isCancelled = false;
  return new ReadableStream(
    {
      async pull(controller) {
        try {
          const isDone = isBegun && (await parts.next()).done === true;
          isBegun = true;
          if (isDone) controller.close();
          else controller.enqueue(rows.take());
        } catch (error) {
          // nobody takes what was being read meanwhile
          if (isCancelled) return;
          c.get('log').error({ err: error, request_id: c.get('requestId') }, 'a download broke off');
          // the HTTP server prints what it is given here, and may send it
          controller.error(new Error('The download broke off.'));
        }
      },
      async cancel() {
        isCancelled = true;
        await parts.return(undefined);
      },
    },
    { highWaterMark: 0 },
  );
}
