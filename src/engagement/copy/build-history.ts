import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Limits, Store } from '../../store/store.ts';
import { hashRenames } from '../renames.ts';
import { RENAMES_FILE, findBase } from './find-base.ts';
import {
  FACT_SETTINGS,
  type HistorySetup,
  type Source,
  type ToldHistory,
  findEntities,
  findFacts,
  numberedSql,
  packedSql,
} from './history-facts.ts';
import { ENTITIES_FILE, readEntities } from './history-files.ts';
import type { HistoryStep } from './write-history.ts';

const FACTS_FILE = 'facts';

/**
 * What is to be done for the history of a snapshot: writes the facts of all its learners, or, where there is a copy of an
 * earlier snapshot of the course, of those for whom any came since, or of whom it tells wrongly.
 * @throws AppError `store_unavailable`
 */
export async function prepareHistory(store: Store, setup: HistorySetup, limits: Limits): Promise<HistoryStep> {
  const { folder, count } = setup;
  const facts = join(folder, FACTS_FILE);
  const told = setup.told ?? (await tellHistory(store, setup, facts, limits));
  if (setup.told !== undefined) writeFileSync(facts, setup.told.facts);
  writeFileSync(join(folder, RENAMES_FILE), told.renames);
  const known = told.base === null ? [] : readEntities(told.base.folder);
  const numbered = new Set(known.map(([hash]) => hash));
  const entities = [...known, ...told.entities.filter(([hash]) => !numbered.has(hash))];
  writeFileSync(join(folder, ENTITIES_FILE), JSON.stringify(entities));
  return { folder, count, facts, base: told.base && { folder: told.base.folder, numbers: told.base.numbers } };
}

/** Has the engine tell of one course what a history is made of, and save the facts. */
async function tellHistory(
  store: Store,
  setup: HistorySetup,
  path: string,
  limits: Limits,
): Promise<Omit<ToldHistory, 'facts'>> {
  const { courseId } = setup;
  const [renames = ''] = await hashRenames(store, setup.renames, [courseId], limits);
  const base = await findBase(store, setup, renames, limits);
  const source = findFacts(setup, base);
  // at the turn of the day nothing came in most courses
  if (source === null) {
    writeFileSync(path, '');
    return { renames, base, entities: [] };
  }
  await saveFacts(store, setup, { source, path }, limits);
  // after the facts, so that the problems and videos of all of them are among these
  const entities = await findEntities(store, [courseId], base?.wrong === null ? base.days : null, limits);
  return { renames, base, entities: entities.get(courseId) ?? [] };
}

async function saveFacts(
  store: Store,
  setup: HistorySetup,
  { source, path }: { readonly source: Source; readonly path: string },
  limits: Limits,
): Promise<void> {
  const told = packedSql(source.sql);
  const listed = `(${numberedSql(setup, 'snapshot')}) AS listed`;
  const joined = {
    // all learners' facts are read once; those of a few are looked up
    all: `${told} INNER JOIN ${listed} ON listed.username = told.username`,
    some: `${listed} INNER JOIN ${told} ON listed.username = told.username`,
    // who is listed has all facts told, if there are any
    listed: `(SELECT * FROM ${listed} WHERE number IN {wrong:Array(UInt32)}) AS listed LEFT JOIN ${told} ON listed.username = told.username`,
  }[source.of];
  await store.save(
    { path, format: 'RowBinary' },
    `SELECT toUInt32(number), toUInt8(${source.of === 'listed' ? 'true' : 'is_whole'}), packed
     FROM ${joined}
     ORDER BY number
     ${FACT_SETTINGS}`,
    source.params,
    limits,
  );
}

/** Removes what only the making of a history needs. */
export function tidyHistory(folder: string): void {
  for (const name of [FACTS_FILE, 'numbers', 'sums']) rmSync(join(folder, name), { force: true });
}

/** Removes all that was made of a history; the rows may be links to those of another. */
export function clearHistory(folder: string): void {
  tidyHistory(folder);
  for (const name of readdirSync(folder)) if (/^(rows|entities)-\d+$/.test(name)) rmSync(join(folder, name));
}
