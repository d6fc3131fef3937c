import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { onDisk } from '../../store/engine-errors.ts';
import type { Params, SaveTarget, Store } from '../../store/store.ts';
import { type Renames, hashRenames, renameParams } from '../renames.ts';
import { EACH_NUMBER_SQL } from '../snapshot-rows.ts';
import { type CountedPeople, findCopy, hasPeople } from './build-copy.ts';
import { NOTHING_CAME, chooseEarlier, findChanges, findEarlier } from './find-base.ts';
import { FACT_SETTINGS, type ToldHistory, allFactsOfSeveral, findEntities, packedSql } from './history-facts.ts';
import { readText } from './people-files.ts';
import { personExports } from './person-exports.ts';
import { readChange } from './read-facts.ts';
import { PLACES, RECORD_BYTES, RECORD_WORDS, STATE_SQL, nameParams } from './state-records.ts';
import type { Told } from './told.ts';
import { ALL_FILE } from './write-state.ts';

/** Of more learners or facts, a course is asked about by itself: that takes longer than to plan what is asked. */
const FEW_LEARNERS = 10_000;
const FEW_FACTS = 20_000;
/** So many learners together at most: some 400 bytes of each are in memory. */
export const TOLD_LEARNERS = 50_000;

/** A snapshot that has all of its rows, not published yet. */
interface WrittenSnapshot {
  readonly courseId: string;
  readonly snapshot: number;
  readonly counted: CountedPeople;
}

interface TogetherOptions {
  readonly renames: Renames;
  /** Nothing is taken over from earlier copies. */
  readonly fromFacts: boolean;
}

/**
 * Asks at once what the copies of several small courses are made of, by snapshot: to plan a statement takes the engine longer than to do it
 * for a small course. What is not told here is asked course by course: of larger ones, of a single one, and of all where
 * somebody is removed meanwhile. Of learners of a snapshot only ever some go: whoever makes copies of this counts them afterwards.
 * @throws AppError `store_unavailable`, also where the disk is full
 */
