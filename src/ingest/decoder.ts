/**
 * The decoder: a SELECT that turns lines of tracking logs into staged rows, in the engine. What it does is
 * docs/decisions/0002 and the table in docs/architecture.md; the golden folders in test/golden pin it case by case.
 *
 * Three things make it fast. The lines that name none of our events are thrown away before any JSON is parsed. Each
 * remaining line is parsed once, with one JSONExtract of a tuple, and once more for its payload, which is asked for as what it
 * seems to be (an object as raw text, parsed by itself, took 60 % more; asking for an object where there is a text costs the
 * engine an error message, a third of all parsing). Where a line need not be parsed, the parser is handed an empty text: the engine
 * does not reliably skip a function whose result is not needed. Whether a payload is an object, a list or a text is
 * looked at in the text around it, and by the parser where that could deceive (a key that is written with an escape, beside the other
 * key's name as a value, deceives all the same: nobody writes that). The steps
 * must not be merged into one (`query_plan_merge_expressions`), or the engine parses every line before it filters:
 * 2.8 times the time, measured.
 */

import { isCourseKeySql } from '../store/course-key-sql.ts';
import { unusableNameSql } from '../store/unusable-name-sql.ts';

/** Longer lines are not parsed: the parser needs about 16 times their length in memory. */
export const LONGEST_LINE = 8 * 1024 * 1024;

const EVENT_NAMES = [
  'problem_check',
  'play_video',
  'edx.video.played',
  'edx.forum.thread.created',
  'edx.forum.response.created',
  'edx.forum.comment.created',
  'edx.course.enrollment.activated',
  'edx.course.enrollment.deactivated',
  'edx.course.enrollment.mode_changed',
  'edx.cohort.user_added',
  'edx.cohort.user_removed',
] as const;

/** A list in place of an object would be read into it by position, so lists are told apart. */
const PAYLOAD = `Tuple(problem_id String, success String, id String, commentable_id String, user_id String,
  username String, course_id String, mode String, cohort_name String)`;

const EVENT = `Tuple(username String, event_type String, name String, event_source String, time String, timestamp String,
  page String, context Tuple(username String, user_id String, course_id String, event_source String, page String))`;

const SPACE = `' \\t\\r\\n\\f\\v'`;
/** SQL of what the LMS makes of an old id for its pages: `Location.html_id` of its opaque keys. */
const htmlId = (text: string): string => `replaceRegexpAll(${text}, '[^\\\\pL\\\\pN-]+', '_')`;

const TIME = String.raw`^\\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\\d|3[01])[T ]([01]\\d|2[0-3]):[0-5]\\d(:[0-5]\\d([.,]\\d+)?)?(Z|[+-]\\d{2}:?\\d{2})?$`;

/**
 * Settings under which the SELECT is run. `pread` keeps the file itself out of the process's memory. Blocks of 8 MB: smaller
 * ones stay in the caches better, but each costs half a millisecond. Looking for comparisons that follow from others
 * (`optimize_and_compare_chain`) finds none, and took 80 of the 145 ms before the first line is read. Functions are computed for all lines of a block: choosing
 * those for which one is needed took a ninth of the time, and what is dear is handed an empty text for the others anyway. So no
 * function may be used that throws, and a server's limits on the search for several patterns do not hold for ours.
 */
export const DECODER_SETTINGS = `query_plan_merge_expressions = 0, storage_file_read_method = 'pread',
  input_format_parallel_parsing = 1, min_chunk_bytes_for_parallel_parsing = 8388608, min_insert_block_size_rows = 262144, min_insert_block_size_bytes = 67108864,
  optimize_on_insert = 0, max_insert_threads = 1, optimize_and_compare_chain = 0, short_circuit_function_evaluation = 'disable',
  allow_hyperscan = 1, max_hyperscan_regexp_length = 0, max_hyperscan_regexp_total_length = 0`.replaceAll(
  /\s*([,=])\s*/g,
  '$1',
);

/**
 * An element of a tuple. The engine takes `event.time` for a subcolumn, which it looks for anew in every block: in all a
 * tenth of the time.
 */
const element = (tuple: string, path: readonly string[]): string =>
  path.reduce((whole, name) => `tupleElement(${whole}, '${name}')`, tuple);
