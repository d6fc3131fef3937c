import type { ServiceStatus } from '../api/api-env.ts';
import { createApp } from '../api/app.ts';
import { type HttpServer, openHttpServer } from '../api/http-server.ts';
import { createInsights } from '../api/insights.ts';
import { AuditLog } from '../auth/audit-log.ts';
import { createClientAuthentication } from '../auth/authenticate-client.ts';
import { createCourseAccess } from '../auth/create-course-access.ts';
import { KeyRing } from '../auth/key-ring.ts';
import { createTokenCheck } from '../auth/lms-tokens.ts';
import type { Config } from '../config.ts';
import { refresh } from '../engagement/refresh.ts';
import { AppError } from '../errors.ts';
import { endBackground, untilGivenUp, untilLate } from '../store/give-up.ts';
import { type FollowOptions, type LmsFollowing, followLms } from '../lms/follow-lms.ts';
import type { LmsResult } from '../lms/lms-result.ts';
import { parseMysqlUrl } from '../lms/mysql-url.ts';
import { type Log, openLog } from '../log.ts';
import type { Store } from '../store/store.ts';
import type { Repeating } from '../repeat.ts';
import type { Command, CommandContext, CommandValues } from './command.ts';
import { type CommandListener, type Runner, listenForCommands } from './control.ts';
import { type Following, followLogs } from './follow-logs.ts';
import { followNodes } from './follow-nodes.ts';
import { keepFresh, keepTidy } from './keep-fresh.ts';
import { lowerEngine } from './lower-engine.ts';
import { parseDay } from './parse-day.ts';
import { resolvePath } from './resolve-path.ts';
import { waitForStop } from './wait-for-stop.ts';

/**
 * So long after it was told to stop, work is broken off that is under way, as killing the process would: Docker does that after ten
 * seconds unless it is told otherwise, and then what was asked is not answered.
 */
const STOP_MS = 3000;
/** So long is waited at the end for the audit log to be written, on a ClickHouse that listens elsewhere. */
const LAST_MS = 2000;

const WITHHELD =
  'some courses are not published: only events tell of them, and enough of that kind are already; see doctor';

/** At most a week: a roster older than that is none. */
const MOST_MINUTES = 10_080;

export const serve: Command = {
  summary: 'answer the API, and keep what readers see up to date',
  usage: `learner-analytics serve

  --port N            (default 8100, or PORT; 0: any free one)
  --host ADDRESS      to listen on (default 127.0.0.1, or HOST)
  --watch PATH        take in what is written to this log (with what it is rotated to), to the logs of this folder or
                      to those that match this pattern; may be repeated
  --lms-every N       take in the LMS's MySQL now and every N minutes, 1 to ${MOST_MINUTES}, from LMS_MYSQL_URL
  --lms-mysql URL     the same from this address, which can be seen in lists of processes until the server runs
  --as-of DATE        the window ends before this day (default: with the current day, UTC)
  --no-refresh        leave the read model as it is`,
  options: {
    port: { type: 'string' },
    host: { type: 'string' },
    watch: { type: 'string', multiple: true },
    'lms-every': { type: 'string' },
    'lms-mysql': { type: 'string' },
    'as-of': { type: 'string' },
    'no-refresh': { type: 'boolean' },
  },
  async run(context, values, positionals) {
    if (positionals.length > 0) throw new AppError('usage', `serve takes no arguments.\n\n${this.usage}`);
    const asOf = parseDay(values['as-of'], '--as-of');
    const watch = (Array.isArray(values['watch']) ? values['watch'] : []).map((path) =>
      resolvePath(context.cwd, String(path), '--watch'),
    );
    const lms = chooseLms(context, values);
    const store = await context.openStore({ make: true });
    const stop = waitForStop();
    const service = await openService(context.config, store, {
      asOf,
      keepFresh: values['no-refresh'] !== true,
      watch,
      lms,
    });
    process.stderr.write(`Serving ${service.url}/api/v0/ until Ctrl-C.\n`);
    await stop;
    process.stderr.write('Stopping: requests that are under way are answered first.\n');
    await service.close();
    return { json: { url: service.url }, text: 'Stopped.' };
  },
};

/** Which database of an LMS is taken in, and how often; null for none. */
function chooseLms({ config }: CommandContext, values: CommandValues): LmsSchedule | null {
  const { 'lms-every': every, 'lms-mysql': given } = values;
  if (every === undefined) {
    if (given === undefined) return null;
    throw new AppError('usage', '--lms-mysql needs --lms-every, which says after how many minutes it is read again.');
  }
  const minutes = Number(every);
  if (!/^\d{1,5}$/.test(String(every)) || minutes < 1 || minutes > MOST_MINUTES) {
    throw new AppError(
      'usage',
      `--lms-every is ${JSON.stringify(every)}; it must be a number of minutes from 1 to ${MOST_MINUTES}.`,
    );
  }
  const url = typeof given === 'string' ? given : config.lmsMysqlUrl;
  if (url === null) throw new AppError('usage', '--lms-every needs LMS_MYSQL_URL, or --lms-mysql.');
  parseMysqlUrl(url);
  // the address in the arguments would stay in the list of processes
  process.title = 'learner-analytics serve';
  return { url, minutes };
}

interface LmsSchedule {
  readonly url: string;
  readonly minutes: number;
}

export interface ServiceOptions {
  /** Exclusive end of the window, `YYYY-MM-DD`; undefined: the end of the current day. */
  readonly asOf?: string | undefined;
  readonly keepFresh: boolean;
  /** Lets everybody in who can reach this process, to see these courses: of made-up learners, and on a loopback address. */
  readonly demoCourses?: readonly string[] | undefined;
  /** Logs to follow: absolute paths of files, folders, glob patterns. */
  readonly watch?: readonly string[];
  /** The LMS's database to take in, now and every so many minutes. */
  readonly lms?: LmsSchedule | null;
}

