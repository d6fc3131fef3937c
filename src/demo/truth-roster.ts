import type { CsvRow } from './truth-csv.ts';
import type { LineRecord, RosterRecord } from './truth-lines.ts';
import type { SiteRecords } from './truth-site.ts';
import { dayOf, findOrg, instantOf } from './truth-values.ts';

/** A learner of a course as the roster has it; what nobody knows is null. */
export interface RosterEntry {
  user_id: number | null;
  name: string | null;
  email: string | null;
  enrollment_mode: string | null;
  enrollment_date: string | null;
  cohort: string | null;
  is_active: boolean;
  /** The day of the latest deactivation, where it is what the logs say last. */
  unenrolled_on: string | null;
  language: string | null;
  location: string | null;
  year_of_birth: number | null;
  level_of_education: string | null;
  gender: string | null;
  mailing_address: string | null;
  city: string | null;
  country: string | null;
  goals: string | null;
  bio: string | null;
}

interface Change extends RosterRecord {
  readonly at: number;
  readonly text: string;
}

/** Who has which user id: the export first, else the line that is latest by time, then by username. */
export function pairUserIds(
  site: SiteRecords,
  records: readonly LineRecord[],
): { names: Map<string, string>; ids: Map<string, string> } {
  const names = new Map<string, string>();
  const ids = new Map<string, string>();
  const sorted = records
    .flatMap(({ at, pairs }) => pairs.map((pair) => ({ at, ...pair })))
    .toSorted((a, b) => a.at - b.at || (a.username < b.username ? -1 : 1));
  for (const { userId, username } of sorted) {
    names.set(userId, username);
    ids.set(username, userId);
  }
  for (const row of site.enrollments) {
    const userId = cellOf(row, 'user_id');
    const username = cellOf(row, 'username');
    if (userId === null || username === null) continue;
    names.set(userId, username);
    ids.set(username, userId);
  }
  return { names, ids };
}

/** The people who run a course, and so are no learners of it. */
export function listStaff(site: SiteRecords, courseId: string): Set<string> {
  const staff = new Set<string>();
  for (const row of site.roles) {
    const username = cellOf(row, 'username');
    if (username === null) continue;
    const role = cellOf(row, 'role');
    const course = cellOf(row, 'course_id');
    const org = cellOf(row, 'org');
    const isHere = course === null ? org === findOrg(courseId) : course === courseId;
    if (role === 'global_staff' || ((role === 'staff' || role === 'instructor') && isHere)) staff.add(username);
  }
  return staff;
}

/** The roster of a course, staff included, by username. `records` are those of the course, `active` its active usernames. */
export function listRoster(
  site: SiteRecords,
  courseId: string,
  course: { readonly records: readonly LineRecord[]; readonly active: Iterable<string> },
  users: ReturnType<typeof pairUserIds>,
): Map<string, RosterEntry> {
  const changes = new Map<string, Change[]>();
  for (const { change, at, text } of course.records) {
    if (change === null) continue;
    const username = change.username ?? users.names.get(change.userId);
    if (username === undefined) continue;
    const own = changes.get(username) ?? [];
    own.push({ ...change, at, text });
    changes.set(username, own);
  }
  const rows = new Map<string, CsvRow>();
  const people = new Map<string, CsvRow>();
  for (const row of site.enrollments) {
    const username = cellOf(row, 'username');
    if (username === null) continue;
    people.set(username, row);
    if (cellOf(row, 'course_id') === courseId) rows.set(username, row);
  }
  const isEnrollment = (change: Change): boolean => ['activated', 'deactivated', 'mode_changed'].includes(change.what);
  const listed = new Set(rows.keys());
  for (const [username, own] of changes) if (own.some(isEnrollment)) listed.add(username);
  if (listed.size === 0) for (const username of course.active) listed.add(username);

  const roster = new Map<string, RosterEntry>();
  for (const username of [...listed].toSorted()) {
    const known = { row: rows.get(username), person: people.get(username), userId: users.ids.get(username) };
    roster.set(username, readEntry(known, changes.get(username) ?? []));
  }
  return roster;
}

/** In which order changes of the same instant were made. */
const ORDER = ['activated', 'mode_changed', 'deactivated', 'user_removed', 'user_added'];

/** What is known of a learner apart from the changes: the row of the enrolment, any row of the same person, the user id. */
interface Known {
  readonly row: CsvRow | undefined;
  readonly person: CsvRow | undefined;
  readonly userId: string | undefined;
}

/** Field by field, what the export says, else what the changes say. A profile is the person's, in whatever course it is seen. */
function readEntry({ row, person, userId }: Known, changes: readonly Change[]): RosterEntry {
  const sorted = changes.toSorted(
    (a, b) => a.at - b.at || ORDER.indexOf(a.what) - ORDER.indexOf(b.what) || (a.text < b.text ? -1 : 1),
  );
  const activated = sorted.find((change) => change.what === 'activated');
  const moded = sorted.findLast(
    (change) => ['activated', 'deactivated', 'mode_changed'].includes(change.what) && change.value !== '',
  );
  const switched = sorted.findLast((change) => change.what === 'activated' || change.what === 'deactivated');
  const joined = sorted.findLastIndex((change) => change.what === 'user_added');
  const cohort = sorted[joined]?.value ?? null;
  const left = sorted.slice(joined + 1).some((change) => change.what === 'user_removed' && change.value === cohort);
  const cell = (name: string): string | null => (row === undefined ? null : cellOf(row, name));
  const profile = (name: string): string | null => (person === undefined ? null : cellOf(person, name));
  const active = cell('is_active')?.toLowerCase() ?? null;
  const id = cell('user_id') ?? userId ?? '';
  return {
    user_id: /^\d+$/.test(id) ? Number(id) : null,
    name: profile('name'),
    email: profile('email'),
    enrollment_mode: cell('enrollment_mode') ?? moded?.value ?? null,
    enrollment_date: cell('enrollment_date') ?? (activated === undefined ? null : instantOf(activated.at)),
    cohort: cell('cohort') ?? (left ? null : cohort),
    is_active: active === null ? switched?.what !== 'deactivated' : active === '1' || active === 'true',
    unenrolled_on: switched?.what === 'deactivated' ? dayOf(switched.at) : null,
    language: profile('language'),
    location: profile('location'),
    year_of_birth: profile('year_of_birth') === null ? null : Number(profile('year_of_birth')),
    level_of_education: profile('level_of_education'),
    gender: profile('gender'),
    mailing_address: profile('mailing_address'),
    city: profile('city'),
    country: profile('country'),
    goals: profile('goals'),
    bio: profile('bio'),
  };
}

/** A cell, or null where it is empty. */
function cellOf(row: CsvRow, name: string): string | null {
  const text = row.get(name) ?? '';
  return text.trim() === '' ? null : text;
}
