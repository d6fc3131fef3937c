import assert from 'node:assert/strict';
import test from 'node:test';
import { refresh } from '../src/engagement/refresh.ts';
import { ingest } from '../src/ingest/ingest.ts';
import { getLearner } from './get-learner.ts';
import { formatAttempt } from './log-lines.ts';
import { makeTempFolder, openTempStore } from './temp-store.ts';

const attempts = (problem: string, days: readonly string[], success = 'incorrect', username = 'maria') =>
  days.map((day, index) => formatAttempt({ username, problem, success, time: `2026-11-${day}T10:00:0${index}Z` }));

const posts = (username: string, count: number) =>
  Array.from({ length: count }, (_, index) =>
    JSON.stringify({
      username,
      event_type: 'edx.forum.thread.created',
      event_source: 'server',
      time: `2026-11-20T10:00:00.${String(index).padStart(6, '0')}Z`,
      context: { course_id: 'course-v1:A+B+C' },
      event: { commentable_id: 'topic' },
    }),
  );

test('a learner is stuck on the most tried problem of five answers or more, none correct, and rather on one tried lately', async () => {
  const store = await openTempStore();
  const { write } = makeTempFolder();
  const lines = [
    ...attempts('stuck', ['01', '10', '11', '12', '13', '20']),
    ...attempts('stuck as often', ['15', '16', '17', '18', '19', '20']),
    ...attempts('less', ['16', '17', '18', '19', '20']),
    ...attempts('solved', ['14', '15', '16', '17', '18', '19', '20', '20']),
    ...attempts('solved', ['19'], 'Correct'),
    ...attempts('long ago', ['01', '02', '03', '04', '05', '06', '07', '08']),
    ...attempts('few', ['20', '20', '20', '20']),
    // of two as often, the first by name
    ...['c', 'a', 'b'].flatMap((problem) =>
      attempts(problem, ['01', '01', '02', '02', '03', '03'].slice(problem === 'b' ? 1 : 0), 'incorrect', 'pat'),
    ),
    ...attempts('five', ['18', '19', '20', '21', '22'], 'incorrect', 'sam'),
    // lately is from the fourteenth day before the end on
    ...attempts('fourteen days', ['06', '07', '08', '09', '10'], 'incorrect', 'uma'),
    ...attempts('fifteen days', ['04', '05', '06', '07', '08', '09'], 'incorrect', 'uma'),
    ...attempts('four', ['19', '20', '21', '22'], 'incorrect', 'tim'),
    ...attempts('tomorrow', ['24', '24', '24', '24', '24', '24', '24', '24']),
  ];
  await ingest(store, [write('input.log', lines.join('\n'))], { now: new Date('2026-11-24T12:00:00Z') });
  await refresh(store, { asOf: '2026-11-24' });
  const learner = await getLearner(store, 'course-v1:A+B+C', 'maria');
  assert.deepEqual(learner?.tidbits[0]?.data, { problem_id: 'stuck', attempts: 6 });
  const past = await getLearner(store, 'course-v1:A+B+C', 'pat');
  assert.deepEqual(past?.tidbits[0], {
    code: 'stuck_on_problem',
    message: 'Submitted 6 answers in all to one problem without a correct one so far.',
    data: { problem_id: 'a', attempts: 6 },
  });
  const first = async (username: string) => (await getLearner(store, 'course-v1:A+B+C', username))?.tidbits[0]?.data;
  assert.deepEqual(await first('sam'), { problem_id: 'five', attempts: 5 });
  assert.equal(await first('tim'), undefined);
  assert.deepEqual(await first('uma'), { problem_id: 'fourteen days', attempts: 5 });
});

test('of those who contribute the most, the five most active are told which they are, and all who do as much', async () => {
  const store = await openTempStore();
  const { write } = makeTempFolder();
  const counts = [...Array.from({ length: 35 }, (_, index) => index + 1), 37, 39, 39, 40, 36];
  const lines = counts.flatMap((count, index) => posts(`learner_${index}`, count));
  await ingest(store, [write('posts.log', lines.join('\n'))], { now: new Date('2026-11-24T12:00:00Z') });
  await refresh(store, { asOf: '2026-11-24' });
  const told = await Promise.all(
    counts.map(async (count, index) => {
      const learner = await getLearner(store, 'course-v1:A+B+C', `learner_${index}`);
      const praise = learner?.tidbits.find(({ code }) => code === 'top_contributor');
      return [count, praise?.data['rank']];
    }),
  );
  assert.deepEqual(
    told.filter(([, rank]) => rank !== undefined),
    [
      [37, 4],
      [39, 2],
      [39, 2],
      [40, 1],
      [36, 5],
    ],
  );
});
