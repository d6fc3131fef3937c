import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, type Server, createServer } from 'node:net';
import test from 'node:test';
import { speaksTls } from './speaks-tls.ts';

/** TLS 1.2: a fatal alert, that the handshake failed. */
const ALERT = Buffer.from('15030300020228', 'hex');

async function probe(server: Server, host = 'localhost'): Promise<boolean> {
  await once(server.listen(0, host), 'listening');
  const { address, family, port } = server.address() as AddressInfo;
  const named = host === 'localhost' ? host : family === 'IPv6' ? `[${address}]` : address;
  try {
    return await speaksTls(new URL(`http://${named}:${port}/la`));
  } finally {
    server.close();
  }
}

test('who refuses the handshake speaks TLS, and is told which host is meant', async () => {
  for (const host of ['localhost', '127.0.0.1']) {
    let hello = '';
    const server = createServer((socket) =>
      socket
        .on('error', () => undefined)
        .once('data', (data) => {
          hello = data.toString('latin1');
          socket.end(ALERT);
        }),
    );
    assert.equal(await probe(server, host), true);
    assert.equal(hello.includes('localhost'), host === 'localhost');
  }
});

test('who answers in HTTP, or resets the connection, does not', async () => {
  assert.equal(await probe(createHttpServer()), false);
  assert.equal(await probe(createServer((socket) => void socket.resetAndDestroy())), false);
});
