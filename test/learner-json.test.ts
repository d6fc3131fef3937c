import assert from 'node:assert/strict';
import test from 'node:test';
import { formatRow, formatRows } from '../src/api/csv.ts';
import { LEARNER_COLUMNS } from '../src/api/fields.ts';
import { LearnerRows } from '../src/api/learner-rows.ts';
import { openCopy } from '../src/engagement/copy/open-copy.ts';
import { showInRange } from '../src/engagement/course-in-range.ts';
import { getCourse } from '../src/engagement/course.ts';
import type { DateRange, Learner } from '../src/engagement/learner.ts';
import { METRICS, RATIO_METRIC } from '../src/engagement/metrics.ts';
import { cutRanges, levelOf } from '../src/engagement/ranges.ts';
import { refresh } from '../src/engagement/refresh.ts';
import { listLearners, readRoster } from '../src/engagement/roster.ts';
import { ingest } from '../src/ingest/ingest.ts';
import { getLearner } from './get-learner.ts';
import { formatAttempt, formatRosterChange } from './log-lines.ts';
import { makeTempFolder, openTempStore } from './temp-store.ts';

const { write } = makeTempFolder();
const COURSE = 'course-v1:A+B+C';
const AS_OF = '2026-11-22';
const TEXTS = [
  'plain, and "quoted"',
  'Mendel, Gregor',
  String.raw`a\b\\"c`,
  'ends in \\',
  '], "bio": "x", [',
  '{"name": 1}',
  '\n\r\t\u0001\u007F',
  '\u2028\u2029\uFEFF',
  'http://example.com/a?b=</script>',
  'José आरव 李雷 😀 عربي',
  '=1+1',
  '-1',
  '@x',
  '+x, y',
  ' =1',
  '\t=1',
  'x;=1;-2',
  'x;"=1',
  '＝1',
  'x'.repeat(200_000),
];
/** The latter have no profile, so that they differ in what they did alone. */
const NAMES = Array.from({ length: TEXTS.length + 8 }, (_, index) => `u${String(index).padStart(2, '0')}`);
const query = { courseId: COURSE, orderBy: 'username', descending: false, offset: 0, limit: 100 } as const;

const store = await openTempStore();
const attempt = (username: string, day: string, success: string, problem = 1) =>
  formatAttempt({ username, time: `2026-11-${day}T10:00:00.000001+00:00`, success, problem: `p${problem}` });
const lines = NAMES.flatMap((username, index) => [
  formatRosterChange('enrollment.activated', { username, mode: index % 3 === 0 ? 'audit' : 'honor, "x"' }),
  // some in the current week, some before it, some never; some of the former without completing anything
  ...(index % 4 === 1 ? Array.from({ length: index }, (_, n) => attempt(username, '20', 'correct', n)) : []),
  ...(index % 4 === 2 ? [attempt(username, '12', 'incorrect')] : []),
  ...(index % 8 === 5 ? [attempt(username, '03', 'incorrect'), attempt(username, '04', 'correct')] : []),
  ...(index === 9 ? Array.from({ length: 40 }, () => attempt(username, '19', 'incorrect')) : []),
]);
await ingest(store, [write('tracking.log', `${lines.join('\n')}\n`)], { now: new Date('2026-11-21T12:00:00Z') });
const PROFILES = TEXTS.map((text, index) => ({
  username: NAMES[index] ?? '',
  user_id: index === 3 ? 4_294_967_296 : index + 1,
  name: text,
  email: `${index}@example.com`,
  year_of_birth: [1990, -5, -2_147_483_648][index % 3] ?? 0,
  goals: text,
  bio: index % 2 === 0 ? text : null,
}));
const NO_PROFILE = { user_id: null, name: null, email: null, year_of_birth: null, goals: null, bio: null };
await store.insert('lms_users', PROFILES);
await refresh(store, { asOf: AS_OF });

async function readCourse() {
  const course = await getCourse(store, COURSE);
  assert.ok(course !== null);
  return course;
}

test('profiles are told as they are, whatever they hold', async () => {
  const { learners } = await listLearners(store, query, { lmsUrl: 'https://lms.example/"ü"' });
  assert.deepEqual(
    learners.map(({ username, user_id, name, email, year_of_birth, goals, bio }) => {
      return { username, user_id, name, email, year_of_birth, goals, bio };
    }),
    [...PROFILES, ...NAMES.slice(TEXTS.length).map((username) => ({ username, ...NO_PROFILE }))],
  );
  assert.equal(learners[1]?.account_url, 'https://lms.example/"ü"/api/user/v1/accounts/u01');
  // far from each other, and alone
  const { learners: some } = await listLearners(store, { ...query, orderBy: 'email', limit: 2 });
  assert.deepEqual(
    some.map(({ goals }) => goals),
    [TEXTS[0], TEXTS[10]],
  );
  for (const [index, text] of TEXTS.entries())
    assert.equal((await getLearner(store, COURSE, NAMES[index] ?? ''))?.name, text);
});

