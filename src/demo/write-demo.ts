import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '../errors.ts';
import { showPath } from '../show-path.ts';
import { DAY, formatDay } from './format-text.ts';
import { LogFolder } from './log-folder.ts';
import { planCourses } from './plan-courses.ts';
import { planLearners } from './plan-learners.ts';
import { planRosterChanges } from './plan-roster-changes.ts';
import { planStaff } from './plan-staff.ts';
import { readTruth } from './truth.ts';
import { writeLms } from './write-lms.ts';
import { writeLogs } from './write-logs.ts';
import { writeTruth } from './write-truth.ts';

/** What the demo site shall be like. */
export interface DemoOptions {
  /** The folder to write to; its `logs` and `lms`, where they exist, must be empty. */
  readonly out: string;
  /** People over all courses; about 60 % of them go to the first course. */
  readonly learners: number;
  readonly courses: number;
  /** UTC days of logs, the day of `until` included. */
  readonly days: number;
  readonly seed: number;
  /** The logs end at this instant. */
  readonly until: Date;
  /** Also write `truth.json`. */
  readonly truth: boolean;
  /** Compress the rotated logs but the newest. */
  readonly gzipRotated: boolean;
  /** Share of irrelevant lines, 0 to 0.99; 0.85 unless given. */
  readonly noise?: number;
}

/** What was written. */
export interface DemoResult {
  readonly files: number;
  /** Bytes of logs before compression. */
  readonly bytes: number;
  readonly lines: number;
  readonly learners: number;
  /** Ids of those that the export or the logs tell of. */
  readonly courses: string[];
  /** The day after that of `until`, `YYYY-MM-DD`: the exclusive end of the data. */
  readonly asOf: string;
}

/**
 * Writes a site as files: `logs/tracking.log*`, `lms/enrollments.csv`, `lms/roles.csv`, `lms/courses.csv` and `truth.json`. The same options give the same bytes.
 * @throws AppError `usage` for a folder that is no empty one, `store_unavailable` where the disk takes no more
 */
export async function writeDemo(options: DemoOptions): Promise<DemoResult> {
  try {
    return await writeSite(options);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (error instanceof AppError || !/^E[A-Z]+$/.test(code ?? '')) throw error;
    throw new AppError(
      'store_unavailable',
      `The site cannot be written to ${options.out} (${code}). Free some of that disk, or name another folder; what is there of it can be removed.`,
      { cause: error },
    );
  }
}

async function writeSite(options: DemoOptions): Promise<DemoResult> {
  const { out, seed, until } = options;
  const end = until.getTime() * 1000;
  const today = Math.floor(end / DAY) * DAY;
  const period = { start: today - (options.days - 1) * DAY, end: Math.max(end, today + 1) };
  const noise = options.noise ?? 0.85;
  const courses = planCourses(seed, options.courses, Math.max(1, Math.ceil(options.days / 7)));
  const enrollments = planLearners(seed, options.learners, courses, period);
  const staff = planStaff(seed, courses, enrollments, period);
  const changes = planRosterChanges(seed, enrollments, period);

  const logs = await makeEmptyFolder(join(out, 'logs'));
  const lms = await makeEmptyFolder(join(out, 'lms'));
  await writeLms(lms, {
    seed,
    courses,
    enrollments: [...enrollments, ...staff.enrollments],
    roles: staff.roles,
    period,
  });
  const folder = new LogFolder(logs, options.gzipRotated);
  const site = { seed, period, enrollments, staff, changes, noiseRatio: noise / (1 - noise) };
  const logged = await writeLogs(site, folder);

  const asOf = formatDay(today + DAY);
  if (options.truth) await writeTruth(join(out, 'truth.json'), await readTruth(out, asOf, until));
  return {
    files: folder.files + 3 + (options.truth ? 1 : 0),
    bytes: folder.bytes,
    lines: folder.lines,
    learners: options.learners,
    courses: courses.filter(({ id, enrollmentsKnown }) => enrollmentsKnown || logged.has(id)).map(({ id }) => id),
    asOf,
  };
}

/** Refuses a folder that holds something, for it might be somebody's logs. */
async function makeEmptyFolder(path: string): Promise<string> {
  const held = await mkdir(path, { recursive: true })
    .then(async () => readdir(path))
    .catch((error: unknown) => {
      const reason = (error as NodeJS.ErrnoException).code;
      throw new AppError('usage', `${showPath(path)} cannot be made or read (${reason}).`, { cause: error });
    });
  if (held.length > 0)
    throw new AppError('usage', `${showPath(path)} is not empty: give the demo a new folder, or remove this one.`);
  return path;
}
