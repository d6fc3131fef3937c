import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, type Socket, connect, createServer } from 'node:net';

/** What stands before a server on this machine, and may fall silent: what is sent over its connections is lost, and they stay. */
export interface Proxy {
  readonly port: number;
  /** Connections that there are fall silent; new ones are as ever. */
  readonly loseConnections: () => void;
  /** From now on a connection falls silent that is sent this, and all do where that is every one; null: none. */
  readonly swallow: (pattern: RegExp | null) => void;
  /** How many connections were silenced by what they were sent. */
  readonly swallowed: () => number;
  /** From now on sends on what comes over a new connection when nothing more came for a while, and takes it slowly; or as it comes. */
  readonly hoard: (isOn: boolean) => void;
  /** Gives statements names of its own, as chproxy does. */
  readonly rename: (isOn: boolean) => void;
  readonly close: () => void;
}

const HOARD_MS = 500;
/** Of the bytes that come over a connection which are hoarded. */
const HOARDED_PER_SECOND = 8_000_000;

export async function openProxy(target: number): Promise<Proxy> {
  const pairs = new Set<{ silent: boolean; readonly sockets: readonly Socket[] }>();
  let [swallowing, swallowed, hoarding, renaming] = [null as RegExp | null, 0, false, false];
  const server = createServer((client) => {
    const behind = connect(target, '127.0.0.1');
    const pair = { silent: false, sockets: [client, behind] };
    pairs.add(pair);
    const isHoarding = hoarding;
    const held: Buffer[] = [];
    let timer: NodeJS.Timeout | undefined;
    const hoard = (part: Buffer) => {
      held.push(part);
      clearTimeout(timer);
      client.pause();
      setTimeout(() => client.resume(), (1000 * part.length) / HOARDED_PER_SECOND);
      timer = setTimeout(() => behind.write(Buffer.concat(held.splice(0))), HOARD_MS);
    };
    client.on('data', (part) => {
      if (!pair.silent && swallowing?.test(decode(part)) === true) {
        pair.silent = true;
        swallowed += 1;
      }
      if (pair.silent) return;
      if (isHoarding) hoard(part);
      else behind.write(renaming ? rename(part) : part);
    });
    behind.on('data', (part) => pair.silent || client.write(part));
    for (const [one, other] of [
      [client, behind],
      [behind, client],
    ] as const) {
      one.on('error', () => {});
      one.on('close', () => pair.silent || other.destroy());
    }
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    loseConnections: () => pairs.forEach((pair) => (pair.silent = true)),
    swallow: (pattern) => (swallowing = pattern),
    swallowed: () => swallowed,
    hoard: (isOn) => (hoarding = isOn),
    rename: (isOn) => (renaming = isOn),
    close: () => {
      server.close();
      for (const { sockets } of pairs) for (const socket of sockets) socket.destroy();
    },
  };
}

function rename(part: Buffer): Buffer {
  const text = part.toString('latin1');
  return Buffer.from(
    text.replace(/(?<=[?&]query_id=)[^&\s]+/, () => `own-${randomBytes(8).toString('hex')}`),
    'latin1',
  );
}

/** Statements stand in addresses. */
function decode(part: Buffer): string {
  return part.toString('latin1').replaceAll(/\+|%20/g, ' ');
}
