import type { LearnerPage } from '../src/client/answers.ts';
import { openStore } from '../src/store/open-store.ts';
import { issueKey, serveSite } from './product.ts';
import { describeRow, type RivalRow } from './rival-columns.ts';

export interface CourseAnswers {
  readonly learnerCount: number;
  /** As it is answered. */
  readonly metadata: string;
  /** All learners in the order of their usernames, a thousand at a time. */
  readonly pages: AsyncIterable<readonly RivalRow[]>;
}

/** Hands on a course out of the product's own API, so that all have the same answers. Nothing may be serving the site. */
export async function readCourse(
  dataDir: string,
  course: string,
  use: (answers: CourseAnswers) => Promise<void>,
): Promise<void> {
  const key = await issueKey({ dataDir });
  const server = await serveSite(dataDir);
  const ask = async <Answer>(path: string) => {
    const url = path.startsWith('http') ? path : `http://127.0.0.1:${server.port}/api/v0/${path}`;
    const answer = await fetch(url, { headers: { authorization: `Token ${key}` } });
    if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
    return (await answer.json()) as Answer;
  };
  const id = encodeURIComponent(course);
  try {
    const first = `learners/?course_id=${id}&page_size=1000`;
    const metadata = await ask<{ learner_count: number }>(`course_learner_metadata/${id}/`);
    await use({
      learnerCount: metadata.learner_count,
      metadata: JSON.stringify(metadata),
      pages: (async function* () {
        for (let next: string | null = first; next !== null;) {
          const page: LearnerPage = await ask<LearnerPage>(next);
          yield page.results.map(describeRow);
          ({ next } = page);
        }
      })(),
    });
  } finally {
    await server.close();
  }
}

/** What each learner of the course did on each day. */
export const DAYS_SQL = `
  SELECT username, day, countIf(kind = 'problem') AS problem_attempts, uniqExactIf(entity, kind = 'problem') AS problems_attempted,
    uniqExactIf(entity, completed) AS problems_completed, uniqExactIf(entity, kind = 'video') AS videos_viewed,
    countIf(kind = 'discussion') AS discussion_contributions
  FROM facts FINAL
  WHERE course_id = {course:String}
  GROUP BY username, day`;

/** Has the engine write rows of the course to a file, in the form that PostgreSQL's COPY reads. */
export async function writeRows(dataDir: string, course: string, path: string, sql: string): Promise<void> {
  const store = await openStore({ dataDir });
  try {
    await store.run(
      `INSERT INTO FUNCTION file({path:String}, 'TabSeparated')
       ${sql}
       SETTINGS max_bytes_before_external_group_by = 1000000000, engine_file_truncate_on_insert = 1`,
      { course, path },
    );
  } finally {
    await store.close();
  }
}
