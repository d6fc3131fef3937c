import { randomBytes } from 'node:crypto';
import { createReadStream, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Log } from '../log.ts';
import { splitLines } from '../split-lines.ts';
import { formatTime } from '../store/format-time.ts';
import { FORGOTTEN, nameHashSql, readForgetSalt } from '../store/forgotten.ts';
import type { Params, Store } from '../store/store.ts';
import type { Caller } from './caller.ts';

/** Somebody was answered about a course. */
export interface AuditEntry extends Pick<Caller, 'kind' | 'name'> {
  readonly course_id: string;
  /** Which resource, without the names in its address: `learners/:username`. */
  readonly resource: string;
  /** What was filtered by, as in an address; no free text. */
  readonly filter: string;
}

export interface AuditRow extends AuditEntry {
  /** Instant of the first of these requests, ISO 8601 UTC. */
  readonly time: string;
  /** How many of the kind there were within some seconds. */
  readonly requests: number;
}

const WRITE_MS = 10_000;
const PRUNE_MS = 86_400_000;
/** While the store takes no more, what is over this is lost, which the log says. */
const WAITING_ENTRIES = 50_000;

interface Waiting {
  readonly row: Omit<AuditRow, 'requests'>;
  requests: number;
}

/** Notes who looked at which course. Written every ten seconds, so that nobody waits; a kill loses as much. */
export class AuditLog {
  readonly #store: Store;
  readonly #log: Log;
  readonly #days: number;
  readonly #timers: readonly NodeJS.Timeout[];
  #waiting = new Map<string, Waiting>();
  /** Neither is ever rejected. */
  #writing: Promise<void> = Promise.resolve();
  #pruning: Promise<void> = Promise.resolve();

  /** @param days how long entries are kept; 0: nothing is noted */
  constructor(store: Store, log: Log, days: number) {
    this.#store = store;
    this.#log = log;
    this.#days = days;
    const writing = setInterval(() => this.#writeNext(), WRITE_MS).unref();
    const pruning = setInterval(() => this.#pruneNext(), PRUNE_MS).unref();
    this.#timers = [writing, pruning];
    this.#pruneNext();
  }

  note(entry: AuditEntry): void {
    if (this.#days === 0) return;
    const key = JSON.stringify(entry);
    const waiting = this.#waiting.get(key);
    if (waiting !== undefined) waiting.requests += 1;
    else this.#add(new Map([[key, { row: { ...entry, time: new Date().toISOString() }, requests: 1 }]]));
  }

  /** As many as there is room for. */
  #add(entries: ReadonlyMap<string, Waiting>): void {
    for (const [key, entry] of entries) {
      if (this.#waiting.size < WAITING_ENTRIES) this.#waiting.set(key, entry);
      else return this.#log.error('the audit log cannot be written, and entries are lost');
    }
  }

  /** Writes what is still waiting, and ends what is being deleted. */
  async close(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    this.#writeNext();
    await Promise.all([this.#writing, this.#pruning]);
  }

  #writeNext(): void {
    this.#writing = this.#writing.then(async () => this.#write());
  }

  #pruneNext(): void {
    this.#pruning = this.#pruning.then(async () => this.#prune());
  }

  async #write(): Promise<void> {
    const writing = this.#waiting;
    this.#waiting = new Map();
    if (writing.size === 0) return;
    const entries = [...writing.values()];
    try {
      const forgotten = await this.#findForgotten(entries);
      const rows = entries.map(({ row, requests }) => ({
        ...row,
        name: row.kind === 'person' && row.time <= (forgotten.get(row.name) ?? '') ? FORGOTTEN : row.name,
        time: formatTime(new Date(row.time)),
        requests,
      }));
      await this.#store.insert('audit_log', rows);
    } catch (error) {
      this.#log.error({ err: error }, 'the audit log could not be written; it is tried again');
      this.#putBack(writing);
    }
  }

  /** When people among those who asked were forgotten, by any process: ISO 8601, by name. */
  async #findForgotten(entries: readonly Waiting[]): Promise<ReadonlyMap<string, string>> {
    const people = new Set(entries.flatMap(({ row }) => (row.kind === 'person' ? [row.name] : [])));
    const salt = people.size === 0 ? null : await readForgetSalt(this.#store);
    if (salt === null) return new Map();
    const rows = await this.#store.query<{ name: string; at: string }>(
      `SELECT name, max(forgotten_at) AS at
       FROM (SELECT arrayJoin({people:Array(String)}) AS name) AS asking
       INNER JOIN forgotten ON forgotten.hash = ${nameHashSql('asking.name')}
       GROUP BY name`,
      { salt, people: [...people] },
    );
    return new Map(rows.map(({ name, at }) => [name, at]));
  }

  /** What was noted since may be of the same kind. */
  #putBack(unwritten: ReadonlyMap<string, Waiting>): void {
    const since = this.#waiting;
    this.#waiting = new Map(unwritten);
    for (const [key, { requests }] of since) {
      const earlier = unwritten.get(key);
      if (earlier === undefined) continue;
      earlier.requests += requests;
      since.delete(key);
    }
    this.#add(since);
  }