export async function tellTogether(
  store: Store,
  courses: readonly WrittenSnapshot[],
  options: TogetherOptions,
): Promise<ReadonlyMap<number, Told>> {
  const few = courses
    .filter(({ counted }) => counted.count <= FEW_LEARNERS)
    .toSorted((a, b) => a.snapshot - b.snapshot);
  if (few.length < 2) return new Map();
  const folder = join(store.copies, `together-${randomBytes(6).toString('hex')}.making`);
  try {
    return await onDisk(folder, async () => {
      mkdirSync(folder, { recursive: true });
      const save = async ({ name, sql, format }: Saved, params: Params) => {
        const path = join(folder, name);
        await store.save({ path, format }, sql, params);
        return readFileSync(path);
      };
      const persons = await tellPersons(store, few, save);
      const records = await tellRecords(few, save);
      if (persons === null || records === null) return new Map();
      const histories = await tellHistories(store, few, options, save);
      return new Map(
        few.map(({ snapshot }, index): [number, Told] => [
          snapshot,
          {
            files: new Map([...(persons.get(snapshot) ?? []), [ALL_FILE, records[index]!]]),
            history: histories.get(snapshot),
          },
        ]),
      );
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Saved {
  readonly name: string;
  readonly sql: string;
  readonly format: SaveTarget['format'];
}

type Save = (saved: Saved, params: Params) => Promise<Buffer>;

/** Files of the persons who are not here yet, by the first snapshot that has them. */
async function tellPersons(
  store: Store,
  courses: readonly WrittenSnapshot[],
  save: Save,
): Promise<Map<number, Map<string, Buffer>> | null> {
  const wanted = [...Map.groupBy(courses, ({ counted }) => counted.people).values()]
    .flatMap(([first]) => (first === undefined || hasPeople(store, first.counted) ? [] : [first]))
    .toSorted((a, b) => a.snapshot - b.snapshot);
  const files = new Map(wanted.map(({ snapshot }) => [snapshot, new Map<string, Buffer>()]));
  if (wanted.length === 0) return files;
  const exports = personExports('snapshot IN {snapshots:Array(UInt64)}', 'several');
  const counts = wanted.map(({ counted }) => counted.count);
  const params = { snapshots: [...files.keys()] };
  for (const [what, findEnd] of [
    ['texts', (bytes: Buffer, at: number) => readText(bytes, at)?.end ?? null],
    ['docs', endOfLine],
    ['nameOrder', (_: Buffer, at: number) => at + ORDER_BYTES],
    ['emailOrder', (_: Buffer, at: number) => at + ORDER_BYTES],
  ] as const) {
    const pieces = cut(await save(exports[what], params), counts, findEnd);
    if (pieces === null) return null;
    for (const [index, { snapshot }] of wanted.entries()) files.get(snapshot)?.set(exports[what].name, pieces[index]!);
  }
  return files;
}

/** Two numbers and a hash. */
const ORDER_BYTES = 16;

/** The records of each of the courses, in order. */
async function tellRecords(courses: readonly WrittenSnapshot[], save: Save): Promise<Buffer[] | null> {
  const namesOf = (of: 'cohorts' | 'modes') => [...new Set(courses.flatMap(({ counted }) => counted[of]))];
  const [cohorts, modes] = [namesOf('cohorts'), namesOf('modes')];
  const sql = `SELECT ${STATE_SQL} FROM learners WHERE snapshot IN {snapshots:Array(UInt64)} ORDER BY snapshot, username`;
  const params = { snapshots: courses.map(({ snapshot }) => snapshot), ...nameParams(cohorts, modes) };
  const counts = courses.map(({ counted }) => counted.count);
  const bytes = await save({ name: ALL_FILE, sql, format: 'RowBinary' }, params);
  const pieces = cut(bytes, counts, (_, at) => at + RECORD_BYTES);
  for (const [index, { counted }] of courses.entries()) {
    const piece = pieces?.[index];
    if (piece === undefined) continue;
    renumber(piece, PLACES.cohort, cohorts, counted.cohorts);
    renumber(piece, PLACES.mode, modes, counted.modes);
  }
  return pieces;
}

/** Has records number names as one course does that numbered those of all. */
function renumber(records: Buffer, place: number, all: readonly string[], own: readonly string[]): void {
  const ownNumbers = new Map(own.map((name, index) => [name, index + 1]));
  const numbers = [0, ...all.map((name) => ownNumbers.get(name) ?? 0)];
  for (let at = place * 4; at < records.length; at += RECORD_WORDS * 4)
    records.writeUInt32LE(numbers[records.readUInt32LE(at)]!, at);
}

/** What the histories of courses are made of that nothing came of since an earlier copy, or that have few facts. */
async function tellHistories(
  store: Store,
  courses: readonly WrittenSnapshot[],
  { renames, fromFacts }: TogetherOptions,
  save: Save,
): Promise<ReadonlyMap<number, ToldHistory>> {
  const hashes = await hashRenames(
    store,
    renames,
    courses.map(({ courseId }) => courseId),
  );
  const published = await findEarlier(store, fromFacts ? [] : courses, {});
  const find = (snapshot: number) => findCopy(store, snapshot);
  const based = courses.map((course, index) => {
    const hash = hashes[index]!;
    return { ...course, hash, base: chooseEarlier(published.get(course.courseId) ?? [], find, hash) };
  });
  const since = based.flatMap(({ courseId, base }) =>
    base === null ? [] : [{ courseId, started: base.earlier.started }],
  );
  const came = await findChanges(store, since, {});
  const isSame = ({ courseId, counted, base }: (typeof based)[number]) =>
    base?.copy.people === counted.people && (came.get(courseId) ?? NOTHING_CAME).days.length === 0;
  const same = based.filter(isSame);
  const small = await chooseSmall(
    store,
    based.filter((course) => !isSame(course)),
  );
  const facts = await tellFacts(small, renames, save);
  // after the facts, so that the problems and videos of all of them are among these
  const entities = await findEntities(
    store,
    small.map(({ courseId }) => courseId),
    null,
    {},
  );
  return new Map([
    ...same.map(({ snapshot, hash, base }): [number, ToldHistory] => [
      snapshot,
      {
        renames: hash,
        base: base && { folder: base.copy.folder, numbers: null },
        facts: Buffer.alloc(0),
        entities: [],
      },
    ]),
    ...small.map(({ courseId, snapshot, hash }, index): [number, ToldHistory] => [
      snapshot,
      { renames: hash, base: null, facts: facts[index]!, entities: entities.get(courseId) ?? [] },
    ]),
  ]);
}

async function chooseSmall<Course extends WrittenSnapshot>(
  store: Store,
  courses: readonly Course[],
): Promise<Course[]> {
  if (courses.length === 0) return [];
  const counted = await store.read<{ course_id: string; facts: number }>(
    'SELECT course_id, count() AS facts FROM facts WHERE course_id IN {courses:Array(String)} GROUP BY course_id',
    { courses: courses.map(({ courseId }) => courseId) },
  );
  const facts = new Map(counted.map((row) => [row.course_id, row.facts]));
  return courses.filter(({ courseId }) => (facts.get(courseId) ?? 0) <= FEW_FACTS);
}

/** The facts of each of the courses by learner, in order, as read-facts.ts has them. */
async function tellFacts(courses: readonly WrittenSnapshot[], renames: Renames, save: Save): Promise<Buffer[]> {
  if (courses.length === 0) return [];
  const sql = `SELECT toUInt32(place), toUInt32(number), toUInt8(is_whole), packed
    FROM ${packedSql(allFactsOfSeveral(renames), 'course_id, ')}
    INNER JOIN (
      SELECT indexOf({snapshots:Array(UInt64)}, snapshot) - 1 AS place,
        {courses:Array(String)}[indexOf({snapshots:Array(UInt64)}, snapshot)] AS course_id, ${EACH_NUMBER_SQL} AS number, username
      FROM learners WHERE snapshot IN {snapshots:Array(UInt64)}) AS listed
    ON listed.course_id = told.course_id AND listed.username = told.username
    ORDER BY place, number
    ${FACT_SETTINGS}`;
  const bytes = await save(
    { name: 'facts', sql, format: 'RowBinary' },
    {
      courses: courses.map(({ courseId }) => courseId),
      snapshots: courses.map(({ snapshot }) => snapshot),
      ...renameParams(renames),
    },
  );
  const learners: Buffer[][] = courses.map(() => []);
  for (let at = 0; at < bytes.length;) {
    const change = readChange(bytes, at + PLACE_BYTES);
    if (change === null) throw new Error('facts of several courses end within a learner');
    learners[bytes.readUInt32LE(at)]!.push(bytes.subarray(at + PLACE_BYTES, change.end));
    at = change.end;
  }
  return learners.map((pieces) => Buffer.concat(pieces));
}

/** Before what is told of a learner: the place of the course. */
const PLACE_BYTES = 4;

/**
 * Cuts what the engine told of snapshots one after the other.
 * @param counts how many learners each has
 * @returns null where it is not about so many: somebody was removed meanwhile
 */
function cut(
  bytes: Buffer,
  counts: readonly number[],
  findEnd: (bytes: Buffer, at: number) => number | null,
): Buffer[] | null {
  const pieces: Buffer[] = [];
  let at = 0;
  for (const count of counts) {
    const start = at;
    for (let left = count; left > 0; left -= 1) {
      const end = findEnd(bytes, at);
      if (end === null || end > bytes.length) return null;
      at = end;
    }
    pieces.push(bytes.subarray(start, at));
  }
  return at === bytes.length ? pieces : null;
}

function endOfLine(bytes: Buffer, at: number): number | null {
  const end = bytes.indexOf('\n', at);
  return end === -1 ? null : end + 1;
}
