import { METRICS } from '../src/engagement/metrics.ts';
import { SORTABLE } from './rival-columns.ts';
import { orderTerms } from './sqlite-tables.ts';

// A course in the engine itself, as fast as it can be made to answer: whoever is asked for is found by a primary key, answers are a
// column of their own in small blocks, each order is counted through before, and searched texts have an index of runs of three letters.

/** Every order that can be asked for, both ways; a learner's place in it is a column. */
export const ORDERS = ['username', ...SORTABLE].flatMap((column) =>
  (['asc', 'desc'] as const).map((direction) => ({ column, direction, name: `${direction}_${column}` })),
);

/** The order of the contract; a learner's number is the place among the usernames. */
function orderBy(column: string, direction: 'asc' | 'desc'): string {
  return column === 'username' ? `id ${direction}` : [...orderTerms(column, direction === 'desc'), 'id'].join(', ');
}

/** All columns of a row in one file, of which a read unpacks 16 kB at most. */
function readSmall(granularity: number): string {
  return `SETTINGS index_granularity = ${granularity}, min_compress_block_size = 4096, max_compress_block_size = 16384,
    min_rows_for_wide_part = 1000000000, min_bytes_for_wide_part = 1000000000000`;
}

const NUMBERS = [...METRICS, 'attempt_ratio_order'];

/** What makes the tables of a SQLite file of the course, which has all answers ready. */
export function listStatements(file: string, learnerCount: number): string[] {
  const rows = (name: string) => `sqlite('${file.replaceAll("'", "''")}', '${name}')`;
  const tables = {
    answers: ['(username String, document String)', 'username', readSmall(32)],
    documents: ['(id UInt32, document String)', 'id', readSmall(32)],
    timelines: ['(username String, days String)', 'username', readSmall(32)],
    orders: ['(place UInt64, id UInt32)', 'place', readSmall(256)],
    learners: [
      `(id UInt32, segments UInt8, cohort String, enrollment_mode String,
        ${METRICS.map((metric) => `${metric} Nullable(Float64)`).join(', ')}, ${ORDERS.map(({ name }) => `${name} UInt32`).join(', ')},
        search_text String, INDEX runs search_text TYPE text(tokenizer = ngrams(3)))`,
      'id',
      'SETTINGS index_granularity = 1024, min_bytes_for_wide_part = 0',
    ],
  };
  return [
    ...Object.entries(tables).map(
      ([name, [columns, key, settings]]) =>
        `CREATE TABLE ${name} ${columns} ENGINE = MergeTree ORDER BY ${key} ${settings}`,
    ),
    `INSERT INTO answers SELECT l.username, d.document
     FROM ${rows('documents')} AS d INNER JOIN ${rows('learners')} AS l ON l.id = d.id`,
    `INSERT INTO documents SELECT assumeNotNull(id), document FROM ${rows('documents')}`,
    `INSERT INTO timelines SELECT l.username, t.days
     FROM ${rows('timelines')} AS t INNER JOIN ${rows('learners')} AS l ON l.id = t.id`,
    `INSERT INTO learners
     WITH typed AS (
       SELECT * REPLACE (assumeNotNull(id) AS id, ${NUMBERS.map((name) => `toFloat64OrNull(${name}) AS ${name}`).join(', ')})
       FROM ${rows('learners')})
     SELECT id, segments, ifNull(cohort, ''), ifNull(enrollment_mode, ''), ${METRICS.join(', ')},
       ${ORDERS.map(({ column, direction }) => `row_number() OVER (ORDER BY ${orderBy(column, direction)}) - 1`).join(', ')},
       t.search_text
     FROM typed INNER JOIN ${rows('texts')} AS t ON t.id = typed.id`,
    ...ORDERS.map(
      ({ name }, index) =>
        `INSERT INTO orders SELECT ${index * learnerCount} + ${name}, id FROM learners ORDER BY ${name}`,
    ),
    ...Object.keys(tables).map((name) => `OPTIMIZE TABLE ${name} FINAL`),
  ];
}
