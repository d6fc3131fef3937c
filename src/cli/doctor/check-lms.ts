import type { ServiceStatus } from '../../api/api-env.ts';
import { AppError } from '../../errors.ts';
import { type ImportRecord, listLatestImports } from '../../lms/import-history.ts';
import { STILL_RETIRED } from '../../store/retired.ts';
import type { Store } from '../../store/store.ts';
import { type Finding, formatAge } from './finding.ts';
import { tellCount } from '../tell-count.ts';

const REMEDY = 'docs/lms.md says what must be readable, and how the address is written.';
const REMEDIES = {
  mysql: REMEDY,
  package: 'docs/lms.md says which files of a data package are read.',
  csv: 'docs/lms.md says what the files must be like.',
} as const;

/** Whether the roster of the LMS comes in: its database, where one is configured, and how the last imports went. */
export async function checkLms(
  store: Store,
  {
    mysqlUrl,
    server,
    now,
    signal,
  }: { mysqlUrl: string | null; server: ServiceStatus | null; now: Date; signal: AbortSignal },
): Promise<Finding[]> {
  const imports = await listLatestImports(store);
  const asked = mysqlUrl === null ? [] : await askDatabase(mysqlUrl, signal);
  const sources = [...new Set(imports.map(({ source }) => source))];
  const findings = [
    ...asked,
    // what is wrong with the database now beats what was wrong when it was last read
    ...sources.flatMap((source) =>
      judgeImports(source, imports, {
        now,
        failure: source !== 'mysql' || asked.every(({ state }) => state !== 'fault'),
        warnings: source !== 'mysql' || asked.length === 0,
      }),
    ),
    ...judgeSchedule(server, imports, now),
    ...(await checkRetired(store)),
  ];
  if (findings.length > 0) return findings;
  if (await hasRoster(store)) {
    const message = 'What was imported from the LMS is there; when that was, is not known any more.';
    return [
      { part: 'lms', state: 'warning', message, remedy: 'Import it again with "learner-analytics lms": docs/lms.md.' },
    ];
  }
  const message =
    'Nothing was imported from the LMS: who is enrolled is known from the logs alone, names and staff are not.';
  return [{ part: 'lms', state: 'warning', message, remedy: 'Import them with "learner-analytics lms": docs/lms.md.' }];
}

/** Imports are noted for some months, and by none of the first versions. */
async function hasRoster(store: Store): Promise<boolean> {
  const [held] = await store.query<{ any: boolean }>(
    'SELECT toBool((SELECT count() FROM lms_users) + (SELECT count() FROM course_roles) > 0) AS any',
  );
  return held?.any === true;
}

/** The LMS has another name for them by now, so that nobody could tell whom to forget. */
async function checkRetired(store: Store): Promise<Finding[]> {
  const [counted] = await store.query<{ people: number }>(`SELECT count() AS people FROM (${STILL_RETIRED})`);
  const people = counted?.people ?? 0;
  if (people === 0) return [];
  return [
    {
      part: 'lms',
      state: 'warning',
      message: `The LMS has retired ${tellCount(people, 'person', 'people')} whose username and activity are still here.`,
      remedy: 'To remove that, too: learner-analytics learner forget --retired',
    },
  ];
}

/** Looks into the database, as an import would, and reads no rows. */
async function askDatabase(url: string, signal: AbortSignal): Promise<Finding[]> {
  try {
    const { inspectMysql } = await import('../../lms/import-mysql.ts');
    const { place, fatal, warnings } = await inspectMysql(url, signal);
    if (fatal.length > 0) {
      const message = `${place} cannot be taken for the database of an LMS: ${fatal.join(' ')}`;
      return [{ part: 'lms', state: 'fault', message, remedy: REMEDY }];
    }
    return [
      { part: 'lms', state: 'ok', message: `The database of the LMS at ${place} can be read.` },
      ...warnings.map((message): Finding => ({ part: 'lms', state: 'warning', message, remedy: REMEDY })),
    ];
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return [{ part: 'lms', state: 'fault', message: error.message, remedy: REMEDY }];
  }
}

/**
 * A failure is told until an import went well since: of files, which are given once, any; of the database, which is read again, that of it.
 * @param imports of all sources, newest first
 */
function judgeImports(
  source: ImportRecord['source'],
  imports: readonly ImportRecord[],
  { now, failure, warnings }: { now: Date; failure: boolean; warnings: boolean },
): Finding[] {
  const good = imports.filter((each) => each.source === source && each.failure === '');
  const latest = imports.find((each) => each.source === source || (each.failure === '' && source !== 'mysql'));
  return [
    ...(latest === undefined || latest.failure === '' || !failure
      ? []
      : [
          {
            part: 'lms',
            state: 'fault',
            message: `The last import (${latest.source}) failed ${formatAge(latest.ended_at, now)}: ${latest.failure}`,
            remedy: 'Mend that and import again; the roster stays as it was meanwhile.',
          } as const,
        ]),
    // roles or names alone do not replace the people of an earlier one
    ...good
      .filter(({ users }, index) => index === 0 || users > 0)
      .flatMap((each): Finding[] => [
        {
          part: 'lms',
          state: 'ok',
          message: `Imported (${source}) ${formatAge(each.ended_at, now)}: ${tellRows(each)}.`,
        },
        ...(warnings ? each.warnings : []).map((message): Finding => ({
          part: 'lms',
          state: 'warning',
          message,
          remedy: REMEDIES[source],
        })),
      ]),
  ];
}

function tellRows({ users, enrollments, roles, courses }: ImportRecord): string {
  return [
    tellCount(users, 'person', 'people'),
    tellCount(enrollments, 'enrolment'),
    tellCount(roles, 'role'),
    ...(courses > 0 ? [tellCount(courses, 'name of a course', 'names of courses')] : []),
  ].join(', ');
}

/** An import that was due long ago. */
function judgeSchedule(server: ServiceStatus | null, imports: readonly ImportRecord[], now: Date): Finding[] {
  const lms = server?.lms ?? null;
  if (lms === null) return [];
  const last = imports.find(({ source, failure }) => source === 'mysql' && failure === '')?.ended_at;
  const late = last !== undefined && now.getTime() - Date.parse(last) > (2 * lms.minutes + 60) * 60_000;
  return late
    ? [
        {
          part: 'lms',
          state: 'fault',
          message: `The server is to import every ${tellCount(lms.minutes, 'minute')}, and last did ${formatAge(last, now)}.`,
          remedy: 'Its log says what is in the way.',
        },
      ]
    : [{ part: 'lms', state: 'ok', message: `The server imports every ${tellCount(lms.minutes, 'minute')}.` }];
}
