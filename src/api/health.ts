import { Hono } from 'hono';
import { findLastUpdated } from '../engagement/course.ts';
import type { Log } from '../log.ts';
import { isNewer } from '../store/known-version.ts';
import type { NodeStatus, Store } from '../store/store.ts';
import { LATE, withinMs } from '../store/within.ts';
import type { ApiDeps, ApiEnv, LogsStatus, ServiceStatus } from './api-env.ts';
import { markUnavailable } from './errors-to-http.ts';

/** How long a part may take to answer. */
const PATIENCE_MS = 1000;

/** So long lines may be on their way into the store: as a command has its turn, or as there are many. */
const STUCK_MS = 300_000;

/** So long an answer holds: anybody may ask, as often as they like, and the store is asked for it. */
const KEPT_MS = 1000;

/** `status/`: the process answers. `health/`: so do the parts it needs. Neither asks who is asking. */
export function createHealthRoutes({ store, log, status }: ApiDeps) {
  const checkParts = keep(async () =>
    Promise.all([
      describePart('store', checkStore(store), log),
      describePart('freshness', describeFreshness(store), log),
    ]),
  );
  return new Hono<ApiEnv>()
    .get('/status', (c) => c.json({ status: 'OK' }))
    .get('/health', async (c) => {
      const [storeLine, freshness] = await checkParts();
      const healthy = storeLine.startsWith('OK') && freshness.startsWith('OK');
      if (!healthy) markUnavailable(c);
      return c.json({
        overall_status: healthy ? 'OK' : 'UNAVAILABLE',
        detailed_status: { store: storeLine, freshness, ...describeSources(status?.()) },
        ...(!healthy && { request_id: c.get('requestId') }),
      });
    });
}

/** Those who ask while an answer is made, or holds, have it in common. */
function keep<Value>(make: () => Promise<Value>): () => Promise<Value> {
  let made: Promise<Value> | null = null;
  let madeAt = 0;
  return async () => {
    if (made === null || performance.now() - madeAt > KEPT_MS) {
      made = make();
      madeAt = performance.now();
    }
    return made;
  };
}

async function describePart(part: string, check: Promise<string>, log: Log): Promise<string> {
  try {
    return await withinMs(PATIENCE_MS, check);
  } catch (error) {
    if (error === LATE) log.warn({ part, waited_ms: PATIENCE_MS }, 'a part does not answer in time');
    else log.warn({ err: error, part }, 'a part does not answer');
    return 'UNAVAILABLE: does not answer';
  }
}

async function checkStore(store: Store): Promise<string> {
  if (isNewer(store)) return 'UNAVAILABLE: a newer version of the program has the store';
  await store.query('SELECT 1', {}, { seconds: PATIENCE_MS / 1000 });
  return 'OK';
}

/** Says how old the numbers are. That is no fault of this process, so any age is OK. */
async function describeFreshness(store: Store): Promise<string> {
  const nodes = ((await store.cluster?.status()) ?? []).filter(({ inForce }) => inForce);
  const away = listShardsAway(nodes);
  if (away.length > 0) return `OK: but for the courses of ${away.join(', ')}, which cannot be asked`;
  const day = await findLastUpdated(store);
  if (day === null) return 'OK: no course has data yet';
  return `OK: last updated ${day}${nodes.some(({ strays }) => strays > 0) ? '; courses wait to be moved to their shard' : ''}`;
}

/** Shards of which no node can be asked: those of other courses can, and another process could ask no more of them. */
function listShardsAway(nodes: readonly NodeStatus[]): string[] {
  return [...Map.groupBy(nodes, ({ shard }) => shard)]
    .filter(([, replicas]) => replicas.every(({ up, lacks }) => !up || lacks))
    .map(([shard]) => `shard ${shard}`);
}

/** What lags behind is no reason to ask another process: it is told, and the health stays what it is. */
function describeSources(status: ServiceStatus | undefined): { logs?: string; lms?: string } {
  const { logs = null, lms = null } = status ?? {};
  return {
    ...(logs !== null && { logs: describeLogs(logs) }),
    ...(lms !== null && {
      lms:
        lms.failure === null
          ? `OK: ${lms.imported_at === null ? 'the first import is under way' : `imported ${lms.imported_at}`}`
          : `DELAYED: the last import failed${lms.imported_at === null ? '' : `; the roster is of ${lms.imported_at}`}`,
    }),
  };
}

/** Why it failed is for the log and for doctor, as anybody may ask: it may name files and hosts. */
function describeLogs({ problems, lag_bytes, stuck_since, failure }: LogsStatus): string {
  const isStuck =
    stuck_since !== null && (failure !== null || (lag_bytes > 0 && Date.now() - Date.parse(stuck_since) > STUCK_MS));
  const faults = [
    ...(isStuck ? [`nothing could be taken in since ${stuck_since}`] : []),
    ...(problems.length > 0 ? [`${problems.length} cannot be read`] : []),
  ];
  const told = [...faults, `${lag_bytes} bytes behind`].join('; ');
  return `${faults.length === 0 ? 'OK' : 'DELAYED'}: ${told}`;
}
