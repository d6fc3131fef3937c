import { once } from 'node:events';
import type { Sql } from 'postgres';
import { METRICS, type Metric } from '../src/engagement/metrics.ts';
import type { LearnerResponse, ListResponse } from '../src/api/responses.ts';
import { openStore } from '../src/store/open-store.ts';
import { fold, SORTABLE } from './postgres-tables.ts';
import { issueKey, serveSite } from './product.ts';

const COLUMNS = ['username', ...SORTABLE, 'segments', 'search_text', 'document'] as const;

/** What each learner of the course did on each day, in the form that COPY reads. */
export async function writeDays(dataDir: string, course: string, path: string): Promise<void> {
  const store = await openStore({ dataDir });
  try {
    await store.run(
      `INSERT INTO FUNCTION file({path:String}, 'TabSeparated')
       SELECT username, day, countIf(kind = 'problem'), uniqExactIf(entity, kind = 'problem'), uniqExactIf(entity, completed),
         uniqExactIf(entity, kind = 'video'), countIf(kind = 'discussion')
       FROM facts FINAL
       WHERE course_id = {course:String}
       GROUP BY username, day
       SETTINGS max_bytes_before_external_group_by = 1000000000, engine_file_truncate_on_insert = 1`,
      { course, path },
    );
  } finally {
    await store.close();
  }
}

type Listed = Omit<LearnerResponse, 'tidbits'>;

/** Copies the learners of a course out of the product's own API, so that both have the same answers. */
export async function loadLearners(
  sql: Sql,
  dataDir: string,
  course: string,
  say: (text: string) => void,
): Promise<void> {
  const key = await issueKey(dataDir);
  const server = await serveSite(dataDir);
  const ask = async <Answer>(path: string) => {
    const url = path.startsWith('http') ? path : `http://127.0.0.1:${server.port}/api/v0/${path}`;
    const answer = await fetch(url, { headers: { authorization: `Token ${key}` } });
    if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
    return (await answer.json()) as Answer;
  };
  try {
    const metadata = await ask<{ learner_count: number }>(`course_learner_metadata/${encodeURIComponent(course)}/`);
    await sql`INSERT INTO course ${sql({ learner_count: metadata.learner_count, metadata: JSON.stringify(metadata) })}`;
    const rows = await sql`COPY learners (${sql(COLUMNS)}) FROM STDIN`.writable();
    let next: string | null = `learners/?course_id=${encodeURIComponent(course)}&page_size=1000`;
    while (next !== null) {
      const page: ListResponse = await ask<ListResponse>(next);
      const text = page.results.map((learner) => formatRow(learner as Listed)).join('');
      if (!rows.write(text)) await once(rows, 'drain');
      if (page.page % 100 === 0) say(`PostgreSQL: ${page.page} of ${page.num_pages} pages`);
      ({ next } = page);
    }
    rows.end();
    await once(rows, 'finish');
  } finally {
    await server.close();
  }
}

function formatRow(learner: Listed): string {
  const { engagements, username, name, email, segments } = learner;
  const { problem_attempts, problems_completed } = engagements;
  const values: Record<(typeof COLUMNS)[number], string | number | null> = {
    username,
    name_folded: name === null ? null : fold(name),
    email,
    cohort: learner.cohort,
    enrollment_mode: learner.enrollment_mode,
    enrollment_date: learner.enrollment_date,
    last_active: learner.last_active,
    ...(Object.fromEntries(METRICS.map((metric) => [metric, engagements[metric]])) as Record<Metric, number | null>),
    attempt_ratio_order: problems_completed > 0 ? problem_attempts : 0 - problem_attempts,
    segments: `{${segments.join(',')}}`,
    search_text: fold(`${username}\n${name ?? ''}\n${email ?? ''}`),
    document: JSON.stringify(learner),
  };
  return `${COLUMNS.map((column) => escape(values[column])).join('\t')}\n`;
}

const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' };

function escape(value: string | number | null): string {
  return value === null ? String.raw`\N` : String(value).replaceAll(/[\\\t\n\r]/g, (char) => ESCAPES[char]!);
}
