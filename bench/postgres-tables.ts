import { SORTABLE } from './rival-columns.ts';

const isText = (column: string) => ['name_folded', 'email', 'cohort', 'enrollment_mode'].includes(column);

/** As a database that only has to answer would keep it: the answers ready, beside what is looked for and sorted by. */
export const TABLES = `
CREATE TABLE learners (
  username text NOT NULL,
  ${SORTABLE.map((column) => `${column} ${isText(column) ? 'text' : column.endsWith('_date') ? 'timestamptz' : column === 'last_active' ? 'date' : 'double precision'}`).join(',\n  ')},
  segments text[] NOT NULL,
  search_text text NOT NULL,
  document text NOT NULL
);
CREATE TABLE learner_days (
  username text NOT NULL,
  day date NOT NULL,
  problem_attempts int NOT NULL,
  problems_attempted int NOT NULL,
  problems_completed int NOT NULL,
  videos_viewed int NOT NULL,
  discussion_contributions int NOT NULL
);
CREATE TABLE course (snapshot int NOT NULL, learner_count int NOT NULL, metadata text NOT NULL);`;

/** Every order that can be asked for, both ways, is one index's; search has trigrams. */
export const INDEXES = [
  'CREATE EXTENSION IF NOT EXISTS pg_trgm',
  'ALTER TABLE learners ADD PRIMARY KEY (username)',
  'ALTER TABLE learner_days ADD PRIMARY KEY (username, day)',
  ...SORTABLE.flatMap((column) => [
    `CREATE INDEX ON learners (${orderBy(column, false)})`,
    `CREATE INDEX ON learners (${orderBy(column, true)})`,
  ]),
  'CREATE INDEX ON learners USING gin (search_text gin_trgm_ops)',
  'CREATE INDEX ON learners USING gin (segments)',
  'CREATE INDEX ON learners (cohort)',
  'VACUUM (ANALYZE) learners',
  'VACUUM (ANALYZE) learner_days',
];

/** The order of the contract: total, null last ascending and first descending. */
export function orderBy(column: string, descending: boolean): string {
  if (column === 'username') return `username ${descending ? 'DESC' : 'ASC'}`;
  const [direction, opposite] = descending ? ['DESC NULLS FIRST', 'ASC'] : ['ASC NULLS LAST', 'DESC'];
  const second = column === 'problem_attempts_per_completed' ? `attempt_ratio_order ${opposite}, ` : '';
  return `${column} ${direction}, ${second}username`;
}