export interface RunningService {
  /** `http://host:port`, with the port that was chosen. */
  readonly url: string;
  /** Takes no new requests or commands, and resolves when those under way are done. The store stays open. */
  close(): Promise<void>;
}

/**
 * Everything that runs while the product is served: the API on its port, commands of other processes that need the store
 * that this one owns, and the refreshing.
 * @throws AppError `port_unavailable`; `usage` for a demonstration that others could reach
 */
export async function openService(config: Config, store: Store, options: ServiceOptions): Promise<RunningService> {
  const late = new AbortController();
  return untilLate(late.signal, async () => openUntil(late, config, store, options));
}

/** @param late comes to all that is under way, requests too, where a ClickHouse elsewhere keeps the server from stopping */
async function openUntil(
  late: AbortController,
  config: Config,
  store: Store,
  options: ServiceOptions,
): Promise<RunningService> {
  const log = openLog(config.logLevel);
  const authenticate = createClientAuthentication({
    keys: new KeyRing(store),
    verifyToken: createTokenCheck(config),
    access: createCourseAccess(config, store),
    allowedOrigins: config.corsOrigins,
  });
  const insights = createInsights(config, store, options.demoCourses ?? null);
  const audit = new AuditLog(store, log, config.auditDays);
  const open: {
    http?: HttpServer;
    commands?: CommandListener;
    stopLowering?: () => void;
    refreshing?: Repeating;
    nodes?: Repeating;
    logs?: Following;
    lms?: LmsFollowing;
  } = {};
  /** Comes to what the server does by itself when it takes too long to stop. */
  const overdue = new AbortController();
  const close = async () => {
    open.stopLowering?.();
    const running = [open.refreshing, open.nodes, open.logs, open.lms];
    const hurry = setInterval(() => {
      const reason = new AppError('store_unavailable', 'The server stops; the next start goes on with it.');
      // the second time; what the embedded engine is at cannot be left
      if (overdue.signal.aborted && !store.embedded) late.abort(reason);
      overdue.abort(reason);
      if (store.embedded) endBackground(store).catch((error: unknown) => log.error({ err: error }, 'stopping'));
    }, STOP_MS);
    await Promise.all([
      open.http?.close(),
      open.commands?.close(),
      ...running.map(async (each) => each?.stop()),
    ]).finally(() => clearInterval(hurry));
    if (store.embedded) await audit.close();
    else await untilLate(AbortSignal.timeout(LAST_MS), async () => audit.close());
  };
  const status = () => ({ logs: open.logs?.status() ?? null, lms: open.lms?.status() ?? null });
  try {
    const app = createApp({ store, config, log, authenticate, insights, audit, status });
    const http = (open.http = await openHttpServer(app, config));
    if (store.embedded) {
      const runner = await createRunner(config, store, { ...options, status });
      open.commands = await listenForCommands(config.dataDir, runner, log);
      open.stopLowering = lowerEngine();
    }
    /** How many courses the last refresh left to the next, and how many it did not publish. */
    let [left, withheld] = [0, 0];
    const refreshNow = async () => {
      const result = await refresh(store, {
        asOf: options.asOf,
        includeStaff: config.includeStaff,
        besideReaders: true,
        onFailure: (error, courseId) => {
          if (overdue.signal.aborted) return;
          if (courseId === null) log.error({ err: error }, 'refreshing failed');
          else log.error({ err: error, course_id: courseId }, 'a course could not be refreshed; it is tried again');
        },
      });
      if (result.withheld > withheld) log.warn({ withheld: result.withheld }, WITHHELD);
      ({ left, withheld } = result);
      return result;
    };
    /** A refresh that fails makes no failed import: it is tried again within a minute, the import when it is due. */
    const onImport = async ({ changed, warnings }: LmsResult) => {
      log.info({ changed, warnings }, 'took in the database of the LMS');
      if (!options.keepFresh) return;
      await refreshNow().catch(
        (error: unknown) => overdue.signal.aborted || log.error({ err: error }, 'refreshing failed'),
      );
    };
    const watch = options.watch ?? [];
    await untilGivenUp(overdue.signal, async () => {
      if (watch.length > 0)
        open.logs = await followLogs(store, watch, {
          log,
          refresh: options.keepFresh ? refreshNow : null,
          isLeft: () => left > 0,
        });
      if (options.lms) open.lms = repeatImport(store, options.lms, { log, onImport, retiredAs: config.lmsRetiredAs });
      open.refreshing = options.keepFresh ? keepFresh(refreshNow, log, watch.length === 0) : keepTidy(store, log);
    });
    if (store.cluster !== null) open.nodes = followNodes(store.cluster, log);
    return { url: http.url, close };
  } catch (error) {
    // who is answered by half of it would not know, and nobody could stop it
    await close();
    throw error;
  }
}

async function createRunner(
  config: Config,
  store: Store,
  { asOf, keepFresh: keepsFresh, status }: ServiceOptions & { status: () => ServiceStatus },
): Promise<Runner> {
  // main loads this file, so this file loads main only when it runs
  const { runForwarded } = await import('./main.ts');
  return async (errand) => runForwarded(errand, { config, store, asOf, keepsFresh, status });
}

function repeatImport(
  store: Store,
  { url, minutes }: LmsSchedule,
  { log, ...options }: Pick<FollowOptions, 'onImport' | 'retiredAs'> & { readonly log: Log },
): LmsFollowing {
  return followLms(store, url, minutes, {
    ...options,
    onFailure: (error) =>
      log.error(
        { err: error },
        'taking in the database of the LMS failed; the roster stays as it was, and it is tried again',
      ),
  });
}
