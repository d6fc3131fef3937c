import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { AppError } from '../errors.ts';
import { listFolder } from '../list-folder.ts';
import { onDisk, tellFull } from './engine-errors.ts';

// The embedded engine says nothing of a disk that is full when it writes the definition of a table: it leaves an empty file, also in
// place of one that it was to change, and refuses to open a store that has one.

/** Where it has them: a folder for each database, and a file for each table. */
const DEFINITIONS = 'metadata';
/** Where one is kept while it is changed, under the same path. */
const KEPT = 'kept-definitions';

/**
 * Mends what a full disk left of definitions, without taking room: of a table that was being changed, the one from before is put back; of
 * one that was being created, and has nothing, it is removed. Tables that are just being made have no definition under that name yet.
 */
export function mendDefinitions(storeFolder: string): void {
  for (const path of listDefinitions(storeFolder)) {
    const definition = join(storeFolder, DEFINITIONS, path);
    const kept = join(storeFolder, KEPT, path);
    if (!isEmpty(definition)) continue;
    if (isEmpty(kept) === false) renameSync(kept, definition);
    else rmSync(definition);
  }
}

/**
 * Runs statements that change the schema, so that `mendDefinitions` undoes what a full disk makes of them.
 * @param place whose disk it is
 * @throws AppError `store_unavailable` where the disk is full; before anything is changed, or so that it counts as not done
 */
export function guardDefinitions(storeFolder: string, place: string) {
  return async (statement: string, run: () => Promise<void>): Promise<void> => {
    const table = /^ALTER TABLE (\w+)/.exec(statement)?.[1];
    const paths = listDefinitions(storeFolder);
    await onDisk(storeFolder, async () => {
      for (const path of paths) if (path.endsWith(`/${table}.sql`)) keep(storeFolder, path);
    });
    await run();
    if (listDefinitions(storeFolder).some((path) => isEmpty(join(storeFolder, DEFINITIONS, path))))
      throw new AppError('store_unavailable', tellFull(place));
    rmSync(join(storeFolder, KEPT), { recursive: true, force: true });
  };
}

function keep(storeFolder: string, path: string): void {
  const kept = join(storeFolder, KEPT, path);
  const partial = `${kept}.partial`;
  mkdirSync(dirname(kept), { recursive: true });
  writeFileSync(partial, readFileSync(join(storeFolder, DEFINITIONS, path)), { flush: true });
  renameSync(partial, kept);
}

/** As `database/table.sql`. */
function listDefinitions(storeFolder: string): string[] {
  const folder = join(storeFolder, DEFINITIONS);
  return listFolder(folder).flatMap((database) =>
    listFolder(join(folder, database))
      .filter((name) => name.endsWith('.sql'))
      .map((name) => `${database}/${name}`),
  );
}

/** Undefined where there is no such file. */
function isEmpty(path: string): boolean | undefined {
  const size = statSync(path, { throwIfNoEntry: false })?.size;
  return size === undefined ? undefined : size === 0;
}
