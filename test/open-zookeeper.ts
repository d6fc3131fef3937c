import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as wait } from 'node:timers/promises';
import { findPort } from './find-port.ts';
import { skipWithoutClickhouse } from './open-clickhouse.ts';

const JAVA = '/usr/bin/java';
/** Where Debian has it. */
const JARS = '/usr/share/java';

/** For a test that needs a ZooKeeper, and a listening ClickHouse: skips it, with the reason, on a machine that lacks either. */
export const skipWithoutZookeeper = {
  skip:
    skipWithoutClickhouse.skip === false && !(existsSync(JAVA) && existsSync(join(JARS, 'zookeeper.jar')))
      ? 'there is no ZooKeeper: apt-get install --no-install-recommends zookeeper'
      : skipWithoutClickhouse.skip,
} as const;

/** A session that ends on a busy machine has statements of the engine wait for minutes. */
const SESSION_MS = 120_000;

export interface Zookeeper {
  /** What the configuration of a ClickHouse has for it, as XML. */
  readonly config: string;
  readonly close: () => Promise<void>;
}

/** A ZooKeeper of its own, on the loopback interface, that forgets everything. */
export async function openZookeeper(): Promise<Zookeeper> {
  const folder = mkdtempSync(join(tmpdir(), 'zookeeper-'));
  const port = await findPort();
  const config = join(folder, 'zoo.cfg');
  const settings = {
    dataDir: join(folder, 'data'),
    clientPort: port,
    clientPortAddress: '127.0.0.1',
    'admin.enableServer': false,
    forceSync: 'no',
    maxSessionTimeout: SESSION_MS,
    '4lw.commands.whitelist': 'ruok',
  };
  writeFileSync(
    config,
    Object.entries(settings)
      .map((setting) => `${setting.join('=')}\n`)
      .join(''),
  );
  const options = ['-Xmx128m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-cp', `${JARS}/*`];
  const server = spawn(JAVA, [...options, 'org.apache.zookeeper.server.quorum.QuorumPeerMain', config], {
    cwd: folder,
    stdio: 'ignore',
  });
  // unlike a ClickHouse of the tests, it does not end with its parent
  process.once('exit', () => server.kill('SIGKILL'));
  const close = async () => {
    if (server.exitCode === null && server.signalCode === null) {
      const ended = once(server, 'exit');
      server.kill('SIGKILL');
      await ended;
    }
    rmSync(folder, { recursive: true, maxRetries: 10 });
  };
  for (let tries = 0; tries < 300 && server.exitCode === null; tries += 1) {
    if ((await ask(port, 'ruok').catch(() => '')) === 'imok') return { config: describe(port), close };
    await wait(100);
  }
  await close();
  throw new Error('ZooKeeper did not come up');
}

function describe(port: number): string {
  return `<zookeeper><session_timeout_ms>${SESSION_MS}</session_timeout_ms>
    <node><host>127.0.0.1</host><port>${port}</port></node></zookeeper>`;
}

async function ask(port: number, word: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  // one that is just coming up may take the connection and say nothing
  socket.setTimeout(1000, () => socket.destroy(new Error('it is silent')));
  socket.end(word);
  return text(socket);
}
