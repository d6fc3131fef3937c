import { getCourse } from '../../engagement/course.ts';
import { numberDay } from '../../engagement/days.ts';
import { COUNTED_METRIC_NAMES, type CountedMetric } from '../../engagement/metrics.ts';
import { judge, segmentRule } from '../../engagement/copy/judge-segments.ts';
import { nameSegments } from '../../engagement/segments.ts';
import { inSnapshotSql, snapshotParams } from '../../engagement/snapshot-rows.ts';
import { HELD_TABLES, HELD_TABLE_NAMES, type HeldTableName } from '../../store/held-tables.ts';
import type { Store } from '../../store/store.ts';
import { countUnfinished } from '../unfinished-tables.ts';
import { type Person, findPerson, ownRowsSql, personParams } from './person.ts';

/** All that is held about one person: rows by table. Of the published learners, those in force, with their course. */
export interface PersonExport {
  readonly username: string;
  readonly usernames: readonly string[];
  readonly user_ids: readonly string[];
  /** Tables of ingests and imports that are under way, or were broken off lately: they may hold more for a while. */
  readonly unfinished: number;
  readonly held: Readonly<Partial<Record<HeldTableName, readonly object[]>>>;
}

/** Under every name and id that is known to be of this person; tables that hold nothing are left out. */
export async function exportPerson(store: Store, username: string): Promise<PersonExport> {
  const person = await findPerson(store, username);
  const held: Partial<Record<HeldTableName, readonly object[]>> = {};
  for (const table of HELD_TABLE_NAMES) {
    const ask = async (own: Store) =>
      table === 'learners' ? readPublished(own, person) : own.read<object>(selectOwn(table), personParams(person));
    const rows = HELD_TABLES[table].byCourse ? (await store.shards(ask)).flat() : await ask(store);
    if (rows.length > 0) held[table] = rows;
  }
  const unfinished = Math.max(...(await store.shards(countUnfinished)));
  return { username, usernames: person.usernames, user_ids: person.userIds, unfinished, held };
}

type LearnerRow = { readonly [metric in CountedMetric]: number } & {
  readonly last_active: string | null;
  readonly enrolled: boolean;
};

/** What is published of the person, by course. */
async function readPublished(store: Store, person: Person): Promise<object[]> {
  const own = ownRowsSql('learners');
  const found: object[] = [];
  for (const { course_id: courseId } of await store.read<{ course_id: string }>(
    'SELECT DISTINCT course_id FROM snapshots ORDER BY course_id',
  )) {
    const course = await getCourse(store, courseId);
    if (course === null) continue;
    const rule = segmentRule(course);
    const rows = await store.read<LearnerRow>(
      `SELECT {course:String} AS course_id, * EXCEPT snapshot FROM learners WHERE ${inSnapshotSql(course)} AND ${own}`,
      { course: courseId, ...snapshotParams(course), ...personParams(person) },
    );
    for (const row of rows) {
      const numbers = COUNTED_METRIC_NAMES.map((name) => row[name]);
      const lastActive = row.last_active === null ? -1 : numberDay(row.last_active);
      const bits = judge(numbers, 0, { lastActive, isEnrolled: row.enrolled }, rule);
      found.push({ ...row, segments: nameSegments(bits) });
    }
  }
  return found;
}

function selectOwn(table: Exclude<HeldTableName, 'learners'>): string {
  // a hash is larger than a number of JSON holds
  const columns = table === 'facts' || table === 'roster_changes' ? '* REPLACE (toString(hash) AS hash)' : '*';
  return `SELECT ${columns} FROM ${table} ${HELD_TABLES[table].final ? 'FINAL' : ''} WHERE ${ownRowsSql(table)} ORDER BY ALL`;
}
