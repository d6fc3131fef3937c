import { accessSync, constants, lstatSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { AppError } from '../errors.ts';

const { R_OK, W_OK, X_OK } = constants;

/**
 * Refuses a data directory of somebody else to root, who may write there, and would leave files that its user cannot open.
 * @throws AppError `store_locked`: a server of that user may do the work
 */
export function refuseOthers(dataDir: string): void {
  const owner = statSync(dataDir, { throwIfNoEntry: false })?.uid;
  if (process.getuid?.() !== 0 || owner === undefined || owner === 0) return;
  const name = nameUser(owner);
  throw new AppError(
    'store_locked',
    `The data directory ${dataDir} belongs to ${tellUser(owner)}, and what root would write there, that user could not open. ` +
      `Run this as that user: sudo -u ${name ?? `'#${owner}'`} …, or setpriv --reuid=${owner} --clear-groups … (docs/operating.md).`,
  );
}

/** What in the folder of a store this user may not read and write, in words; null for nothing. */
export function tellUnusable(folder: string): string | null {
  const path = findUnusable(folder);
  if (path === null) return null;
  const user = process.getuid?.() ?? 0;
  const owner = lstatSync(path, { throwIfNoEntry: false })?.uid ?? user;
  return `${path} cannot be read and written by ${tellUser(user)}: it belongs to ${tellUser(owner)}. Let all of the data directory belong to one user (chown -R), and run everything as that one.`;
}

function findUnusable(path: string): string | null {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats === undefined || stats.isSymbolicLink()) return null;
  try {
    accessSync(path, stats.isDirectory() ? R_OK | W_OK | X_OK : R_OK | W_OK);
  } catch {
    return path;
  }
  if (!stats.isDirectory()) return null;
  for (const name of readdirSync(path)) {
    const found = findUnusable(join(path, name));
    if (found !== null) return found;
  }
  return null;
}

function tellUser(uid: number): string {
  const name = nameUser(uid);
  return name === null ? `the user ${uid}` : `the user ${name} (${uid})`;
}

/** Null where the users of this machine are listed elsewhere, or there is none of that number. */
function nameUser(uid: number): string | null {
  try {
    const users = readFileSync('/etc/passwd', 'utf8')
      .split('\n')
      .map((line) => line.split(':'));
    return users.find(([, , id]) => id === String(uid))?.[0] ?? null;
  } catch {
    return null;
  }
}