test('learners who were looked at before are told as they were, and anew where that says something else', async () => {
  const copy = await openCopy(store, await readCourse());
  copy.forget();
  const list = async (lmsUrl: string | null, range?: DateRange) =>
    (await listLearners(store, { ...query, ...(range !== undefined && { range }) }, { lmsUrl })).learners;
  const before = [await list('https://one.example'), await list('https://one.example')];
  const { bytes } = copy.kept;
  assert.ok(bytes > 0);
  // once they are kept, from what is kept
  assert.deepEqual([await list('https://one.example'), await list('https://one.example')], before);
  assert.equal(copy.kept.bytes, bytes);
  const inRange = await list('https://one.example', { start: '2026-11-01', end: '2026-11-14' });
  assert.equal(copy.kept.bytes, bytes);
  const expected = before[0]!.map((learner, index) => ({ ...learner, engagements: inRange[index]!.engagements }));
  assert.deepEqual(inRange, expected);
  const without = expected.map((_, index) => ({ ...before[0]![index]!, account_url: null }));
  for (let turn = 0; turn < 3; turn += 1) assert.deepEqual(await list(null), without);
});

const RANGES: ReadonlyArray<DateRange | undefined> = [
  undefined,
  { start: '2026-11-01', end: '2026-11-14' },
  { start: '2026-11-20', end: '2026-11-21' },
];

const judged = ({ segments, segment_reasons }: Learner) => ({ segments, segment_reasons });

for (const range of RANGES) {
  test(`the cells of a download are those of the learners in the list, ${range?.start ?? 'current week'}`, async () => {
    const asked = { ...query, ...(range !== undefined && { range }) };
    const { learners } = await listLearners(store, asked, { lmsUrl: 'https://lms.example' });
    assert.ok(new Set(learners.map(({ segments }) => segments.join())).size > 3);
    for (const columns of [
      LEARNER_COLUMNS,
      LEARNER_COLUMNS.toReversed(),
      ['segments'],
      ['cohort'],
      ['segment_reasons.inactive', 'username'],
    ]) {
      const rows = new LearnerRows(columns);
      const parts = await readRoster(store, asked, { lmsUrl: 'https://lms.example' }, rows.add);
      assert.ok(parts !== null);
      while ((await parts.next()).done !== true);
      assert.equal(Buffer.from(rows.take()).toString(), formatRow(columns) + formatRows(columns, learners));
    }
  });

  test(`levels are by the range that is asked for, reasons by the week, ${range?.start ?? 'current week'}`, async () => {
    const { distributions } = await showInRange(store, await readCourse(), range);
    const { learners } = await listLearners(store, { ...query, ...(range !== undefined && { range }) });
    const { learners: now } = await listLearners(store, query);
    for (const { username, engagements } of learners) {
      const levels = METRICS.map((metric) => {
        const { p15, p85 } = distributions[metric];
        const { problem_attempts: attempts, problems_completed: completed } = engagements;
        const value = metric === RATIO_METRIC ? attempts / completed : engagements[metric];
        return [metric, levelOf(value, cutRanges(p15, p85))];
      });
      assert.deepEqual(engagements.levels, Object.fromEntries(levels), username);
    }
    assert.deepEqual(learners.map(judged), now.map(judged));
  });
}

test('the records of a course are in memory once some far from each other were asked for, and are given back', async () => {
  const copy = await openCopy(store, await readCourse());
  copy.forget();
  // not one of those who are listed: whoever is told twice is kept
  await getLearner(store, COURSE, 'u04');
  const alone = copy.bytes;
  const records = NAMES.length * copy.records(0, 1).byteLength;
  await listLearners(store, { ...query, limit: 3 });
  assert.ok(copy.bytes < alone + records, `${copy.bytes}, ${alone} before`);
  await listLearners(store, { ...query, orderBy: 'email', limit: 2 });
  assert.ok(copy.bytes >= alone + records, `${copy.bytes}, ${alone} before`);
  copy.forget();
  assert.equal(copy.bytes, 0);
  assert.equal(copy.allRecords().byteLength, records);
  assert.equal(copy.bytes, records);
});
