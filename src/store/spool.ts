import { randomBytes } from 'node:crypto';
import { mkdirSync, rmSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { listFolder } from '../list-folder.ts';

/** Where in a data directory those of processes are that use a server. The embedded engine's own is beside it. */
export const SPOOLS = 'spools';

/** So often a process says that its folder is in use, by the time of the folder's last change. */
const BEAT_MS = 60_000;
/** Who has not said so for so long is gone, and left what is in the folder. */
const LEFT_MS = 10 * BEAT_MS;

export interface OpenedSpool {
  readonly path: string;
  /** Removes it. */
  readonly close: () => void;
}

/**
 * Makes a folder of this process alone in `parent`, for files on their way to a server, and keeps it until it is given back. What
 * processes left that were killed is removed, now and later. Their numbers and those of machines do not tell who is gone: containers
 * that share a volume may have the same ones.
 * @param beats milliseconds between two signs of life
 */
export function openSpool(parent: string, beats = BEAT_MS): OpenedSpool {
  const path = join(parent, randomBytes(8).toString('hex'));
  mkdirSync(path, { recursive: true });
  removeLeft(parent);
  let last = Date.now();
  const timer = setInterval(() => {
    const now = Date.now();
    // after a machine has slept nobody has said anything for long
    const isAwake = now - last < 2 * beats;
    last = now;
    if (!signal(path)) return;
    if (isAwake) removeLeft(parent);
  }, beats).unref();
  return {
    path,
    close: () => {
      clearInterval(timer);
      rmSync(path, { recursive: true, force: true });
    },
  };
}

/** Says that the folder is in use, and makes it again where somebody removed it; false where neither can be done now, as on a full disk. */
function signal(path: string): boolean {
  return attempt(() => {
    mkdirSync(path, { recursive: true });
    utimesSync(path, new Date(), new Date());
    return true;
  }, false);
}

/** What cannot be looked at or removed, such as what is somebody else's, is left to another time. */
function removeLeft(parent: string): void {
  for (const name of listFolder(parent)) {
    const path = join(parent, name);
    attempt(() => {
      // another process may be removing it, too
      const changed = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Infinity;
      if (changed < Date.now() - LEFT_MS) rmSync(path, { recursive: true, force: true });
    }, undefined);
  }
}

function attempt<Result>(work: () => Result, otherwise: Result): Result {
  try {
    return work();
  } catch {
    return otherwise;
  }
}
