import { readFileSync } from 'node:fs';
import { setPriority } from 'node:os';
import { listFolder } from '../list-folder.ts';

const TASKS = '/proc/self/task';
/** The names of threads that answer requests or serve the runtime; all others do work of the engine, or of copies. */
const OWN = new Set(['MainThread', 'libuv-worker', 'V8Worker', 'DelayedTaskSche', 'SignalInspector']);
/** Of -20 to 19, where 0 is usual: a tenth of the time when both want to run. */
const NICE = 10;
const EVERY_MS = 500;

/**
 * Has the threads of the embedded engine give way to the one that answers requests, which else waits for its turn for as long as an
 * ingest or a refresh lasts; also those that it starts later. On Linux alone, where threads have priorities of their own. Gives
 * what ends it.
 */
export function lowerEngine(): () => void {
  if (process.platform !== 'linux') return () => {};
  let known = new Set<string>();
  const look = () => {
    const tasks = listFolder(TASKS);
    for (const task of tasks) if (!known.has(task)) lower(Number(task));
    known = new Set(tasks);
  };
  look();
  const timer = setInterval(look, EVERY_MS).unref();
  return () => clearInterval(timer);
}

function lower(task: number): void {
  if (task === process.pid) return;
  try {
    if (!OWN.has(readFileSync(`${TASKS}/${task}/comm`, 'utf8').trim())) setPriority(task, NICE);
  } catch {
    // ended meanwhile, or a system that does not allow it: it works as before
  }
}
