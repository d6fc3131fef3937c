import postgres from 'postgres';
import { type ActiveDay, boundMetrics, serveRival } from './rival-app.ts';
import { fold } from './rival-columns.ts';
import { orderBy } from './postgres-tables.ts';

// The API over PostgreSQL.

const sql = postgres({
  host: process.env['PGHOST']!,
  port: Number(process.env['PGPORT']),
  user: 'postgres',
  database: 'postgres',
  max: 8,
});
const [course] = await sql<{ snapshot: number; learner_count: number; metadata: string }[]>`SELECT * FROM course`;
if (course === undefined) throw new Error('There is no course.');
const learnerCount = course.learner_count;

type Value = string | number | string[];

await serveRival({
  learnerCount,
  metadata: course.metadata,
  snapshot: course.snapshot,
  findLearner: async (username) => {
    const [row] = await sql<{ document: string }[]>`SELECT document FROM learners WHERE username = ${username}`;
    return row?.document ?? null;
  },
  listActiveDays: async (username) =>
    sql<ActiveDay[]>`
      SELECT day::text AS date, discussion_contributions, problems_attempted, problems_completed, problem_attempts, videos_viewed
      FROM learner_days WHERE username = ${username} ORDER BY day`,
  listLearners: async (params, { size, offset }) => {
    const values: Value[] = [];
    const bind = (value: Value) => `$${values.push(value)}`;
    const conditions = (params.text_search ?? []).map(
      (term) => `search_text LIKE ${bind(`%${fold(term).replaceAll(/[\\%_]/g, String.raw`\$&`)}%`)}`,
    );
    if (params.segments !== undefined) conditions.push(`segments && ${bind([...params.segments])}::text[]`);
    if (params.ignore_segments !== undefined)
      conditions.push(`NOT segments && ${bind([...params.ignore_segments])}::text[]`);
    if (params.cohort) conditions.push(`cohort = ${bind(params.cohort)}`);
    if (params.enrollment_mode) conditions.push(`enrollment_mode = ${bind(params.enrollment_mode)}`);
    conditions.push(...boundMetrics(params, bind));
    const where = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`;
    const column = params.order_by === 'name' ? 'name_folded' : params.order_by;
    const counting =
      conditions.length === 0
        ? [{ count: learnerCount }]
        : sql.unsafe<{ count: number }[]>(`SELECT count(*)::int AS count FROM learners ${where}`, [...values], {
            prepare: true,
          });
    const [limit, skipped] = [bind(size), bind(offset)];
    const [counted, rows] = await Promise.all([
      counting,
      sql.unsafe<{ document: string }[]>(
        `SELECT document FROM learners ${where} ORDER BY ${orderBy(column, params.sort_order === 'desc')} LIMIT ${limit} OFFSET ${skipped}`,
        values,
        { prepare: true },
      ),
    ]);
    return {
      count: counted[0]?.count ?? 0,
      documents: Buffer.from(rows.map(({ document }) => document).join(',')),
    };
  },
  close: async () => sql.end(),
});
