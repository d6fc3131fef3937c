import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerOptions, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { getRequestListener, RequestError } from '@hono/node-server';
import { AppError } from '../errors.ts';
import { describeRefusal, noMethod } from './errors-to-http.ts';
import { escapeTarget } from './request-target.ts';

/** Address and headers of a request may have this many bytes together. */
const MAX_HEAD_BYTES = 32 * 1024;

/**
 * How long clients may take, in ms: to send a request, and to take the next part of an answer. The latter is looked at when it is
 * over, and an answer that moved before has the same time once more. And between two requests on one connection: longer than nginx and
 * most balancers keep one, as who sends a request while it is being ended has no answer.
 */
const PATIENCE = { request: 20_000, answer: 60_000, idle: 75_000 } as const;

/** How long requests that are under way may take once the server was told to stop. */
const FAREWELL_MS = 10_000;

/** How long a connection of which nothing more is wanted is there for the client to read why, and to end it. */
const LINGER_MS = 1000;

export interface Service {
  fetch(request: Request): Response | Promise<Response>;
}

export interface HttpServer {
  /** `http://host:port`, with the port that was chosen. */
  readonly url: string;
  /** Takes no new requests, and resolves when those under way are answered. */
  close(): Promise<void>;
}

/**
 * Serves on a port.
 * @throws AppError `port_unavailable` when the port is taken, not allowed, or the host is none of this machine
 */
export async function openHttpServer(
  service: Service,
  { host, port }: { host: string; port: number },
  patience: { readonly [what in keyof typeof PATIENCE]: number } = PATIENCE,
): Promise<HttpServer> {
  const listener = getRequestListener(async (request) => service.fetch(request), {
    hostname: host,
    errorHandler: answerUnreadable,
  });
  const serve = (incoming: IncomingMessage, outgoing: ServerResponse): void => {
    // asked of all the server, which is no address
    if (incoming.method === 'OPTIONS' && incoming.url === '*') {
      answerBare(incoming.socket, refuseMethod('OPTIONS'));
      return;
    }
    incoming.url = escapeTarget(incoming.url ?? '');
    const hosts = incoming.headersDistinct['host']?.length ?? 0;
    if (hosts > 1 || (hosts === 0 && incoming.httpVersion !== '1.0')) answerNoHost(outgoing, hosts);
    else void listener(incoming, outgoing);
  };
  // Node's own answers to these would have no body and no id
  const options: ServerOptions = {
    maxHeaderSize: MAX_HEAD_BYTES,
    requireHostHeader: false,
    // nothing that is asked here has a body
    optimizeEmptyRequests: true,
    headersTimeout: patience.request,
    requestTimeout: patience.request,
    connectionsCheckingInterval: patience.request / 4,
    keepAliveTimeout: patience.idle,
  };
  const server = createServer(options, serve).setTimeout(patience.answer);
  server.on('checkExpectation', serve);
  server.on('connect', (_incoming, socket: Duplex) => answerBare(socket, refuseMethod('CONNECT')));
  server.on('clientError', answerGarbage);
  await listen(server, host, port);
  const { port: chosen } = server.address() as AddressInfo;
  return { url: `http://${host.includes(':') ? `[${host}]` : host}:${chosen}`, close: async () => closeServer(server) };
}

async function listen(server: Server, host: string, port: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', (error: NodeJS.ErrnoException) => reject(describeListenError(error, host, port)));
  server.listen(port, host, resolve);
  await promise;
}

function describeListenError(error: NodeJS.ErrnoException, host: string, port: number): AppError {
  const place = `${host}:${port}`;
  const reasons: Readonly<Record<string, string>> = {
    EADDRINUSE: `Something else is listening on ${place} already. Stop it, or choose another port (--port N or PORT).`,
    EACCES: `This user may not listen on ${place}. Choose a port from 1024 up (--port N or PORT).`,
    EADDRNOTAVAIL: `This machine has no address ${host}. Choose another host (--host ADDRESS or HOST).`,
    ENOTFOUND: `There is no host ${host}. Choose another host (--host ADDRESS or HOST).`,
  };
  const reason = reasons[error.code ?? ''] ?? `The server cannot listen on ${place} (${error.code}).`;
  return new AppError('port_unavailable', reason, { cause: error });
}

