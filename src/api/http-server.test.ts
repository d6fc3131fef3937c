import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import test, { after } from 'node:test';
import { openHttpServer } from './http-server.ts';

const slow = Promise.withResolvers<void>();
const arrived = Promise.withResolvers<void>();
const service = {
  fetch: async (request: Request) => {
    if (request.url.endsWith('/slow')) {
      arrived.resolve();
      await slow.promise;
    }
    return new Response(request.url);
  },
};
const server = await openHttpServer(service, { host: '127.0.0.1', port: 0 });
const port = Number(new URL(server.url).port);
after(async () => server.close());

/** Sends bytes as they are, as no client library would. */
async function send(request: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.end(request);
  return text(socket);
}

const TARGETS = [
  ['/learners/../status', '/learners/%252E%252E/status'],
  ['/learners/a\\..\\status', '/learners/a%5C..%5Cstatus'],
  ['/learners/mar%C3%ADa/?q=#x', '/learners/mar%C3%ADa/?q=%23x'],
] as const;

for (const [target, path] of TARGETS) {
  test(`GET ${target} reaches the service as ${path}`, async () => {
    const answer = await send(`GET ${target} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n`);
    assert.ok(answer.endsWith(`http://h${path}`), answer);
  });
}

const UNREADABLE = [
  ['GARBAGE\r\n\r\n', 400, 'illegal_parameter_values'],
  ['GET /learners/maría HTTP/1.1\r\nHost: h\r\n\r\n', 400, 'illegal_parameter_values'],
  ['GET / HTTP/1.1\r\nHost: a b\r\nConnection: close\r\n\r\n', 400, 'illegal_parameter_values'],
  ['GET / HTTP/1.1\r\nHost: h/../x\r\nConnection: close\r\n\r\n', 400, 'illegal_parameter_values'],
  ['GET / HTTP/1.1\r\nConnection: close\r\n\r\n', 400, 'illegal_parameter_values'],
  ['GET / HTTP/1.1\r\nHost: h\r\nhost: h\r\nConnection: close\r\n\r\n', 400, 'illegal_parameter_values'],
  ['GET / HTTP/1.0\r\nHost: h\r\nHost: evil.example\r\n\r\n', 400, 'illegal_parameter_values'],
  ['CONNECT h:80 HTTP/1.1\r\nHost: h\r\n\r\n', 405, 'method_not_allowed'],
  ['OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n', 405, 'method_not_allowed'],
  ['INVENT /x HTTP/1.1\r\nHost: h\r\n\r\n', 405, 'method_not_allowed'],
  [`GET /?${'x'.repeat(40_000)} HTTP/1.1\r\nHost: h\r\n\r\n`, 414, 'uri_too_long'],
] as const;

for (const [request, status, code] of UNREADABLE) {
  test(`${JSON.stringify(request.slice(0, 40))} is ${status} with an error body and an id`, async () => {
    const answer = await send(request);
    assert.ok(answer.startsWith(`HTTP/1.1 ${status} `), answer);
    assert.match(answer, /\r\nx-request-id: [0-9a-f-]{36}\r\n/i);
    assert.match(answer, /\r\ncontent-type: application\/json/i);
    if (status === 405) assert.match(answer, /\r\nallow: GET, HEAD\r\n/i);
    assert.equal((JSON.parse(answer.slice(answer.indexOf('{'))) as { error_code: string }).error_code, code);
  });
}

test('a refused HEAD has no body either', async () => {
  const answer = await send('HEAD /learners/maría HTTP/1.1\r\nHost: h\r\n\r\n');
  assert.ok(answer.startsWith('HTTP/1.1 400 ') && answer.endsWith('\r\n\r\n'), answer);
});

test('an expectation that nobody knows, and the lack of a host before HTTP/1.1, are no reason to refuse', async () => {
  const expecting = await send('GET /x HTTP/1.1\r\nHost: h\r\nExpect: miracles\r\nConnection: close\r\n\r\n');
  assert.ok(expecting.endsWith('http://h/x'), expecting);
  const old = await send('GET /x HTTP/1.0\r\n\r\n');
  assert.ok(old.endsWith('http://127.0.0.1/x'), old);
});

test('who asks for a tunnel and breaks off, or holds the connection, keeps the server neither from answering nor from closing', async () => {
  const tunnelled = await openHttpServer(service, { host: '127.0.0.1', port: 0 });
  const ask = async () => {
    const socket = connect({ port: Number(new URL(tunnelled.url).port), host: '127.0.0.1', allowHalfOpen: true });
    socket.on('error', () => {}).write('CONNECT h:80 HTTP/1.1\r\nHost: h\r\n\r\n');
    await once(socket, 'data');
    return socket;
  };
  (await ask()).resetAndDestroy();
  assert.equal((await fetch(`${tunnelled.url}/x`)).status, 200);
  const held = await ask();
  const start = performance.now();
  await tunnelled.close();
  assert.ok(performance.now() - start < 8000);
  held.destroy();
});

test('a request that does not arrive in time is refused, and of an answer that nobody takes nothing is kept', async (t) => {
  const { promise: ended, resolve: end } = Promise.withResolvers<string>();
  const endless = new ReadableStream({
    pull: (controller) => controller.enqueue(new Uint8Array(65_536)),
    cancel: (reason) => end(String(reason)),
  });
  const impatient = await openHttpServer(
    { fetch: () => new Response(endless) },
    { host: '127.0.0.1', port: 0 },
    { request: 200, answer: 400, idle: 1000 },
  );
  t.after(async () => impatient.close());
  const open = () => connect(Number(new URL(impatient.url).port), '127.0.0.1');
  const slowly = open();
  slowly.write('GET / HTTP/1.1\r\nHost: h\r\nX-More');
  const answer = await text(slowly);
  assert.match(answer, /^HTTP\/1\.1 408 Request Timeout\r\n[^]*did not arrive in time/);
  const stalled = open().pause();
  stalled.write('GET / HTTP/1.1\r\nHost: h\r\n\r\n');
  await ended;
  stalled.destroy();
});

test('a connection is kept for longer than proxies and balancers keep theirs', async (t) => {
  const socket = connect(port, '127.0.0.1');
  t.after(() => socket.destroy());
  socket.write('GET / HTTP/1.1\r\nHost: h\r\n\r\n');
  const [answer] = (await once(socket, 'data')) as [Buffer];
  assert.match(answer.toString('latin1'), /^HTTP\/1\.1 200 [^]*\r\nKeep-Alive: timeout=75\r\n/);
});

test('a taken port is named, with what to do', async () => {
  await assert.rejects(openHttpServer(service, { host: '127.0.0.1', port }), {
    code: 'port_unavailable',
    message: new RegExp(`listening on 127\\.0\\.0\\.1:${port} already.*--port`),
  });
});

test('an address of another machine is named', async () => {
  await assert.rejects(openHttpServer(service, { host: '192.0.2.1', port: 0 }), {
    code: 'port_unavailable',
    message: /no address 192\.0\.2\.1/,
  });
});

test('closing answers what is under way, takes nothing new, and does not wait for idle connections', async () => {
  const closing = await openHttpServer(service, { host: '127.0.0.1', port: 0 });
  await (await fetch(`${closing.url}/idle`)).text();
  const underWay = fetch(`${closing.url}/slow`);
  await arrived.promise;
  const closed = closing.close();
  await assert.rejects(fetch(`${closing.url}/new`));
  slow.resolve();
  assert.equal((await underWay).status, 200);
  const start = performance.now();
  await closed;
  // of themselves they end after 75 seconds, or four where fetch ends them
  assert.ok(performance.now() - start < 3000);
});
