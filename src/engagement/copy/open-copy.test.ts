import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { getLearner } from '../../../test/get-learner.ts';
import { DEMO_COURSE, fillSampleSite } from '../../../test/sample-site.ts';
import { openTempStore } from '../../../test/temp-store.ts';
import { type Course, getCourse } from '../course.ts';
import { judgeSnapshots } from '../judge-snapshots.ts';
import { refresh } from '../refresh.ts';
import { listLearners } from '../roster.ts';
import { copyFolder } from './build-copy.ts';
import { openCopy } from './open-copy.ts';
import { PEOPLE_FILES, gramFiles } from './people-files.ts';
import { closeCopies } from './opened-copies.ts';
import { removeCopies, tidyCopies } from './tidy-copies.ts';

const AS_OF = '2026-10-26';
const store = await openTempStore();
await fillSampleSite(store);
const query = { courseId: DEMO_COURSE, orderBy: 'name', descending: false, offset: 0, limit: 1000 } as const;
const before = await listLearners(store, query);
const search = { ...query, terms: ['example'] };
const found = await listLearners(store, search);

async function readCourse(): Promise<Course> {
  const course = await getCourse(store, DEMO_COURSE);
  assert.ok(course !== null);
  return course;
}

function list(part: string): string[] {
  return readdirSync(store.copies).filter((name) => name.startsWith(part));
}

test('a copy that is gone or damaged is made again', async () => {
  const key = await readCourse();
  const folder = copyFolder(store, key.snapshot);
  const people = join(store.copies, (await openCopy(store, key)).meta.people);
  const damages = [
    () => rmSync(store.copies, { recursive: true }),
    () => truncateSync(join(folder, 'state'), 100),
    () => writeFileSync(join(folder, 'meta.json'), '{'),
    () => rmSync(join(folder, 'state')),
    () => truncateSync(join(folder, 'rows-0'), 4),
    () => rmSync(join(folder, 'places')),
    () => rmSync(join(folder, 'entities.json')),
    () => rmSync(join(people, PEOPLE_FILES.texts)),
    () => truncateSync(join(people, PEOPLE_FILES.texts), 100),
    ...Object.values(gramFiles(0)).map((file) => () => truncateSync(join(people, file), 100)),
    () => truncateSync(join(people, 'docs.jsonl'), 1000),
    () => rmSync(join(people, 'docs.offsets')),
    () => rmSync(people, { recursive: true }),
  ];
  for (const damage of damages) {
    closeCopies(store, () => true);
    damage();
    assert.deepEqual(await listLearners(store, query), before, String(damage));
    assert.deepEqual(await listLearners(store, search), found, String(damage));
  }
});

test('one that goes away or is damaged while it is open is told, and there again for the next question', async () => {
  const key = await readCourse();
  const folder = copyFolder(store, key.snapshot);
  const damages = [
    () => rmSync(store.copies, { recursive: true }),
    () => truncateSync(join(folder, 'state'), 100),
    () => truncateSync(join(store.copies, list('people-')[0] ?? '', 'docs.jsonl'), 1000),
  ];
  for (const damage of damages) {
    const copy = await openCopy(store, key);
    copy.forget();
    damage();
    await assert.rejects(listLearners(store, query), { code: 'store_unavailable' }, String(damage));
    assert.deepEqual(await listLearners(store, query), before, String(damage));
    assert.deepEqual(await listLearners(store, search), found, String(damage));
  }
});

test('a refresh makes persons anew that are the files of another version', async () => {
  const people = join(store.copies, (await openCopy(store, await readCourse())).meta.people);
  closeCopies(store, () => true);
  rmSync(join(people, PEOPLE_FILES.texts));
  await refresh(store, { asOf: AS_OF, full: true });
  assert.ok(existsSync(join(people, PEOPLE_FILES.texts)));
  assert.deepEqual(await listLearners(store, query), before);
});

test('persons are shared by snapshots in which they are the same', async () => {
  assert.ok(before.count > 20);
  await refresh(store, { asOf: AS_OF, full: true });
  const shared = list('people-').length;
  const copies = list('1').length;
  await refresh(store, { asOf: AS_OF, full: true });
  assert.ok(list('1').length > copies);
  assert.equal(list('people-').length, shared);
});

