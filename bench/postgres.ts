import { spawn, spawnSync } from 'node:child_process';
import { createReadStream, existsSync } from 'node:fs';
import { chmod, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { totalmem } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { setTimeout as wait } from 'node:timers/promises';
import postgres, { type Sql } from 'postgres';
import { loadLearners } from './load-postgres.ts';
import { type RunningRival, startServer } from './product.ts';
import { INDEXES, TABLES } from './postgres-tables.ts';
import type { BenchContext } from './question.ts';
import { DAYS_SQL, readCourse, writeRows } from './read-course.ts';

const DEBIAN = '/usr/lib/postgresql';
const PORT = 54_329;

/** A share of this machine's memory, as PostgreSQL writes it. */
const memory = (share: number) => `${Math.floor((totalmem() * share) / 2 ** 20)}MB`;

/** More than Debian's own, as somebody who means it would set: the quarter of the memory that the manual recommends, no JIT for short statements. */
const SETTINGS = {
  listen_addresses: '',
  shared_buffers: memory(0.25),
  effective_cache_size: memory(0.5),
  work_mem: '32MB',
  maintenance_work_mem: '512MB',
  max_wal_size: '4GB',
  random_page_cost: '1.1',
  jit: 'off',
} as const;

/** Folder of the newest PostgreSQL of Debian; null without one. */
async function findBinaries(): Promise<string | null> {
  const versions = await readdir(DEBIAN).catch(() => []);
  const newest = versions.toSorted((a, b) => Number(b) - Number(a))[0];
  return newest === undefined ? null : join(DEBIAN, newest, 'bin');
}

/** PostgreSQL does not run as root. */
function asOther(command: string, args: readonly string[]): [string, string[]] {
  return process.getuid?.() === 0 ? ['runuser', ['-u', 'postgres', '--', command, ...args]] : [command, [...args]];
}

/**
 * PostgreSQL with the course of the site, loaded once, and the app over it; null where PostgreSQL is not installed. The
 * site's store is opened when there is something to load, so nothing may be serving it yet.
 */
export async function openPostgres(
  context: BenchContext,
  dataDir: string,
  course: string,
): Promise<RunningRival | null> {
  const binaries = await findBinaries();
  if (binaries === null) {
    context.say('PostgreSQL is not installed, so nothing is compared with it (Debian: apt-get install postgresql).');
    return null;
  }
  const cluster = `${dataDir}-postgres`;
  if (!existsSync(cluster)) await makeCluster(context, { binaries, cluster, dataDir, course });
  const database = await startCluster(binaries, cluster);
  const key = 'la_postgres';
  const [found] = await database.sql<{ bytes: number; version: string }[]>`
    SELECT pg_database_size(current_database())::float AS bytes, split_part(current_setting('server_version'), ' ', 1) AS version`;
  const app = join(import.meta.dirname, 'postgres-app.ts');
  const env = { PGHOST: database.socket, PGPORT: String(PORT), RIVAL_KEY: key };
  const server = await startServer([app], /^Serving (\d+)/, env);
  return {
    name: 'PostgreSQL',
    server,
    key,
    keeps: `${Math.round((found?.bytes ?? NaN) / 1e6).toLocaleString('en')} MB of disk with its indexes; version ${found?.version}`,
    close: async () => {
      await server.close();
      await database.close();
    },
  };
}

interface Setup {
  readonly binaries: string;
  readonly cluster: string;
  readonly dataDir: string;
  readonly course: string;
}

async function makeCluster({ say }: BenchContext, { binaries, cluster, dataDir, course }: Setup): Promise<void> {
  const part = `${cluster}.part`;
  await rm(part, { recursive: true, force: true });
  await mkdir(part, { recursive: true });
  if (process.getuid?.() === 0) run('chown', ['postgres', part]);
  run(
    ...asOther(join(binaries, 'initdb'), [
      '-D',
      part,
      '-U',
      'postgres',
      '--encoding=UTF8',
      '--lc-collate=C',
      '--lc-ctype=C.UTF-8',
      '--no-sync',
    ]),
  );
  const days = `${dataDir}-days.tsv`;
  await writeRows(dataDir, course, days, DAYS_SQL);
  const database = await startCluster(binaries, part, 'off');
  try {
    const { sql } = database;
    const began = performance.now();
    await sql.unsafe(TABLES);
    await pipeline(createReadStream(days), await sql`COPY learner_days FROM STDIN`.writable());
    await readCourse(dataDir, course, async (answers) => loadLearners(sql, answers));
    say(`PostgreSQL: rows after ${((performance.now() - began) / 1000).toFixed(1)} s`);
    for (const statement of INDEXES) await sql.unsafe(statement);
    say(`PostgreSQL: indexes after ${((performance.now() - began) / 1000).toFixed(1)} s`);
  } finally {
    await database.close();
    await rm(days, { force: true });
  }
  await rename(part, cluster);
}

interface Database {
  readonly sql: Sql;
  /** Folder of its socket. */
  readonly socket: string;
  close(): Promise<void>;
}

async function startCluster(binaries: string, cluster: string, fsync = 'on'): Promise<Database> {
  const socket = join(cluster, 'socket');
  const settings = Object.entries({ ...SETTINGS, fsync, unix_socket_directories: socket }).flatMap(([name, value]) => [
    '-c',
    `${name}=${value}`,
  ]);
  if (!existsSync(socket)) run(...asOther('mkdir', [socket]));
  await chmod(cluster, 0o700);
  const child = spawn(...asOther(join(binaries, 'postgres'), ['-D', cluster, '-p', String(PORT), ...settings]), {
    stdio: 'ignore',
  });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const sql = postgres({
    host: socket,
    port: PORT,
    user: 'postgres',
    database: 'postgres',
    max: 2,
    onnotice: () => {},
  });
  for (let tries = 0; ; tries += 1) {
    try {
      await sql`SELECT 1`;
      break;
    } catch (error) {
      if (tries === 100) throw error;
      await wait(100);
    }
  }
  return {
    sql,
    socket,
    close: async () => {
      await sql.end();
      run(...asOther(join(binaries, 'pg_ctl'), ['-D', cluster, '-m', 'fast', '-w', 'stop']));
      await ended;
    },
  };
}

function run(command: string, args: readonly string[]): void {
  const { status, stderr, error } = spawnSync(command, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${status}: ${error?.message ?? stderr}`);
}
