import { connect, type Socket } from 'node:net';
import { json } from 'node:stream/consumers';
import { AnswerReader } from './answer-reader.ts';

// The load generator, a process of its own so that it does not share a thread with what it measures: asks over so many
// connections, each kept open and asking again as soon as it has its answer. A job on standard input; on standard output a line when
// it begins to count, and its outcome. SIGTERM ends it before its time.

export interface LoadJob {
  readonly port: number;
  readonly connections: number;
  readonly seconds: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Asked one after the other, over all connections together; from the beginning again after the last. */
  readonly paths: readonly string[];
  /** The place in `paths` to begin at, so that a second slice of the same question does not repeat the first's. */
  readonly start: number;
  /** Ask for each path's ETag first, and then whether it still holds. */
  readonly revalidate: boolean;
  /** So many requests at most, and no warm-up. */
  readonly most?: number;
}

export interface LoadOutcome {
  readonly seconds: number;
  /** Of each answered request, in microseconds. */
  readonly latencies: readonly number[];
  /** How many answers there were of each status. */
  readonly statuses: Readonly<Record<string, number>>;
  readonly bytes: number;
}

const WARM_UP_SECONDS = 0.3;

/** Aborted when whoever started it wants to know. */
const stopping = new AbortController();

async function main(): Promise<void> {
  const job = (await json(process.stdin)) as LoadJob;
  const heads = job.paths.map((path) => formatHead(job, path));
  const asked = job.revalidate ? await addEtags(job, heads) : heads.map((head) => Buffer.from(`${head}\r\n`));
  let place = job.start;
  const next = () => asked[place++ % asked.length]!;
  const clients = await Promise.all(Array.from({ length: job.connections }, async () => openClient(job.port)));
  // what comes first opens connections and fills caches of code; not counted
  if (job.most === undefined)
    await Promise.all(clients.map(async (client) => keepAsking(client, next, WARM_UP_SECONDS)));
  process.stdout.write('ready\n');
  process.once('SIGTERM', () => stopping.abort());
  const began = performance.now();
  const each = Math.ceil((job.most ?? Infinity) / job.connections);
  const all = await Promise.all(clients.map(async (client) => keepAsking(client, next, job.seconds, each)));
  const seconds = (performance.now() - began) / 1000;
  for (const client of clients) client.close();
  const statuses: Record<string, number> = {};
  for (const { status } of all.flat()) statuses[status] = (statuses[status] ?? 0) + 1;
  const outcome: LoadOutcome = {
    seconds,
    latencies: all.flatMap((answers) => answers.map(({ microseconds }) => microseconds)),
    statuses,
    bytes: all.flat().reduce((sum, { bytes }) => sum + bytes, 0),
  };
  process.stdout.write(JSON.stringify(outcome));
}

function formatHead({ port, headers }: LoadJob, path: string): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n${lines.join('')}`;
}

async function addEtags(job: LoadJob, heads: readonly string[]): Promise<Buffer[]> {
  const client = await openClient(job.port);
  const conditional: Buffer[] = [];
  for (const head of heads) {
    const { etag } = await client.ask(Buffer.from(`${head}\r\n`));
    if (etag === null) throw new Error(`An answer had no ETag: ${head.slice(0, head.indexOf('\r'))}`);
    conditional.push(Buffer.from(`${head}If-None-Match: ${etag}\r\n\r\n`));
  }
  client.close();
  return conditional;
}

interface Answer {
  readonly status: number;
  readonly etag: string | null;
  readonly bytes: number;
  readonly microseconds: number;
}

interface Client {
  ask(request: Buffer): Promise<Answer>;
  close(): void;
}

async function keepAsking(client: Client, next: () => Buffer, seconds: number, most = Infinity): Promise<Answer[]> {
  const answers: Answer[] = [];
  const until = performance.now() + seconds * 1000;
  while (!stopping.signal.aborted && performance.now() < until && answers.length < most)
    answers.push(await client.ask(next()));
  return answers;
}

async function openClient(port: number): Promise<Client> {
  let waiting: PromiseWithResolvers<Answer> | null = null;
  let began = 0;
  const fail = () => waiting?.reject(new Error('The server closed a connection in the middle of an answer.'));
  const open = async (): Promise<Socket> => {
    const opened = connect({ port, host: '127.0.0.1', noDelay: true });
    const reader = new AnswerReader((answer) => {
      waiting?.resolve({ ...answer, microseconds: Math.round((performance.now() - began) * 1000) });
    });
    opened.on('data', (chunk) => reader.read(chunk));
    opened.on('error', fail).on('close', fail);
    await new Promise<void>((resolve, reject) => {
      opened.once('connect', resolve).once('error', reject);
    });
    return opened;
  };
  let socket = await open();
  return {
    ask: async (request) => {
      // who waited for others that take seconds finds it closed
      if (!socket.writable) socket = await open();
      waiting = Promise.withResolvers<Answer>();
      began = performance.now();
      socket.write(request);
      return waiting.promise;
    },
    close: () => void socket.destroy(),
  };
}

await main();
