import { rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { listFolder } from '../list-folder.ts';

/**
 * Removes the definitions of tables that were being created when the disk was full: they are empty, and the embedded
 * engine refuses to open a store that has one. Tables that are just being made have no definition under that name yet.
 */
export function removeUnfinishedTables(storeFolder: string): void {
  const metadata = join(storeFolder, 'metadata');
  for (const database of listFolder(metadata)) {
    for (const name of listFolder(join(metadata, database))) {
      const path = join(metadata, database, name);
      if (name.endsWith('.sql') && statSync(path, { throwIfNoEntry: false })?.size === 0) rmSync(path);
    }
  }
}
