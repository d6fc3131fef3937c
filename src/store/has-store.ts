import { statSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** Whether the data directory has an embedded store. Where nobody may look there it counts as one: opening it says what is in the way. */
export function hasStore(dataDir: string): boolean {
  try {
    return statSync(join(resolve(dataDir), 'store'), { throwIfNoEntry: false }) !== undefined;
  } catch {
    return true;
  }
}

/** What to do where there should be a store and is none. */
export const WHERE_IT_IS =
  'Name the directory that has it (--data DIR or DATA_DIR), or begin with: learner-analytics ingest PATH…';
