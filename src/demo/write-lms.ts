import { join } from 'node:path';
import { formatMicrosecond } from './format-text.ts';
import { inventProfile } from './invent-profile.ts';
import type { CoursePlan } from './plan-courses.ts';
import type { Enrollment, Period } from './plan-learners.ts';
import type { Role } from './plan-staff.ts';
import { type Random, createRandom } from './random.ts';
import { type ExportRow, writePackage } from './write-package.ts';
import { writeTexts } from './write-texts.ts';

const ENROLLMENT_COLUMNS =
  'course_id,username,user_id,name,email,enrollment_mode,enrollment_date,is_active,cohort,language,location,year_of_birth,level_of_education,gender,mailing_address,city,country,goals,bio';
const ROLE_COLUMNS = 'username,role,course_id,org';
const COURSE_COLUMNS = 'course_id,display_name';

/**
 * Writes `enrollments.csv`, `roles.csv` and `courses.csv`, the export of an LMS, into `folder`, and the same as a data package into
 * `package`. A course without enrolments is none that it knows.
 */
export async function writeLms(
  folder: string,
  site: {
    seed: number;
    courses: readonly CoursePlan[];
    enrollments: Iterable<Enrollment>;
    roles: Iterable<Role>;
    period: Period;
  },
): Promise<void> {
  await writeTexts(join(folder, 'enrollments.csv'), formatCsv(ENROLLMENT_COLUMNS, listEnrollments(site)));
  await writeTexts(join(folder, 'roles.csv'), formatCsv(ROLE_COLUMNS, listRoles(site.roles)));
  const courses = site.courses.filter((course) => course.enrollmentsKnown);
  const titles = courses.map(({ id, title }) => [id, title]);
  await writeTexts(join(folder, 'courses.csv'), formatCsv(COURSE_COLUMNS, titles));
  const userIds = new Map<string, number>();
  for (const { person } of site.enrollments) userIds.set(person.username, person.userId);
  await writePackage(join(folder, 'package'), {
    courses,
    userIds,
    enrollments: () => nameCells(ENROLLMENT_COLUMNS, listEnrollments(site)),
    roles: [...nameCells(ROLE_COLUMNS, listRoles(site.roles))],
  });
}

function* nameCells(columns: string, rows: Iterable<readonly string[]>): Generator<ExportRow> {
  const names = columns.split(',');
  for (const row of rows) yield Object.fromEntries(names.map((name, index) => [name, row[index] ?? '']));
}

/** RFC 4180. */
function* formatCsv(columns: string, rows: Iterable<readonly string[]>): Generator<string> {
  yield `${columns}\r\n`;
  for (const row of rows) yield `${row.map(formatCell).join(',')}\r\n`;
}

function formatCell(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function* listRoles(roles: Iterable<Role>): Generator<string[]> {
  for (const { username, role, courseId, org } of roles) yield [username, role, courseId, org];
}

function* listEnrollments(site: {
  seed: number;
  enrollments: Iterable<Enrollment>;
  period: Period;
}): Generator<string[]> {
  const random = createRandom(site.seed, 'export');
  for (const enrollment of site.enrollments) {
    if (enrollment.inExport) yield listEnrollment(random, site.seed, enrollment, site.period);
  }
}

function listEnrollment(random: Random, seed: number, enrollment: Enrollment, period: Period): string[] {
  const { person, course } = enrollment;
  const profile = inventProfile(seed, person);
  // Fields that the export lacks are those the logs can tell as well.
  const lacks = (share: number): boolean => enrollment.enrolledAt >= period.start && random.chance(share);
  const left = enrollment.unenrolledAt !== null && enrollment.returnedAt === null;
  return [
    course.id,
    person.username,
    String(person.userId),
    profile.name,
    profile.email,
    lacks(0.04) ? '' : enrollment.mode,
    lacks(0.04) ? '' : `${formatMicrosecond(enrollment.enrolledAt)}Z`,
    lacks(0.04) ? '' : left ? '0' : '1',
    enrollment.cohortFromLogs ? '' : (enrollment.cohort ?? ''),
    profile.language,
    profile.location,
    profile.yearOfBirth,
    profile.education,
    profile.gender,
    profile.address,
    profile.city,
    profile.country,
    profile.goals,
    profile.bio,
  ];
}