const event = (...path: readonly string[]): string => element('event', path);
const payload = (name: string): string => element('payload', [name]);

/** SQL of whether a name may be what the engine writes of a value that is neither a text nor a whole number. */
const mayBeNoName = (name: string): string =>
  `(${name} IN ('true', 'false') OR left(${name}, 1) IN ('{', '[') OR (${name} < ':' AND ${name} != '' AND toUInt64OrZero(${name}) = 0))`;
/** The types of such values. */
const NO_NAMES = `('Bool', 'Double', 'Object', 'Array')`;

/** Which lines name one of our events, as patterns: of literals alone, which the engine looks for at once as bytes. */
const NAMED = quoteAll(EVENT_NAMES.map((name) => name.replaceAll('.', String.raw`\\.`)));

/**
 * The decoder over `source`, a table expression with one column `line`.
 * Parameter `now` (DateTime64) bounds future times. Rows: one per line that gives a fact or a roster change (`reason` empty)
 * or is rejected, and per block read one whose `lines` says how many lines the block had (`reason` 'irrelevant' if it is
 * only that). Columns: lines, reason, kind, hash, course_id, username, user_id, time, entity, completed, action, value.
 */
export function decoderSql(source: string): string {
  const sql = `
WITH
defaultValueOfTypeName('${PAYLOAD}') AS nothing,
counted AS (
  SELECT
    line,
    blockSize() * (rowNumberInBlock() = 0) AS lines,
    multiMatchAny(line, ${NAMED}) AS named
  FROM ${source}
),
candidates AS (
  SELECT
    lines,
    named,
    length(line) > ${LONGEST_LINE} AS too_long,
    position(line, '{') AS start,
    if(endsWith(line, '}'), length(line), length(trimRight(if(endsWith(line, '}'), '', line), ${SPACE}))) AS end,
    substring(line, start, if(named AND NOT too_long, end - start + 1, 0)) AS object
  FROM counted
  WHERE lines > 0 OR named
),
events AS (
  SELECT lines, named, too_long, object, JSONExtract(object, '${EVENT}') AS event
  FROM candidates
),
typed AS (
  SELECT
    *,
    if(${event('event_type')} != '', ${event('event_type')}, ${event('name')}) AS type,
    if(${event('event_source')} != '', ${event('event_source')}, ${event('context', 'event_source')}) AS source
  FROM events
),
kinds AS (
  SELECT
    *,
    multiIf(
      NOT named OR startsWith(type, '/') OR startsWith(type, 'http://') OR startsWith(type, 'https://'), '',
      type = 'problem_check', if(source = 'server', 'problem', ''),
      startsWith(type, 'edx.video.bumper.') OR startsWith(${event('name')}, 'edx.video.bumper.'), '',
      type IN ('play_video', 'edx.video.played') OR ${event('name')} IN ('play_video', 'edx.video.played'), 'video',
      type IN ('edx.forum.thread.created', 'edx.forum.response.created', 'edx.forum.comment.created'), 'discussion',
      source IN ('browser', 'mobile'), '',
      type IN ('edx.course.enrollment.activated', 'edx.course.enrollment.deactivated', 'edx.course.enrollment.mode_changed'), 'enrollment',
      type IN ('edx.cohort.user_added', 'edx.cohort.user_removed'), 'cohort',
      '') AS kind
  FROM typed
),
fact_events AS (
  SELECT
    *,
    kind IN ('enrollment', 'cohort') AS is_roster,
    if(${event('time')} != '', ${event('time')}, ${event('timestamp')}) AS time_text,
    if(${event('page')} != '', ${event('page')}, ${event('context', 'page')}) AS page,
    trimBoth(${event('username')}, ${SPACE}) AS own_text,
    trimBoth(${event('context', 'username')}, ${SPACE}) AS context_text,
    if(JSONType(if(${mayBeNoName('own_text')}, object, ''), 'username') IN ${NO_NAMES}, '', own_text) AS own_username,
    if(JSONType(if(${mayBeNoName('context_text')}, object, ''), 'context', 'username') IN ${NO_NAMES}, '', context_text) AS context_username
  FROM kinds
  WHERE lines > 0 OR kind != '' OR (named AND type = '')
),
payload_keys AS (
  SELECT
    *,
    countSubstrings(object, '"event"') AS events,
    position(object, '"data"') > 0 AS tells_data,
    if((events > 0) = tells_data, object, '') AS mixed,
    multiIf(
      mixed = '', if(tells_data, 'data', 'event'),
      JSONType(mixed, 'event') = 'Object' AND JSONLength(mixed, 'event') > 0, 'event',
      JSONType(mixed, 'data') = 'Object' AND JSONLength(mixed, 'data') > 0, 'data',
      JSONType(mixed, 'event') != 'String', 'data',
      JSONType(mixed, 'data') != 'String' OR ${event('time')} != '', 'event',
      'data') AS payload_key,
    if(events = 1 AND mixed = '', trimLeft(substring(object, position(object, '"event"') + 7, 3), ': '), '') AS opening,
    startsWith(opening, '{') AS is_object,
    startsWith(opening, '"') AS is_text
  FROM fact_events
),
payload_objects AS (
  SELECT
    *,
    JSONExtract(if(is_text, '', object), payload_key, '${PAYLOAD}') AS payload_object,
    payload_object != nothing AS has_object
  FROM payload_keys
),
payload_texts AS (
  SELECT
    *,
    JSONType(if(has_object AND NOT is_object, object, ''), payload_key) = 'Array' AS is_list,
    JSONExtractString(if(has_object, '', object), payload_key) AS payload_text,
    if(own_username != '', own_username, context_username) AS actor
  FROM payload_objects
),
payloads AS (
  SELECT
    *,
    multiIf(
      is_list, nothing,
      has_object, payload_object,
      JSONExtract(if(startsWith(trimLeft(payload_text, ${SPACE}), '{'), payload_text, ''), '${PAYLOAD}')) AS payload
  FROM payload_texts
),
named_people AS (
  SELECT
    *,
    if(payload = nothing, object, '') AS unclear,
    actor = '' OR ${unusableNameSql('actor')} AS actor_unusable,
    toUInt64OrZero(trimBoth(${event('context', 'user_id')}, ${SPACE})) AS actor_id,
    if(is_roster, toUInt64OrZero(trimBoth(${payload('user_id')}, ${SPACE})), 0) AS subject_id,
    if(is_roster, trimBoth(${payload('username')}, ${SPACE}), '') AS subject_text,
    ${mayBeNoName('subject_text')} AS is_unclear,
    if(
      JSONType(if(is_unclear AND has_object, object, ''), payload_key, 'username') IN ${NO_NAMES}
        OR JSONType(if(is_unclear AND NOT has_object, payload_text, ''), 'username') IN ${NO_NAMES},
      '', subject_text) AS subject,
    trimBoth(if(is_roster AND trimBoth(${payload('course_id')}, ${SPACE}) != '', ${payload('course_id')}, ${event('context', 'course_id')}), ${SPACE}) AS stated_course,
    cutQueryStringAndFragment(if(stated_course = '' AND source = 'browser', page, '')) AS telling_page,
    multiIf(
      position(telling_page, '/courses/') > 0, extract(decodeURLComponent(telling_page), '/courses/((?:course-v1:|ccx-v1:)[^/?#]+|[^/?#:]+/[^/?#]+/[^/?#]+)'),
      position(telling_page, '/xblock/') > 0, extract(decodeURLComponent(telling_page), '/xblock/((?:ccx-)?block-v1:[^/?#]+?)\\\\+type@'),
      '') AS page_key
  FROM payloads
),
claims AS (
  SELECT
    *,
    ${unusableNameSql('subject')} AS subject_unusable,
    multiIf(
      stated_course != '', stated_course,
      startsWith(page_key, 'block-v1:'), replaceOne(page_key, 'block-v1:', 'course-v1:'),
      startsWith(page_key, 'ccx-block-v1:'), replaceOne(page_key, 'ccx-block-v1:', 'ccx-v1:'),
      page_key) AS course_id,
    -- the engine takes 19 digits of a fraction
    length(time_text) > ${20 + 19} AS is_long,
    if(is_long, replaceRegexpOne(if(is_long, time_text, ''), '([.,]\\d{6})\\d+', '\\1'), time_text) AS cut_time,
    if(match(time_text, '${TIME}'), parseDateTime64BestEffortOrNull(replaceOne(cut_time, ',', '.'), 6, 'UTC'), NULL) AS instant
  FROM named_people
),
decoded AS (
  SELECT
    *,
    multiIf(
      subject != '', if(subject_unusable, '', subject),
      actor_unusable OR (subject_id > 0 AND subject_id != actor_id), '',
      actor) AS username,
    multiIf(subject_id > 0, subject_id, subject != '', toUInt64(0), actor_id) AS user_id,
    ${isCourseKeySql('course_id')} AS course_valid,
    ifNull(instant, toDateTime64('1900-01-01 00:00:00', 6, 'UTC')) AS time,
    trimBoth(${payload('id')}, ${SPACE}) AS video_id,
    replaceRegexpOne(video_id, '^(?:.*type@video\\\\+block@|i4x://.*/video/)', '') AS last_part,
    replaceRegexpOne(toLowCardinality(if(startsWith(video_id, 'i4x-'), course_id, '')),
      '^(?:[a-z]+-v1:)?([^/+]+)[/+]([^/+]+)[/+].*$', 'i4x-\\\\1-\\\\2-video-')::String AS beginning,
    if(startsWith(last_part, beginning), substring(last_part, length(beginning) + 1), last_part) AS video,
    -- no list, no work: to compile the patterns of all scripts takes a millisecond of every block
    startsWith(video, 'i4x-') OR match(if(startsWith(video_id, 'i4x') AND video != video_id, video, ''), '[^0-9A-Za-z_-]|__') AS is_odd,
    arrayMap(id -> ${htmlId('id')}, if(is_odd, [video], [])) AS odd_videos,
    arrayMap(id -> ${htmlId('id')}, if(is_odd, [beginning], [])) AS odd_beginnings,
    arrayMap(
      (id, begin) -> if(startsWith(id, begin), substring(id, length(begin) + 1), replaceRegexpOne(id, '^i4x-.*-video-', '')),
      odd_videos, odd_beginnings) AS html_ids,
    multiIf(
      kind = 'problem', trimBoth(${payload('problem_id')}, ${SPACE}),
      kind = 'video', if(is_odd, html_ids[1], video),
      kind = 'discussion', trimBoth(${payload('commentable_id')}, ${SPACE}),
      kind = 'cohort', trimBoth(${payload('cohort_name')}, ${SPACE}),
      '') AS told,
    -- the LMS has none that is longer, and browsers tell what they like
    if(lengthUTF8(told) > 255, '', told) AS entity
  FROM claims
)
SELECT
  lines,
  multiIf(
    kind = '' AND NOT named, 'irrelevant',
    too_long, 'too_long',
    kind = '', if(type != '' OR JSONType(if(type = '', object, '')) = 'Object', 'irrelevant', 'not_json'),
    username = '' AND (user_id = 0 OR subject_unusable OR NOT is_roster), if(actor = '' AND subject = '', 'no_username', 'bad_username'),
    course_id = '', 'no_course',
    NOT course_valid, 'bad_course',
    -- the first day there is stands for none
    time < toDateTime64('1970-01-02 00:00:00', 6, 'UTC'), 'bad_time',
    time > {now:DateTime64(6, 'UTC')} + INTERVAL 1 DAY, 'future_time',
    unclear != '' AND 'Object' NOT IN (JSONType(unclear, 'event'), JSONType(unclear, 'data'), JSONType(if(unclear = '', '', payload_text))), 'bad_payload',
    entity = '' AND kind != 'enrollment', 'no_entity',
    '') AS reason,
  kind,
  xxh3_128(object) AS hash,
  course_id,
  username,
  user_id,
  time,
  entity,
  kind = 'problem' AND lower(${payload('success')}) = 'correct' AS completed,
  if(is_roster, substringIndex(type, '.', -1), '') AS action,
  if(kind = 'enrollment', trimBoth(${payload('mode')}, ${SPACE}), '') AS value
FROM decoded`;
  // a server is told it in the address, of which a proxy may take 16 KiB
  return sql
    .replaceAll(/ *--.*$/gm, '')
    .replaceAll(/\n\s*/g, ' ')
    .replaceAll(/(,|\() /g, '$1')
    .replaceAll(/ (!?=|[<>]=?) /g, '$1');
}

function quoteAll(words: readonly string[]): string {
  return `[${words.map((word) => `'${word}'`).join(', ')}]`;
}
