import { spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { delimiter } from 'node:path';
import { ROOT, runNode } from './run-node.js';

// `npm start` and `npm test` alone, on a fresh clone: installs what is missing, then runs Node with the given arguments.

/** Milliseconds since 1970 of the last change; 0 where there is no such file. @param {string} path */
function readChangeTime(path) {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

/** npm writes its own copy of the lock file last, so a broken-off installation counts as none. */
function isInstalled() {
  return readChangeTime(`${ROOT}node_modules/.package-lock.json`) >= readChangeTime(`${ROOT}package-lock.json`);
}

function install() {
  process.stderr.write('Installing what package-lock.json names (npm ci; once, about 1 GB on disk) …\n');
  const started = Date.now();
  // npm deletes node_modules first, and with it the Node found there: leave that one out of the PATH.
  const path = (process.env.PATH ?? '').split(delimiter).filter((folder) => !folder.includes('node_modules'));
  const { status, error } = spawnSync('npm', ['ci'], {
    cwd: ROOT,
    stdio: ['ignore', 2, 2],
    env: { ...process.env, PATH: path.join(delimiter) },
  });
  if (status !== 0) {
    process.stderr.write(
      `npm ci failed${error ? `: ${error.message}` : ''}. See its message above; nothing was started.\n`,
    );
    return false;
  }
  process.stderr.write(`Installed in ${((Date.now() - started) / 1000).toFixed(1)} s.\n`);
  return true;
}

if (isInstalled() || install()) runNode(process.argv.slice(2));
else process.exitCode = 1;
