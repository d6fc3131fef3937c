import { once } from 'node:events';
import type { Sql } from 'postgres';
import type { CourseAnswers } from './read-course.ts';
import { type RivalRow, SORTABLE } from './rival-columns.ts';

const COLUMNS = ['username', ...SORTABLE, 'segments', 'search_text', 'document'] as const;

export async function loadLearners(sql: Sql, { learnerCount, metadata, pages }: CourseAnswers): Promise<void> {
  await sql`INSERT INTO course ${sql({ snapshot: 1, learner_count: learnerCount, metadata })}`;
  const stream = await sql`COPY learners (${sql(COLUMNS)}) FROM STDIN`.writable();
  for await (const rows of pages) {
    if (!stream.write(rows.map(formatRow).join(''))) await once(stream, 'drain');
  }
  stream.end();
  await once(stream, 'finish');
}

function formatRow({ segments, ...row }: RivalRow): string {
  const values: Record<(typeof COLUMNS)[number], string | number | null> = {
    ...row,
    segments: `{${segments.join(',')}}`,
  };
  return `${COLUMNS.map((column) => escape(values[column])).join('\t')}\n`;
}

const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' };

function escape(value: string | number | null): string {
  return value === null ? String.raw`\N` : String(value).replaceAll(/[\\\t\n\r]/g, (char) => ESCAPES[char]!);
}
