import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';

// Plain JavaScript for any Node ≥ 20: what runs before the Node that the project is written for is found.

export const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** What the environment says beats it. */
export const STARTED_WITH = {
  /**
   * Each query of the embedded engine holds one of Node's own threads until it is done. With the four that there are by default, what else
   * needs them (hashing, compressing, reading files) would wait for the queries: for a minute, seen.
   */
  UV_THREADPOOL_SIZE: '16',
  /**
   * Half of what starting takes was TypeScript being made JavaScript, and that being compiled, again. Beside the code, as nobody
   * may write there who may not change the code itself; where this user may not, Node goes without.
   */
  NODE_COMPILE_CACHE: `${ROOT}node_modules/.cache/node`,
  /**
   * Has glibc ask Linux for pages of 2 MB where it takes much memory at once, as for the texts of a course that are searched: what is
   * read here and there finds its page faster, by which a page of a search and filters comes in two thirds of the time, others in nine
   * tenths. A server takes 3 % more memory for it.
   */
  GLIBC_TUNABLES: 'glibc.malloc.hugetlb=1',
  /**
   * MB of each half of what the collector looks at first. It takes up to four times as much by itself, which a busy server keeps: some 90 MB,
   * for requests that take as long, or longer where that does not fit the caches.
   */
  NODE_OPTIONS: '--max-semi-space-size=16',
};

const LOCAL_NODE = `${ROOT}node_modules/.bin/node`;

/** Path of a Node that runs TypeScript as it is (≥ 22.18): the project's own, else the one that runs this; null without either. */
function findNode() {
  if (existsSync(LOCAL_NODE)) return LOCAL_NODE;
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  return major > 22 || (major === 22 && minor >= 18) ? process.execPath : null;
}

/**
 * Runs Node with these arguments in place of this process: same terminal, same exit code, same signals.
 * A terminal sends Ctrl-C to both processes by itself, so it is passed on only where there is none.
 *
 * @param {readonly string[]} args
 */
export function runNode(args) {
  // Node takes no TypeScript from there
  if (ROOT.includes('/node_modules/')) {
    process.stderr.write(
      'As a dependency of a project, learner-analytics is its client alone (learner-analytics/client).\n' +
        'The program is run from a folder of its own: clone it, and run `npm ci && npm run build` there.\n',
    );
    process.exitCode = 1;
    return;
  }
  const node = findNode();
  if (node === null) {
    process.stderr.write(
      `Node ${process.versions.node} is too old, and the project's own is not installed.\n` +
        'Run `npm ci` in the project folder with install scripts allowed (no --ignore-scripts), or use Node 22.18 or later.\n',
    );
    process.exitCode = 1;
    return;
  }
  // an address with a password among the arguments would stay in the list of processes, for as long as a server runs
  process.title = 'learner-analytics';
  const child = spawn(node, args, { stdio: 'inherit', env: { ...STARTED_WITH, ...process.env } });
  const onTerminal = [process.stdin, process.stdout, process.stderr].some((stream) => stream.isTTY);
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'])) {
    process.on(signal, () => {
      if (!(onTerminal && (signal === 'SIGINT' || signal === 'SIGQUIT'))) child.kill(signal);
    });
  }
  child.on('error', (error) => {
    process.stderr.write(`Cannot run ${node}: ${error.message}\n`);
    process.exitCode = 1;
  });
  child.on('exit', (code, signal) => {
    // at once: a signal that comes while Node takes itself down would be told instead
    process.exit(code ?? 128 + (signal === null ? 0 : constants.signals[signal]));
  });
}
