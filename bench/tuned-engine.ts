import { existsSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { embeddedConnector } from '../src/store/connect-embedded.ts';
import { listStatements } from './engine-tables.ts';
import { measureFolder } from './measure-folder.ts';
import { LARGEST_COURSE } from './plan-courses.ts';
import { type RunningRival, startServer } from './product.ts';
import type { BenchContext, Outcome, Question, Row } from './question.ts';
import { REQUEST_KINDS } from './request-kinds.ts';
import { run } from './requests.ts';
import { makeSqlite } from './sqlite.ts';

/** The same API over tables of the engine that are made for it: what copies of snapshots are worth. */
export const TUNED_ENGINE: Question = {
  name: 'tuned-engine',
  asks: 'What would the engine answer by itself, in tables that are made for it?',
  answer,
};

/** What is asked of the other databases at several connections, but for the metadata, which the app over tables has at hand. */
const KINDS = REQUEST_KINDS.filter(({ name, rivals, revalidate }) => rivals && revalidate && name !== 'metadata');
const CONNECTIONS = [1, 32] as const;

async function answer(context: BenchContext): Promise<Outcome> {
  const rows: Row[] = [];
  let keeps = '';
  for (const kind of context.quick ? KINDS.slice(0, 2) : KINDS) {
    const uncached = { ...kind, connections: CONNECTIONS, revalidate: false };
    const found = await run(context, uncached, async (_, dataDir) => {
      const rival = await openEngine(context, dataDir, LARGEST_COURSE);
      ({ keeps } = rival);
      return [rival];
    });
    rows.push(...found.rows);
  }
  return {
    rows,
    goals: [],
    notes: [
      `Answers are a column, found by primary keys in parts of small blocks; every order is counted through before, both ways; searched texts have an index of runs of three letters. A page in another order than that of the usernames is two statements, as a search is; all else is one. Tables and indexes take ${keeps}.`,
    ],
  };
}

/** Tables of the engine with the course of the site, made once, and the app over them. */
export async function openEngine(context: BenchContext, dataDir: string, course: string): Promise<RunningRival> {
  const { path: file } = await makeSqlite(context, dataDir, course);
  const path = `${dataDir}-engine`;
  const database = new DatabaseSync(file, { readOnly: true });
  const known = database.prepare('SELECT * FROM course').get() as Readonly<Record<string, string | number>>;
  database.close();
  if (!existsSync(path)) await makeTables(context, path, file, Number(known['learner_count']));
  const key = 'la_engine';
  const server = await startServer([join(import.meta.dirname, 'engine-app.ts')], /^Serving (\d+)/, {
    RIVAL_KEY: key,
    ENGINE_PATH: path,
    COURSE_SNAPSHOT: String(known['snapshot']),
    COURSE_LEARNERS: String(known['learner_count']),
    COURSE_METADATA: String(known['metadata']),
  });
  return {
    name: 'tuned ClickHouse',
    server,
    key,
    keeps: `${Math.round((await measureFolder(path)) / 1e6).toLocaleString('en')} MB of disk`,
    close: async () => server.close(),
  };
}

async function makeTables({ say }: BenchContext, path: string, file: string, learnerCount: number): Promise<void> {
  const part = `${path}.part`;
  await rm(part, { recursive: true, force: true });
  const began = performance.now();
  const client = embeddedConnector(part)();
  try {
    for (const query of listStatements(file, learnerCount)) await client.command({ query });
  } finally {
    await client.close();
  }
  await rename(part, path);
  say(`tuned ClickHouse: tables after ${((performance.now() - began) / 1000).toFixed(1)} s`);
}