test('one that is read from stays readable when it is tidied away; others go with what nobody needs', async () => {
  const course = await readCourse();
  const { snapshot } = course;
  const copy = await openCopy(store, course);
  const unused = join(store.copies, 'people-of-nobody');
  const halfMade = join(store.copies, '17.abc.making');
  for (const folder of [unused, halfMade]) {
    mkdirSync(folder);
    utimesSync(folder, 0, 0);
  }
  await copy.use(async () => {
    await store.run(
      'ALTER TABLE snapshots UPDATE published_at = published_at - INTERVAL 1 DAY WHERE true SETTINGS mutations_sync = 1',
    );
    await refresh(store, { asOf: AS_OF, full: true });
    await store.run(
      'ALTER TABLE snapshots UPDATE published_at = published_at - INTERVAL 1 DAY WHERE true SETTINGS mutations_sync = 1',
    );
    await tidyCopies(store, await judgeSnapshots(store));
    assert.ok(!list('').includes(String(snapshot)));
    assert.equal(copy.records(0, 1).length > 0, true);
    assert.equal(copy.people.find(before.learners[0]?.username ?? '') >= 0, true);
  });
  assert.deepEqual(list('people-of-nobody'), []);
  assert.deepEqual(list('17.abc'), []);
  assert.ok(list(String((await readCourse()).snapshot)).length > 0);
});

test('what was dropped is made again from what is in the store', async () => {
  removeCopies(store, null);
  assert.deepEqual(list(''), []);
  assert.equal((await getLearner(store, DEMO_COURSE, 'maria'))?.username, 'maria');
});

test('of a snapshot that the store does not have there is no copy, rather than one without anybody', async () => {
  const course = await readCourse();
  const other = { ...course, snapshot: course.snapshot + 1 };
  await assert.rejects(openCopy(store, other), { code: 'store_unavailable' });
  assert.deepEqual(list(String(other.snapshot)), []);
});

test('where a copy cannot be written, the store is unavailable, and nothing half made is left', async () => {
  const elsewhere = Object.assign(Object.create(store) as typeof store, {
    copies: '/dev/full/copies',
    query: store.query.bind(store),
    read: store.read.bind(store),
  });
  await assert.rejects(openCopy(elsewhere, await readCourse()), {
    code: 'store_unavailable',
  });
  assert.deepEqual(
    list('').filter((name) => name.endsWith('.making')),
    [],
  );
});

const PRLIMIT = '/usr/bin/prlimit';

/** Lets this process open so many more files while the work is done. */
async function withFiles(more: number, work: () => Promise<void>): Promise<void> {
  const [, usual = ''] = /^Max open files +(\w+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? [];
  // started before: nothing can be started then
  const shell = spawn('sh', ['-c', `while read -r n; do ${PRLIMIT} --pid ${process.pid} --nofile=$n: && echo; done`]);
  const limit = async (files: string) => {
    shell.stdin.write(`${files}\n`);
    await once(shell.stdout, 'data');
  };
  const next = openSync('/dev/null', 'r');
  closeSync(next);
  await limit(String(next + more));
  try {
    await work();
  } finally {
    await limit(usual);
    shell.stdin.end();
    await once(shell, 'close');
  }
}

test(
  'where no more files can be opened, the store is unavailable, and the copy stays',
  { skip: !existsSync(PRLIMIT) && `there is no ${PRLIMIT}` },
  async () => {
    const key = await readCourse();
    const copy = await openCopy(store, key);
    const folders = [copyFolder(store, key.snapshot), join(store.copies, copy.meta.people)];
    const stat = () => folders.map((folder) => statSync(folder).ino);
    const made = stat();
    for (const more of [0, 1, 2, 3, 4, 6, 7]) {
      closeCopies(store, () => true);
      await withFiles(more, async () => assert.rejects(openCopy(store, key), { code: 'store_unavailable' }));
      assert.deepEqual(stat(), made, `${more} more files`);
    }
    assert.equal((await listLearners(store, query)).count, before.count);
  },
);
