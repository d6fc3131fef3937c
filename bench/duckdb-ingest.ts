import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';

// The job of `ingest` in DuckDB: the facts of a log, each once, in a database on disk. The rules that matter for nearly all
// lines, none of the reasons why a line is not a fact. Prints the number of facts, which must be ours.

const [path = ''] = process.argv.slice(2);
const folder = await mkdtemp(join(tmpdir(), 'bench-duckdb-'));
const NEEDLES = ['problem_check', 'play_video', 'edx.video.played', 'edx.forum.'];
const field = (name: string) => `fields[${FIELDS.indexOf(name) + 1}]`;
const FIELDS = [
  '$.username',
  '$.context.username',
  '$.event_type',
  '$.name',
  '$.event_source',
  '$.time',
  '$.timestamp',
  '$.context.course_id',
  '$.event',
  '$.event.problem_id',
  '$.event.success',
  '$.event.id',
  '$.event.commentable_id',
  '$.data.problem_id',
  '$.data.success',
  '$.data.id',
  '$.data.commentable_id',
  '$.context.event_source',
];
const COURSE_KEY = String.raw`^(course-v1:[^/+@%]+\+[^/+@%]+\+[^/+@%]+|ccx-v1:[^/+@%]+\+[^/+@%]+\+[^/+@%]+\+ccx@\d+|[^/+@:]+/[^/+@:]+/[^/+@:]+)$`;

// Statements of their own: as one, the condition on what was extracted is moved before the extracting, which is then done for
// each place that it is mentioned (three times the time).
const EVENTS = `
CREATE TEMP TABLE events AS
SELECT object, TRY(json_extract_string(object, [${FIELDS.map((name) => `'${name}'`).join(', ')}])) AS fields
FROM (
  SELECT trim(substr(line, strpos(line, '{')), E' \\t\\r\\n') AS object
  FROM read_csv('${path.replaceAll("'", "''")}', columns = {'line': 'VARCHAR'}, delim = E'\\x01', quote = '', escape = '', comment = '',
    header = false, auto_detect = false, strict_mode = false, ignore_errors = true, max_line_size = 16777216)
  WHERE ${NEEDLES.map((needle) => `contains(line, '${needle}')`).join(' OR ')}
)`;

const FACTS = `
CREATE TABLE facts AS
WITH
typed AS (
  SELECT
    object, fields, coalesce(nullif(${field('$.event_type')}, ''), ${field('$.name')}) AS type,
    coalesce(nullif(${field('$.event_source')}, ''), ${field('$.context.event_source')}) AS source
  FROM events
  WHERE fields IS NOT NULL
),
kinds AS (
  SELECT *,
    CASE
      WHEN type LIKE '/%' OR type LIKE 'http://%' OR type LIKE 'https://%' THEN NULL
      WHEN type = 'problem_check' THEN CASE WHEN source = 'server' THEN 'problem' END
      WHEN type LIKE 'edx.video.bumper.%' OR ${field('$.name')} LIKE 'edx.video.bumper.%' THEN NULL
      WHEN type IN ('play_video', 'edx.video.played') OR ${field('$.name')} IN ('play_video', 'edx.video.played') THEN 'video'
      WHEN type IN ('edx.forum.thread.created', 'edx.forum.response.created', 'edx.forum.comment.created') THEN 'discussion'
    END AS kind,
    CASE WHEN ${field('$.event')} LIKE '{%' THEN TRY(json_extract_string(${field('$.event')}, ['$.problem_id', '$.success', '$.id', '$.commentable_id'])) END AS inner_fields
  FROM typed
),
decoded AS (
  SELECT
    md5(object) AS hash, kind,
    trim(coalesce(nullif(trim(${field('$.username')}), ''), ${field('$.context.username')})) AS username,
    trim(${field('$.context.course_id')}) AS course_id,
    try_cast(coalesce(nullif(${field('$.time')}, ''), ${field('$.timestamp')}) AS TIMESTAMPTZ) AS time,
    CASE kind
      WHEN 'problem' THEN trim(coalesce(${field('$.event.problem_id')}, ${field('$.data.problem_id')}, inner_fields[1]))
      WHEN 'video' THEN regexp_replace(trim(coalesce(${field('$.event.id')}, ${field('$.data.id')}, inner_fields[3])), '^(?:.*type@video\\+block@|i4x-.*-video-|i4x://.*/video/)', '')
      ELSE trim(coalesce(${field('$.event.commentable_id')}, ${field('$.data.commentable_id')}, inner_fields[4]))
    END AS entity,
    coalesce(kind = 'problem' AND lower(coalesce(${field('$.event.success')}, ${field('$.data.success')}, inner_fields[2])) = 'correct', false) AS completed
  FROM kinds
  WHERE kind IS NOT NULL
)
SELECT DISTINCT ON (hash) *
FROM decoded
WHERE username NOT IN ('', 'anonymous', 'unknown') AND length(username) <= 30 AND regexp_matches(course_id, '${COURSE_KEY}')
  AND entity != '' AND time BETWEEN '1970-01-01' AND now() + INTERVAL 1 DAY`;

try {
  const instance = await DuckDBInstance.create(join(folder, 'facts.duckdb'), { threads: '2', memory_limit: '4GB' });
  const connection = await instance.connect();
  await connection.run("SET TimeZone = 'UTC'");
  await connection.run(EVENTS);
  await connection.run(FACTS);
  const counted = await connection.runAndReadAll('SELECT count(*) + count(*) FILTER (completed) FROM facts');
  await connection.run('CHECKPOINT');
  process.stdout.write(JSON.stringify({ new_facts: Number(counted.getRows()[0]?.[0]) }));
} finally {
  await rm(folder, { recursive: true });
}
