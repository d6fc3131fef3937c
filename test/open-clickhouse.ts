import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { findPort } from './find-port.ts';

export const COMPILER = 'cc';
const hasCompiler = spawnSync(COMPILER, ['--version'], { stdio: 'ignore' }).status === 0;

/** For a test that needs a listening ClickHouse: skips it, with the reason, on a machine where none can be made. */
export const skipWithoutClickhouse = {
  skip:
    process.platform !== 'linux' || process.arch !== 'x64'
      ? 'a listening ClickHouse is made on Linux (x64) alone'
      : !hasCompiler && `there is no ${COMPILER}: apt-get install gcc libc6-dev`,
} as const;

export interface ClickhouseOptions {
  /** What its configuration file has besides the usual, as XML. */
  readonly config?: string;
  /** The users, as XML; without, anybody is the user `default`, who may do everything. */
  readonly users?: string;
  /** Profiles beside `default`, as XML. */
  readonly profiles?: string;
  /** Ports to listen on; without, any free ones. */
  readonly ports?: Ports;
  /** Whether it has an address for other servers, without which Replicated tables cannot be written to; nothing listens there. */
  readonly interserver?: boolean;
}

export interface Ports {
  readonly http: number;
  readonly tcp: number;
}

/** A ClickHouse of its own on an empty directory, listening on the loopback interface. */
export interface Clickhouse extends Ports {
  /** `http://127.0.0.1:port`, without a database. */
  readonly url: string;
  /** Runs a statement as the user `default`, in a database that there is; gives what it answers, as lines of tab-separated values. */
  readonly run: (sql: string, database?: string) => Promise<string>;
  /** Sends the process a signal, such as SIGSTOP. */
  readonly signal: (signal: NodeJS.Signals) => void;
  /** Ends it as a power cut would. */
  readonly kill: () => Promise<void>;
  /** Starts it again, on the same directory and ports. */
  readonly start: () => Promise<void>;
  readonly close: () => Promise<void>;
}

const EVERYBODY = `<users><default><password></password><networks><ip>127.0.0.1</ip></networks><profile>default</profile>
  <quota>default</quota></default></users>`;

/** What the process does for as long as it lives: the engine as a command line ends with its last query. */
const LISTEN = `SYSTEM START LISTEN TCP; SYSTEM START LISTEN HTTP;
  SELECT sleepEachRow(1) FROM numbers(86400) SETTINGS function_sleep_max_microseconds_per_block = 0, max_block_size = 1, max_threads = 1 FORMAT Null`;

export async function openClickhouse(options: ClickhouseOptions = {}): Promise<Clickhouse> {
  const folder = mkdtempSync(join(tmpdir(), 'clickhouse-'));
  const { http, tcp } = options.ports ?? { http: await findPort(), tcp: await findPort() };
  const config = join(folder, 'config.xml');
  writeFileSync(
    join(folder, 'users.xml'),
    `<clickhouse>${options.users ?? EVERYBODY}<profiles><default/>${options.profiles ?? ''}</profiles><quotas><default/></quotas></clickhouse>`,
  );
  writeFileSync(
    config,
    `<clickhouse>
       <user_directories><users_xml><path>${folder}/users.xml</path></users_xml></user_directories>
       <max_server_memory_usage>6000000000</max_server_memory_usage>
       ${options.config ?? ''}
     </clickhouse>`,
  );
  const args = [
    findLibrary(),
    `--path=${join(folder, 'data')}`,
    '--listen_host=127.0.0.1',
    `--tcp_port=${tcp}`,
    `--http_port=${http}`,
    `--config-file=${config}`,
    '--query',
    LISTEN,
  ];
  const program = compile(options.interserver === true);
  const url = `http://127.0.0.1:${http}`;
  let server: ChildProcess | undefined;
  const isRunning = () => server?.exitCode === null && server.signalCode === null;
  const start = async () => {
    mkdirSync(join(folder, 'data'), { recursive: true });
    const started = spawn(program, args, { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    started.stderr.on('data', (part) => (said = `${said}${String(part)}`.slice(-2000)));
    server = started;
    await waitUntilUp(url, started, () => said);
  };
  const kill = async () => {
    if (server === undefined || !isRunning()) return;
    const ended = once(server, 'exit');
    server.kill('SIGKILL');
    await ended;
  };
  await start();
  return {
    http,
    tcp,
    url,
    run: async (sql, database = 'default') => {
      const response = await fetch(`${url}/?database=${database}`, { method: 'POST', body: sql });
      const text = await response.text();
      if (!response.ok) throw new Error(text);
      return text;
    },
    signal: (signal) => void server?.kill(signal),
    kill,
    start,
    close: async () => {
      await kill();
      rmSync(folder, { recursive: true, maxRetries: 10 });
    },
  };
}

function findLibrary(): string {
  const chdb = createRequire(import.meta.url).resolve('chdb/package.json');
  return createRequire(chdb).resolve('@chdb/lib-linux-x64-gnu/libchdb.so');
}

function compile(interserver: boolean): string {
  const program = join(tmpdir(), `listen-${randomBytes(8).toString('hex')}`);
  process.once('exit', () => rmSync(program, { force: true }));
  const sources = interserver ? ['-DINTERSERVER', 'listen.c', 'interserver.c'] : ['listen.c'];
  execFileSync(COMPILER, ['-O1', '-o', program, ...sources, '-ldl'], { cwd: dirname(import.meta.filename) });
  return program;
}

async function waitUntilUp(url: string, server: ChildProcess, said: () => string): Promise<void> {
  for (let tries = 0; tries < 600; tries += 1) {
    if (server.exitCode !== null) throw new Error(`ClickHouse ended with ${server.exitCode}: ${said()}`);
    const up = await fetch(`${url}/ping`).then(
      (response) => response.ok,
      () => false,
    );
    if (up) return;
    await wait(100);
  }
  throw new Error('ClickHouse did not come up');
}