async function closeServer(server: Server): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  server.close(() => resolve());
  // connections that are kept open for more requests would hold the server until they time out
  const sweep = setInterval(() => server.closeIdleConnections(), 50);
  const limit = setTimeout(() => server.closeAllConnections(), FAREWELL_MS);
  await promise;
  clearInterval(sweep);
  clearTimeout(limit);
}

/** What RFC 9112, 3.2 asks for; before HTTP/1.1 there was no such header, and the host is the one that is listened on. */
function answerNoHost(outgoing: ServerResponse, hosts: number): void {
  const fault = hosts === 0 ? 'no Host header' : `${hosts} Host headers`;
  const refusal = new AppError('illegal_parameter_values', `The request has ${fault}; it must have one.`);
  const body = JSON.stringify(describeRefusal(refusal));
  const head = { 'Content-Length': Buffer.byteLength(body), 'Content-Type': 'application/json' };
  outgoing.writeHead(400, { ...head, 'X-Request-Id': randomUUID() }).end(body);
}

/** Answers a request whose head is HTTP, but whose address or host is no URL. */
function answerUnreadable(error: unknown): Response {
  if (!(error instanceof RequestError)) throw error;
  const refusal = new AppError('illegal_parameter_values', 'The address or the Host header is not well-formed.');
  return Response.json(describeRefusal(refusal), { status: 400, headers: { 'X-Request-Id': randomUUID() } });
}

/** Answers what Node's parser refused, on the bare connection. */
function answerGarbage(error: NodeJS.ErrnoException & { rawPacket?: Buffer }, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  answerBare(socket, chooseRefusal(error), error.rawPacket?.toString('latin1', 0, 5) !== 'HEAD ');
}

interface BareRefusal {
  readonly statusLine: string;
  readonly headers: readonly string[];
  readonly refusal: AppError;
}

/** After a CONNECT, Node looks after the connection no more: neither its errors, nor how long it stays, nor closing the server end it. */
function answerBare(socket: Duplex, { statusLine, headers, refusal }: BareRefusal, withBody = true): void {
  const body = JSON.stringify(describeRefusal(refusal));
  const head = [
    `HTTP/1.1 ${statusLine}`,
    ...headers,
    'Connection: close',
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    `X-Request-Id: ${randomUUID()}`,
  ];
  const limit = setTimeout(() => socket.destroy(), LINGER_MS);
  socket.on('error', () => socket.destroy()).on('close', () => clearTimeout(limit));
  // to end it with something unread would take the answer from the client as well
  socket.resume().end(`${head.join('\r\n')}\r\n\r\n${withBody ? body : ''}`);
}

/** The head is too long, or took too long, or names a method that Node has never heard of, or is not HTTP at all. */
function chooseRefusal(error: NodeJS.ErrnoException & { rawPacket?: Buffer }): BareRefusal {
  if (error.code === 'HPE_HEADER_OVERFLOW') {
    const refusal = new AppError('uri_too_long', `Address and headers may have ${MAX_HEAD_BYTES} bytes together.`);
    return { statusLine: '414 URI Too Long', headers: [], refusal };
  }
  if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    const refusal = new AppError('illegal_parameter_values', 'The request did not arrive in time.');
    return { statusLine: '408 Request Timeout', headers: [], refusal };
  }
  const [, method] = /^([!-~]+) \S+ HTTP\/1\.\d\r?\n/.exec(error.rawPacket?.toString('latin1') ?? '') ?? [];
  if (error.code === 'HPE_INVALID_METHOD' && method !== undefined) return refuseMethod(method);
  const words = 'The request is not well-formed HTTP. What is not ASCII in an address must be percent-encoded.';
  return { statusLine: '400 Bad Request', headers: [], refusal: new AppError('illegal_parameter_values', words) };
}

function refuseMethod(method: string): BareRefusal {
  return { statusLine: '405 Method Not Allowed', headers: ['Allow: GET, HEAD'], refusal: noMethod(method) };
}
