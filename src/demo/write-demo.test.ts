import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fillDisk, mountDisk } from '../../test/mount-disk.ts';
import { AppError } from '../errors.ts';
import { readLogLines } from './truth-files.ts';
import { REJECT_REASONS } from './truth-lines.ts';
import { SEGMENTS } from './truth-segments.ts';
import type { Truth } from './truth.ts';
import { readCsvFile } from './truth-csv.ts';
import { type DemoOptions, type DemoResult, writeDemo } from './write-demo.ts';

const UNTIL = new Date('2026-03-18T17:45:00.250Z');
const SMALL = { learners: 40, courses: 2, days: 9, seed: 7, until: UNTIL, truth: true, gzipRotated: true, noise: 0.5 };
let dir = '';
before(async () => (dir = await mkdtemp(join(tmpdir(), 'demo-'))));
after(() => rm(dir, { recursive: true }));

async function writeSite(name: string, options: Partial<DemoOptions> = {}): Promise<[string, DemoResult]> {
  const out = join(dir, name);
  return [out, await writeDemo({ ...SMALL, ...options, out })];
}

/** Every file of a folder, by its path. */
async function readFiles(folder: string): Promise<Map<string, Buffer>> {
  const names = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
  const paths = names.map((entry) => join(entry.parentPath, entry.name)).toSorted();
  return new Map(
    await Promise.all(paths.map(async (path) => [path.slice(folder.length), await readFile(path)] as const)),
  );
}

test('the same options give the same bytes, another seed gives others', async () => {
  const [one, first] = await writeSite('one');
  const [two, second] = await writeSite('two');
  assert.deepEqual(await readFiles(two), await readFiles(one));
  assert.deepEqual(second, first);
  const [three] = await writeSite('three', { seed: 8 });
  const name = '/logs/tracking.log';
  assert.notDeepEqual((await readFiles(three)).get(name), (await readFiles(one)).get(name));
});

test('logs rotate every day, and all but the newest rotated one are compressed', async () => {
  const [out, result] = await writeSite('rotated', { days: 4 });
  assert.deepEqual(await readdir(join(out, 'logs')), [
    'tracking.log',
    'tracking.log-20260316.gz',
    'tracking.log-20260317.gz',
    'tracking.log-20260318',
  ]);
  assert.equal(result.files, 8);
  assert.equal(result.asOf, '2026-03-19');
});

test('a folder that holds something is left alone', async () => {
  const [out] = await writeSite('held', { truth: false });
  await writeFile(join(out, 'logs', 'tracking.log'), 'mine');
  await assert.rejects(writeSite('held'), /not empty/);
  assert.equal(await readFile(join(out, 'logs', 'tracking.log'), 'utf8'), 'mine');
});

test('a full disk is told, whenever it is', async (context) => {
  const disk = mountDisk(context, 1);
  if (disk === null) return;
  for (const left of [600_000, 50_000, 0]) {
    const filler = fillDisk(disk, left);
    const full = join(disk, `site-${left}`);
    await assert.rejects(writeDemo({ ...SMALL, learners: 400, out: full }), (error) => {
      assert.ok(error instanceof AppError, String(error));
      assert.match(error.message, /cannot be (written|made).* \(ENOSPC\)/);
      return true;
    });
    await rm(filler);
    await rm(full, { recursive: true, force: true });
  }
});

test('the smallest site', async () => {
  const [, result] = await writeSite('tiny', {
    learners: 1,
    courses: 1,
    days: 1,
    noise: 0,
    until: new Date('2026-03-18T00:00:00Z'),
  });
  assert.equal(result.asOf, '2026-03-19');
  assert.deepEqual(result.courses, ['course-v1:DemoX+ML101+2026_T1']);
});

test('there is somebody in each course that the result names, however few', async () => {
  for (const [courses, learners, days] of [
    [2, 1, 9],
    [7, 1, 28],
    [3, 3, 9],
    [5, 2, 1],
  ] as const) {
    const [out, result] = await writeSite(`few-${courses}-${learners}`, { courses, learners, days, seed: 0 });
    const truth = JSON.parse(await readFile(join(out, 'truth.json'), 'utf8')) as Truth;
    assert.deepEqual(result.courses.toSorted(), Object.keys(truth.courses).toSorted());
    if (days > 1) assert.equal(result.courses.length, courses);
    if (days > 1) for (const { learner_count } of Object.values(truth.courses)) assert.ok(learner_count > 0);
  }
});

