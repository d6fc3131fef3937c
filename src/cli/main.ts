import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { ServiceStatus } from '../api/api-env.ts';
import { type Config, loadConfig } from '../config.ts';
import { endOfWindow } from '../engagement/days.ts';
import { AppError, isOfSystem } from '../errors.ts';
import { untilGivenUp } from '../store/give-up.ts';
import { WHERE_IT_IS, hasStore } from '../store/has-store.ts';
import type { Store } from '../store/store.ts';
import { CommandStop } from './command-stop.ts';
import type { Command, CommandContext, CommandOutcome, CommandValues } from './command.ts';
import { type Errand, forwardToServer } from './control.ts';
import { describeCause, explainSystemError } from './describe-cause.ts';
import { parseDay } from './parse-day.ts';
import { createProgress } from './progress.ts';
import { readVersion } from '../version.ts';
import { keepToOwner } from '../keep-to-owner.ts';
import { doWithoutMaglev } from '../without-maglev.ts';

const COMMANDS = {
  serve: async () => (await import('./serve.ts')).serve,
  ingest: async () => (await import('./ingest.ts')).ingest,
  lms: async () => (await import('./lms.ts')).lms,
  refresh: async () => (await import('./refresh.ts')).refresh,
  audit: async () => (await import('./audit.ts')).audit,
  keys: async () => (await import('./keys.ts')).keys,
  cluster: async () => (await import('./cluster.ts')).cluster,
  learner: async () => (await import('./learner/learner.ts')).learner,
  doctor: async () => (await import('./doctor/doctor.ts')).doctor,
  demo: async () => (await import('./demo.ts')).demo,
} as const satisfies Record<string, () => Promise<Command>>;

type CommandName = keyof typeof COMMANDS;

