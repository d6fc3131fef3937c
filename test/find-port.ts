import { once } from 'node:events';
import { createServer } from 'node:net';

/** Below those that Linux gives to whoever asks for any, which are taken again as soon as they are free. */
const FIRST = 20_000;
const COUNT = 12_000;
/** Processes that run at once begin at places of their own, so far from each other. */
const APART = 20;

let drawn = process.pid * APART;

/** A port of the loopback interface that nobody has just now, nor is given by chance; one that this process was not given before. */
export async function findPort(): Promise<number> {
  for (let tries = 0; tries < COUNT; tries += 1) {
    drawn += 1;
    const port = FIRST + (drawn % COUNT);
    if (await isFree(port)) return port;
  }
  throw new Error('no port');
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch {
    return false;
  }
  const closed = once(server, 'close');
  server.close();
  await closed;
  return true;
}