  async #prune(): Promise<void> {
    try {
      const [found] = await this.#store.read<{ rows: number; until: string }>(
        `SELECT count() AS rows, toString(now('UTC') - toIntervalDay({days: UInt32})) AS until
         FROM audit_log WHERE time < now() - toIntervalDay({days: UInt32})`,
        { days: this.#days },
      );
      if (found === undefined || found.rows === 0) return;
      // written anew without them: a DELETE would hide them until the parts of their month are merged, which may be never; by the
      // time that it is now: where tables are replicated, the engine refuses what is another one on each replica
      const { until } = found;
      await this.#store.run(
        "ALTER TABLE audit_log DELETE WHERE time < {until:DateTime('UTC')} SETTINGS mutations_sync = 1",
        { until },
      );
    } catch (error) {
      this.#log.error({ err: error }, 'old entries of the audit log could not be deleted; it is tried again tomorrow');
    }
  }
}

/** Which entries to read; days are `YYYY-MM-DD` UTC, the end exclusive. */
export interface AuditQuestion {
  readonly since?: string | undefined;
  readonly until?: string | undefined;
  readonly courseId?: string | undefined;
}

/** An entry whose insert was heard nothing of is written again, with what came since. */
const ENTRIES = `(
  SELECT time, kind, name, course_id, resource, filter, max(audit_log.requests) AS requests
  FROM audit_log
  GROUP BY time, kind, name, course_id, resource, filter
)`;

/**
 * The entries, oldest first: of years there may be millions, so they come by way of a file.
 * @throws AppError `store_unavailable`
 */
export async function* readAudit(
  store: Store,
  { since, until, courseId }: AuditQuestion,
): AsyncGenerator<AuditRow, void> {
  const params: Params = {
    since: since ?? '1970-01-01',
    until: until ?? '2105-12-31',
    course: courseId ?? '',
  };
  const path = join(store.spool, `audit-${randomBytes(8).toString('hex')}`);
  try {
    await store.save(
      { path, format: 'JSONCompactEachRow' },
      `
      SELECT time, kind, name, course_id, resource, filter, requests
      FROM ${ENTRIES}
      WHERE time >= toDateTime({since: Date}, 'UTC')
        AND time < toDateTime({until: Date}, 'UTC')
        AND ({course: String} = '' OR course_id = {course: String})
      ORDER BY time, name, resource, kind, course_id, filter
      `,
      params,
      { urgent: true, seconds: 300 },
    );
    for await (const line of splitLines(createReadStream(path, 'utf8') as AsyncIterable<string>)) {
      const [time, kind, name, course_id, resource, filter, requests] = JSON.parse(line) as SavedRow;
      yield { time, kind, name, course_id, resource, filter, requests };
    }
  } finally {
    rmSync(path, { force: true });
  }
}

type SavedRow = readonly [
  time: string,
  kind: AuditRow['kind'],
  name: string,
  courseId: string,
  resource: string,
  filter: string,
  requests: number,
];

/** Who looked at how much. */
export interface AuditSummary {
  readonly days: number;
  readonly requests: number;
  readonly courses: number;
  /** Most requests first. */
  readonly callers: ReadonlyArray<
    Pick<Caller, 'kind' | 'name'> & { readonly requests: number; readonly courses: number; readonly last: string }
  >;
  /** Instant of the oldest entry there is, ISO 8601; null without any. */
  readonly oldest: string | null;
}

/** What was looked at in the last `days` of 24 hours, up to the moment. */
export async function summarizeAudit(store: Store, days: number): Promise<AuditSummary> {
  const since = 'time >= now64(3) - toIntervalDay({days: UInt32})';
  const callers = await store.query<AuditSummary['callers'][number]>(
    `
    SELECT kind, name, sum(requests) AS requests, uniqExact(course_id) AS courses, max(time) AS last
    FROM ${ENTRIES}
    WHERE ${since}
    GROUP BY kind, name
    ORDER BY requests DESC, name, kind
    `,
    { days },
  );
  const [total] = await store.query<{ courses: number; oldest: string | null }>(
    `
    SELECT uniqExactIf(course_id, ${since}) AS courses, minOrNull(time) AS oldest
    FROM audit_log
    `,
    { days },
  );
  const requests = callers.reduce((sum, caller) => sum + caller.requests, 0);
  return { days, requests, courses: total?.courses ?? 0, callers, oldest: total?.oldest ?? null };
}