describe('a site of 500 learners', () => {
  let out = '';
  let result: DemoResult;
  let truth: Truth;
  let text = '';
  const lines: string[] = [];
  before(async () => {
    out = join(dir, 'site');
    const options = { ...SMALL, learners: 500, courses: 3, days: 28, gzipRotated: false, noise: 0.85 };
    result = await writeDemo({ ...options, out });
    truth = JSON.parse(await readFile(join(out, 'truth.json'), 'utf8')) as Truth;
    for await (const some of readLogLines(join(out, 'logs'))) lines.push(...some);
    text = lines.join('\n');
  });

  test('accounts for every line', () => {
    const { accepted, irrelevant, rejected } = truth.lines;
    assert.equal(lines.length, result.lines);
    assert.equal(truth.lines.lines, result.lines);
    assert.equal(Buffer.byteLength(text) + 1, result.bytes);
    assert.equal(accepted + irrelevant + Object.values(rejected).reduce((sum, count) => sum + count, 0), lines.length);
  });

  test('has the share of irrelevant lines that was asked for', () => {
    const share = truth.lines.irrelevant / truth.lines.lines;
    assert.ok(share > 0.82 && share < 0.87, String(share));
  });

  test('has every reason to refuse a line', () => {
    assert.deepEqual(Object.keys(truth.lines.rejected), [...REJECT_REASONS]);
  });

  test('has the oddities of real logs', () => {
    const features: Record<string, RegExp> = {
      prefix: /^\w{3} [ \d]\d \d\d:\d\d:\d\d .*\[tracking\].* - \{"/m,
      bus: /"timestamp": ".*"data": \{/,
      mobile: /"name": "edx.video.played".*"event_type": "play_video", "event_source": "mobile"/,
      bumper: /"event_type": "edx.video.bumper.played"/,
      twin: /"event": "input_\w+=choice.*"event_type": "problem_check", "event_source": "browser"/,
      implicit: /"event_type": "\/courses\/[^"]*problem_check"/,
      scanner: /"event_type": "\/wp-login.php"/,
      'course in the page only': /"course_id": "".*"event_type": "play_video".*"page": "[^"]*\/courses\/course-v1:/,
      'a time with an offset': /"time": "[^"]*\+02:00"/,
      'a time without a zone': /"time": "[^"+Z]*:\d\d(\.\d+)?"/,
      'carriage return': /\}\r$/m,
      'blank line': /^$/m,
      'cut line': /"play_video[^\n]*[^}\s]$/m,
      'capital letters': /"success": "CORRECT"/,
      'an id of a user as text': /"user_id": "\d+"/,
      retired: /"username": "retired__user_\w{17,}"/,
      command: /"username": "",[^\n]*"event_type": "edx.course.enrollment.activated"/,
      cohort: /"event_type": "edx.cohort.user_removed"/,
      change: /"event_type": "edx.course.enrollment.mode_changed"/,
      'a username of another script': /"username": "\\u0/,
    };
    for (const [name, pattern] of Object.entries(features)) assert.match(text, pattern, name);
    assert.ok(truth.lines.distinct_facts < truth.lines.facts, 'repeated lines');
  });

  test('has the same video under web and mobile ids', () => {
    const mobile = new Set([...text.matchAll(/-ML101-video-(\w{32})\\"/g)].map((match) => match[1]));
    const web = [...text.matchAll(/\\"id\\": \\"(\w{32})\\"/g)].map((match) => match[1]);
    assert.ok(web.some((hash) => mobile.has(hash)));
  });

  test('has late lines and nothing after its end', () => {
    const times = lines
      .flatMap((line) => /"time": "(2026[^"]*)\+00:00"/.exec(line)?.[1] ?? [])
      .filter((time) => !time.includes('02-30'));
    let latest = '';
    let late = 0;
    for (const time of times) {
      if (time.slice(0, 10) < latest.slice(0, 10)) late += 1;
      if (time > latest) latest = time;
    }
    assert.ok(late > 10);
    assert.ok(latest <= '2026-03-18T17:45:00.250000');
  });

  test('has three courses of different kinds', async () => {
    assert.deepEqual(Object.keys(truth.courses).toSorted(), result.courses.toSorted());
    const [first, old, open] = result.courses.map((id) => truth.courses[id]!);
    const rows = await readCsvFile(join(out, 'lms', 'enrollments.csv'));
    const sizes = [first, old, open].map((course) => course!.learner_count);
    assert.ok(sizes[0]! > 250 && sizes[0]! > sizes[1]! && sizes[1]! > sizes[2]! && sizes[2]! > 20, String(sizes));
    assert.ok(Object.values(open!.learners).every((learner) => learner.enrollment_mode === null));
    assert.ok(rows.every((row) => row.get('course_id') !== result.courses[2]));
    const listed = Object.keys(first!.learners).length;
    const exported = rows.filter((row) => row.get('course_id') === result.courses[0]).length;
    assert.ok(exported < listed && exported > listed * 0.8, 'some enrolments are known from the logs alone');
    assert.ok(
      Object.values(first!.learners).some((learner) => learner.name === null && learner.enrollment_date !== null),
    );
  });

  test('has every segment, and staff in none', () => {
    const first = truth.courses[result.courses[0]!]!;
    for (const segment of SEGMENTS) assert.ok(first.segments[segment] > 3, segment);
    assert.ok(first.segments.inactive > first.learner_count / 4);
    assert.ok(Object.keys(first.learners).every((username) => !/^(prof|dean|ops)_/.test(username)));
    assert.match(text, /"username": "prof_/);
    assert.ok(
      Object.keys(first.learners).some((username) => username.startsWith('ta_')),
      'staff of another course',
    );
  });

  test('has profiles in many scripts', async () => {
    const rows = await readCsvFile(join(out, 'lms', 'enrollments.csv'));
    const all = rows.map((row) => [...row.values()].join(' ')).join(' ');
    for (const script of ['Cyrillic', 'Arabic', 'Han', 'Devanagari', 'Hangul']) {
      assert.match(all, new RegExp(`\\p{Script=${script}}`, 'u'), script);
    }
    assert.match(all, /\n/);
    assert.match(all, /"/);
    assert.match(all, /\p{Extended_Pictographic}/u);
    assert.ok(rows.every((row) => row.get('email')!.endsWith('@example.com')));
  });
});
