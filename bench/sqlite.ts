import { existsSync, statSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { writeSqlite } from './load-sqlite.ts';
import { type RunningRival, startServer } from './product.ts';
import type { BenchContext } from './question.ts';
import { DAYS_SQL, readCourse, writeRows } from './read-course.ts';
import { DAY_COUNTS } from './rival-app.ts';

/** A SQLite file with the course of the site, made once, and the app over it. */
export async function openSqlite(context: BenchContext, dataDir: string, course: string): Promise<RunningRival> {
  const { path, steps } = await makeSqlite(context, dataDir, course);
  const key = 'la_sqlite';
  const app = join(import.meta.dirname, 'sqlite-app.ts');
  const server = await startServer([app], /^Serving (\d+)/, { SQLITE_FILE: path, RIVAL_KEY: key });
  return {
    name: 'SQLite',
    server,
    key,
    keeps: `${Math.round(statSync(path).size / 1e6).toLocaleString('en')} MB of disk that took ${describeSteps(steps)}; version ${process.versions['sqlite']}`,
    close: async () => server.close(),
  };
}

export interface Step {
  readonly step: string;
  readonly seconds: number;
}

/** The file, made where there is none, and what it took. The site's store is opened for that, so nothing may be serving it. */
export async function makeSqlite(
  { say }: Pick<BenchContext, 'say'>,
  dataDir: string,
  course: string,
): Promise<{ readonly path: string; readonly steps: readonly Step[] }> {
  const path = `${dataDir}.sqlite`;
  if (!existsSync(path)) {
    const part = `${path}.part`;
    const days = `${dataDir}-learner-days.tsv`;
    await rm(part, { force: true });
    const began = performance.now();
    await writeRows(dataDir, course, days, LEARNER_DAYS_SQL);
    say(`SQLite: the engine grouped what was done after ${((performance.now() - began) / 1000).toFixed(1)} s`);
    await readCourse(dataDir, course, async (answers) => writeSqlite(part, answers, days));
    await rm(days);
    await rename(part, path);
  }
  const database = new DatabaseSync(path, { readOnly: true });
  const steps = database.prepare('SELECT step, seconds FROM build').all() as unknown as Step[];
  database.close();
  say(`SQLite: ${describeSteps(steps)}`);
  return { path, steps };
}

/** A list per learner of the days with anything, in the order of the usernames. */
const LEARNER_DAYS_SQL = `
  SELECT username, toJSONString(arraySort(groupArray((toString(day), ${DAY_COUNTS.join(', ')}))))
  FROM (${DAYS_SQL})
  GROUP BY username
  ORDER BY username`;

function describeSteps(steps: readonly Step[]): string {
  const total = steps.reduce((sum, { seconds }) => sum + seconds, 0);
  return `${total.toFixed(1)} s to write (${steps.map(({ step, seconds }) => `${step} ${seconds.toFixed(1)}`).join(', ')})`;
}
