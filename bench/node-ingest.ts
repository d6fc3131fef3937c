import { createWriteStream, openSync, readSync, statSync } from 'node:fs';
import { hash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parentPort, Worker, workerData } from 'node:worker_threads';

// The job of `ingest` in plain Node: two worker threads with half of the log each, lines that name none of the events passed
// over, the others through JSON.parse, the facts written to files, each once. The rules that matter for nearly all lines.
// Prints the number of facts, which must be ours.

interface Half {
  readonly path: string;
  readonly start: number;
  readonly end: number;
  readonly out: string;
}

const CHUNK = 8 * 1024 * 1024;
const NAMES = /problem_check|play_video|edx\.(?:video\.played|forum\.)/g;
const COURSE_KEY =
  /^(?:course-v1:[^/+@%]+\+[^/+@%]+\+[^/+@%]+|ccx-v1:[^/+@%]+\+[^/+@%]+\+[^/+@%]+\+ccx@\d+|[^/+@:]+\/[^/+@:]+\/[^/+@:]+)$/;

interface Payload {
  readonly problem_id?: string;
  readonly success?: string;
  readonly id?: string;
  readonly commentable_id?: string;
}

interface Event {
  readonly username?: string;
  readonly event_type?: string;
  readonly name?: string;
  readonly event_source?: string;
  readonly time?: string;
  readonly timestamp?: string;
  readonly event?: Payload | string;
  readonly data?: Payload | string;
  readonly context?: { readonly username?: string; readonly course_id?: string; readonly event_source?: string };
}

/** Facts of a half: their hashes, 16 bytes each, the last bit of which says whether it counts twice. */
async function ingestHalf({ path, start, end, out }: Half): Promise<Uint8Array> {
  const file = openSync(path, 'r');
  const facts = createWriteStream(out);
  const hashes: Buffer[] = [];
  let place = start;
  let carried = Buffer.alloc(0);
  // A line belongs to the half in which it begins; whoever begins in the middle of one leaves that to the other.
  let isCut = start > 0;
  while (place < end || carried.length > 0) {
    const buffer = Buffer.allocUnsafe(carried.length + CHUNK);
    carried.copy(buffer);
    const read = readSync(file, buffer, carried.length, CHUNK, place);
    place += read;
    const data = buffer.subarray(0, carried.length + read);
    const last = read === 0 ? data.length : data.lastIndexOf(0x0a) + 1;
    const over = place - end;
    let from = 0;
    if (isCut) {
      from = data.indexOf(0x0a) + 1;
      isCut = false;
    }
    const stop =
      over > 0 ? Math.min(last, Math.max(from, data.indexOf(0x0a, Math.max(0, data.length - over - 1)) + 1)) : last;
    const rows = decode(data.subarray(from, stop), hashes);
    if (rows !== '' && !facts.write(rows)) await once(facts, 'drain');
    if (over > 0 || read === 0) break;
    carried = data.subarray(last);
  }
  facts.end();
  await once(facts, 'finish');
  return Buffer.concat(hashes);
}

function decode(data: Buffer, hashes: Buffer[]): string {
  const text = data.toString('latin1');
  const rows: string[] = [];
  NAMES.lastIndex = 0;
  for (let found = NAMES.exec(text); found !== null; found = NAMES.exec(text)) {
    const start = text.lastIndexOf('\n', found.index) + 1;
    const newline = text.indexOf('\n', found.index);
    const end = newline === -1 ? text.length : newline;
    NAMES.lastIndex = end;
    const brace = text.indexOf('{', start);
    if (brace === -1 || brace > end) continue;
    const object = data.toString('utf8', brace, end).trimEnd();
    const fact = readFact(object);
    if (fact === null) continue;
    const digest = hash('md5', object, 'buffer');
    digest[15] = (digest[15]! & 0xfe) | Number(fact.completed);
    hashes.push(digest);
    rows.push(
      `${fact.course}\t${fact.day}\t${fact.username}\t${digest.toString('hex')}\t${fact.time}\t${fact.kind}\t${fact.entity}\t${fact.completed}\n`,
    );
  }
  return rows.join('');
}

function readFact(object: string) {
  const event = parse(object) as Event | null;
  if (event === null) return null;
  const type = firstOf(event.event_type, event.name);
  const kind = chooseKind(type, event);
  if (kind === null) return null;
  const given = event.event ?? event.data;
  const payload = typeof given === 'string' ? (parse(given) as Payload | null) : given;
  const username = firstOf(event.username?.trim(), event.context?.username?.trim());
  const course = event.context?.course_id?.trim() ?? '';
  const time = new Date(firstOf(event.time, event.timestamp));
  const entity = (
    (kind === 'problem' ? payload?.problem_id : kind === 'video' ? payload?.id : payload?.commentable_id) ?? ''
  ).trim();
  if (['', 'anonymous', 'unknown'].includes(username) || username.length > 30 || entity === '') return null;
  if (!COURSE_KEY.test(course) || Number.isNaN(time.getTime()) || time.getTime() > Date.now() + 86_400_000) return null;
  const completed = kind === 'problem' && String(payload?.success).toLowerCase() === 'correct';
  const iso = time.toISOString();
  return {
    course,
    username,
    kind,
    completed,
    time: iso,
    day: iso.slice(0, 10),
    entity:
      kind === 'video' ? entity.replace(/^(?:.*type@video\+block@|i4x-.*-video-|i4x:\/\/.*\/video\/)/, '') : entity,
  };
}

function chooseKind(
  type: string,
  { name = '', event_source, context }: Event,
): 'problem' | 'video' | 'discussion' | null {
  if (typeof type !== 'string' || /^(?:\/|https?:\/\/)/.test(type)) return null;
  if (type === 'problem_check') return firstOf(event_source, context?.event_source) === 'server' ? 'problem' : null;
  if (type.startsWith('edx.video.bumper.') || name.startsWith('edx.video.bumper.')) return null;
  if ([type, name].some((each) => each === 'play_video' || each === 'edx.video.played')) return 'video';
  return /^edx\.forum\.(?:thread|response|comment)\.created$/.test(type) ? 'discussion' : null;
}

/** The first that says something. */
function firstOf(one = '', other = ''): string {
  return one === '' ? other : one;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // not JSON: no fact
    return null;
  }
}

async function main(path: string): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-node-'));
  const { size } = statSync(path);
  const middle = Math.floor(size / 2);
  const halves: Half[] = [
    { path, start: 0, end: middle, out: join(folder, 'facts-1.tsv') },
    { path, start: middle, end: size, out: join(folder, 'facts-2.tsv') },
  ];
  const found = await Promise.all(
    halves.map(async (half) => {
      const [digests] = (await once(new Worker(import.meta.filename, { workerData: half }), 'message')) as [Uint8Array];
      return Buffer.from(digests.buffer, digests.byteOffset, digests.byteLength);
    }),
  );
  const seen = new Set<string>();
  let facts = 0;
  for (const digests of found) {
    for (let place = 0; place < digests.length; place += 16) {
      const digest = digests.toString('latin1', place, place + 16);
      if (seen.has(digest)) continue;
      seen.add(digest);
      facts += 1 + (digests[place + 15]! & 1);
    }
  }
  await rm(folder, { recursive: true });
  process.stdout.write(JSON.stringify({ new_facts: facts }));
}

if (parentPort === null) await main(process.argv[2] ?? '');
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
else parentPort.postMessage(await ingestHalf(workerData as Half));
