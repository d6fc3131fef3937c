import assert from 'node:assert/strict';
import test from 'node:test';
import { refresh } from '../src/engagement/refresh.ts';
import { getLearner, listLearners } from '../src/engagement/roster.ts';
import { ingest } from '../src/ingest/ingest.ts';
import { formatRosterChange } from './log-lines.ts';
import { makeTempFolder, openTempStore } from './temp-store.ts';

const { write } = makeTempFolder();
const COURSE = 'course-v1:A+B+C';
const TEXTS = [
  'plain, and "quoted"',
  String.raw`a\b\\"c`,
  'ends in \\',
  '], "bio": "x", [',
  '{"name": 1}',
  '\n\r\t\u0001\u007F',
  '\u2028\u2029\uFEFF',
  'http://example.com/a?b=</script>',
  'José आरव 李雷 😀 عربي',
];

test('profiles are told as they are, whatever they hold', async () => {
  const store = await openTempStore();
  const names = TEXTS.map((_, index) => `u${index}`);
  const lines = names.map((username) => formatRosterChange('enrollment.activated', { username, mode: 'audit' }));
  await ingest(store, [write('tracking.log', `${lines.join('\n')}\n`)], { now: new Date('2026-11-21T12:00:00Z') });
  const profiles = TEXTS.map((text, index) => ({
    username: names[index],
    user_id: index + 1,
    name: text,
    email: `${index}@example.com`,
    goals: text,
    bio: index % 2 === 0 ? text : null,
  }));
  await store.insert('lms_users', profiles);
  await refresh(store, { asOf: '2026-11-22' });

  const query = { courseId: COURSE, orderBy: 'username', descending: false, offset: 0, limit: 100 } as const;
  const { learners } = await listLearners(store, query, { lmsUrl: 'https://lms.example/"ü"' });
  assert.deepEqual(
    learners.map(({ username, user_id, name, email, goals, bio }) => ({ username, user_id, name, email, goals, bio })),
    profiles,
  );
  assert.equal(learners[1]?.account_url, 'https://lms.example/"ü"/api/user/v1/accounts/u1');
  // by far from each other, and alone
  const { learners: some } = await listLearners(store, { ...query, orderBy: 'email', descending: true, limit: 2 });
  assert.deepEqual(
    some.map(({ goals }) => goals),
    TEXTS.slice(-2).toReversed(),
  );
  for (const [index, text] of TEXTS.entries()) assert.equal((await getLearner(store, COURSE, `u${index}`))?.name, text);
});
