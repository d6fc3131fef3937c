import { readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Removes the definitions of tables that were being created when the disk was full: they are empty, and the embedded
 * engine refuses to open a store that has one. Tables that are just being made have no definition under that name yet.
 */
export function removeUnfinishedTables(storeFolder: string): void {
  const metadata = join(storeFolder, 'metadata');
  for (const database of list(metadata)) {
    for (const name of list(join(metadata, database))) {
      const path = join(metadata, database, name);
      if (name.endsWith('.sql') && statSync(path, { throwIfNoEntry: false })?.size === 0) rmSync(path);
    }
  }
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    // no such folder, or a file in its place: nothing to remove
    return [];
  }
}