/** Options of every command. */
const COMMON_OPTIONS = {
  data: { type: 'string' },
  clickhouse: { type: 'string' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

const COMMON_USAGE = `Options of every command:
  --data DIR          directory of the embedded store (default ./data, or DATA_DIR)
  --clickhouse URL    a ClickHouse to use instead (or CLICKHOUSE_URL)
  --json              print the result as one JSON object; of a failure {"error": {"code", "message"}}
  --help              explain the command (or: help COMMAND)

learner-analytics --version says which version this is; docs/configuration.md has all settings.`;

/**
 * Runs one command line and gives the exit code: 0 done, 1 failed, 2 wrong usage. The result goes to standard output,
 * everything else to standard error.
 */
export async function main(argv: readonly string[]): Promise<number> {
  const stop = new CommandStop();
  let [isBegun, isRead] = [false, true];
  const write = async (text: string) => {
    isBegun = true;
    isRead = await print(text);
    if (!isRead) throw new Error('nobody reads standard output any more');
  };
  try {
    const [name, ...args] = argv[0] === 'help' && argv[1] !== undefined ? [argv[1], '--help'] : argv;
    if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
      await print(await describeCommands());
      return name === undefined ? 2 : 0;
    }
    if (name === '--version') {
      await print(`${readVersion()}\n`);
      return 0;
    }
    if (!isCommand(name)) {
      throw new AppError(
        'usage',
        `There is no command ${JSON.stringify(name)}; there are ${Object.keys(COMMANDS).join(', ')}.`,
      );
    }
    const command = await COMMANDS[name]();
    const { values, positionals } = parse(command, args);
    if (values['help'] === true) {
      await print(`${command.summary}\n\n${command.usage}\n\n${COMMON_USAGE}\n`);
      return 0;
    }
    const outcome = await runCommand(command, argv, { values, positionals }, { stop, write });
    if (outcome.isWritten !== true)
      await print(values['json'] === true ? `${JSON.stringify(outcome.json)}\n` : `${outcome.text}\n`);
    if (values['json'] !== true && outcome.note !== undefined) process.stderr.write(`${outcome.note}\n`);
    return outcome.exitCode ?? 0;
  } catch (error) {
    // as `head`, which has had enough
    if (!isRead) return 0;
    // behind half an object a second one could not be read
    return await reportFailure(stop.explain(error), argv.includes('--json') && !isBegun);
  } finally {
    stop.end();
  }
}

/**
 * Writes to standard output; gives whether it is read, as whoever reads it may have had enough.
 * @throws AppError `store_unavailable` where it cannot be written
 */
async function print(text: string): Promise<boolean> {
  const { promise, resolve: done, reject: fail } = Promise.withResolvers<boolean>();
  // told by the callback, too
  if (process.stdout.listenerCount('error') === 0) process.stdout.on('error', () => {});
  process.stdout.write(text, (error) => {
    const code = error === null || error === undefined ? undefined : (error as NodeJS.ErrnoException).code;
    if (code === undefined || code === 'EPIPE') done(code === undefined);
    else
      fail(
        new AppError('store_unavailable', `What was asked is done, but standard output cannot be written (${code}).`),
      );
  });
  return promise;
}

/** Runs a command with a store of its own, or has the server do it that owns the data directory. */
async function runCommand(
  command: Command,
  argv: readonly string[],
  { values, positionals }: { readonly values: CommandValues; readonly positionals: readonly string[] },
  { stop, write }: { readonly stop: CommandStop } & Pick<CommandContext, 'write'>,
): Promise<CommandOutcome> {
  const config = loadConfig(undefined, values);
  const progress = createProgress(process.stderr);
  const isServer = argv[0] === 'serve';
  const store = createStoreHolder(config, (opened) => {
    if (!isServer) stop.listen(opened);
  });
  const context: CommandContext = {
    config,
    openStore: store.open,
    cwd: process.cwd(),
    input: process.stdin,
    server: null,
    progress: progress.update,
    write,
    signal: stop.signal,
  };
  try {
    return await untilGivenUp(stop.signal, async () => command.run(context, values, positionals));
  } catch (error) {
    if (!(error instanceof AppError && error.code === 'store_locked') || isServer) throw error;
    const input = positionals.includes('-') ? process.stdin : null;
    const line = { argv, cwd: process.cwd(), lmsMysqlUrl: config.lmsMysqlUrl };
    const outcome = await forwardToServer(config.dataDir, line, { input, progress: progress.update, write });
    if (outcome !== null) return outcome;
    if (command.runWithout === undefined) throw error;
    return await command.runWithout(context, error);
  } finally {
    progress.end();
    await store.close();
  }
}

function createStoreHolder(
  config: Config,
  onOpen: (store: Store) => void,
): { open: CommandContext['openStore']; close: () => Promise<void> } {
  let opened: Promise<Store> | undefined;
  let endLooking: (() => void) | undefined;
  return {
    open: async ({ make } = { make: false }) => {
      const { dataDir, clickhouseUrl, clickhouseCluster } = config;
      if (!make && clickhouseUrl === null && clickhouseCluster === null && !hasStore(dataDir)) {
        throw new AppError('store_unavailable', `There is no store in ${resolve(dataDir)}. ${WHERE_IT_IS}`);
      }
      opened ??= import('../store/open-store.ts').then(async ({ openStore }) => {
        const store = await openStore({
          dataDir,
          url: clickhouseUrl ?? undefined,
          cluster: clickhouseCluster ?? undefined,
        });
        onOpen(store);
        if (store.embedded) endLooking = await (await import('./tend-embedded.ts')).tendEmbedded(store);
        return store;
      });
      return opened;
    },
    close: async () => {
      const store = await opened?.catch(() => null);
      endLooking?.();
      await store?.close();
    },
  };
}

/** The server that runs command lines of other processes. */
interface Host {
  readonly config: Config;
  readonly store: Store;
  /** The end of the window that it publishes for; undefined: that of the current day. */
  readonly asOf: string | undefined;
  /** Whether it publishes by itself, and would undo what a command publishes for another window. */
  readonly keepsFresh: boolean;
  readonly status: () => ServiceStatus;
}

/** Runs a command line on behalf of another process, with a store that is open already; for the server that owns it. */
export async function runForwarded(errand: Errand, host: Host): Promise<CommandOutcome> {
  const { config, store, asOf, status } = host;
  const [name, ...args] = errand.argv;
  if (name === undefined || !isCommand(name) || name === 'serve')
    throw new AppError('usage', 'The server cannot do that.');
  const command = await COMMANDS[name]();
  const { values, positionals } = parse(command, args);
  const asked = parseDay(values['as-of'], '--as-of');
  const served = endOfWindow(asOf);
  if (asked !== undefined && asked !== served && host.keepsFresh) {
    throw new AppError(
      'usage',
      `The server that has the data directory open publishes for the window that ends before ${served}, and would do so again. Start it with --as-of ${asked} to see that one.`,
    );
  }
  const context: CommandContext = {
    config: { ...config, lmsMysqlUrl: errand.lmsMysqlUrl ?? config.lmsMysqlUrl },
    openStore: async () => store,
    cwd: errand.cwd,
    input: errand.input,
    server: status,
    progress: errand.progress,
    write: errand.write,
    signal: errand.signal,
  };
  const outcome = await untilGivenUp(errand.signal, async () =>
    command.run(context, { 'as-of': asOf, ...values }, positionals),
  );
  // one of the two is printed, and either may be long
  return values['json'] === true ? { ...outcome, text: '' } : { ...outcome, json: {} };
}

function isCommand(name: string): name is CommandName {
  return Object.hasOwn(COMMANDS, name);
}

function parse(command: Command, args: string[]): { values: CommandValues; positionals: string[] } {
  try {
    return parseArgs({ args, options: { ...command.options, ...COMMON_OPTIONS }, allowPositionals: true });
  } catch (error) {
    throw new AppError('usage', `${(error as Error).message}\n\n${command.usage}`, { cause: error });
  }
}

async function describeCommands(): Promise<string> {
  const lines = await Promise.all(
    Object.entries(COMMANDS).map(async ([name, load]) => `  ${name.padEnd(10)}${(await load()).summary}`),
  );
  return `learner-analytics <command>\n\n${lines.join('\n')}\n\n${COMMON_USAGE}\n`;
}

/** What a failure is told as, for people; with `--json` for programs, too, on standard output. */
async function reportFailure(thrown: unknown, json: boolean): Promise<number> {
  const failure = isOfSystem(thrown) ? explainSystemError(thrown) : thrown;
  if (json) {
    const { code, message } =
      failure instanceof AppError
        ? failure
        : { code: 'internal_error', message: 'This should not have happened; standard error says more.' };
    // where it cannot be written, that is the failure
    await print(`${JSON.stringify({ error: { code, message } })}\n`).catch(() => {});
  }
  if (failure instanceof AppError) {
    process.stderr.write(`${failure.message}\n`);
    if (failure.code === 'internal_error' && failure.cause !== undefined)
      process.stderr.write(`${describeCause(failure.cause)}\n`);
    return failure.code === 'usage' ? 2 : 1;
  }
  process.stderr.write(
    `This should not have happened: ${failure instanceof Error ? failure.stack : String(failure)}\n`,
  );
  return 1;
}

// Not awaited here: `serve` imports this file, and would wait for its end.
if (import.meta.main) {
  // as a file on a full disk: what cannot be told there ends no work
  process.stderr.on('error', () => {});
  keepToOwner();
  doWithoutMaglev();
  // at once: while Node takes itself down it has no ear for signals, and one that comes then would make a clean stop a kill
  void main(process.argv.slice(2)).then((code) => process.exit(code));
}
