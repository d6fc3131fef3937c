import type { ParseArgsOptionsConfig } from 'node:util';
import type { ServiceStatus } from '../api/api-env.ts';
import type { AppError } from '../errors.ts';
import type { Config } from '../config.ts';
import type { Store } from '../store/store.ts';

/** What a command is given. */
export interface CommandContext {
  readonly config: Config;
  /**
   * The store, opened at the first call; closed when the command is done.
   * @throws AppError `store_unavailable` also where there is none, unless it is to be made
   */
  openStore(options?: { readonly make: boolean }): Promise<Store>;
  /** Directory that relative paths are relative to: the caller's, not the server's that may do the work. */
  readonly cwd: string;
  /** What is read for the path `-`. */
  readonly input: AsyncIterable<Buffer | string> & { destroy?: () => unknown };
  /** How the server stands that runs the command for another process; null in a process of its own. */
  readonly server: (() => ServiceStatus) | null;
  /** Tells how far the work is. */
  readonly progress: (done: number, total: number) => void;
  /** Prints a part of what is too long to be an outcome, and resolves when more may follow. */
  readonly write: (text: string) => Promise<void>;
  /** Comes when nobody wants the work any more, of which no statement is begun then. */
  readonly signal: AbortSignal;
}

export interface CommandOutcome {
  /** What `--json` prints. */
  readonly json: object;
  /** What is printed otherwise. */
  readonly text: string;
  /** What is told beside that, on standard error: the text is for who reads it from a pipe. */
  readonly note?: string;
  /** Whether the command wrote what it says by itself: neither of the two is printed. */
  readonly isWritten?: boolean;
  /** 1 where a part failed; the outcome says which. */
  readonly exitCode?: 0 | 1;
}

export type CommandValues = Readonly<Record<string, string | boolean | Array<string | boolean> | undefined>>;

/** A command of the command line; each lives in a file of its own that is loaded when it is called. */
export interface Command {
  /** One line for the list of commands, and the call itself. */
  readonly summary: string;
  readonly usage: string;
  readonly options: ParseArgsOptionsConfig;
  run(context: CommandContext, values: CommandValues, positionals: readonly string[]): Promise<CommandOutcome>;
  /** What it tells where somebody else has the store, and no server answers; absent: that, as the failure that it is. */
  runWithout?(context: CommandContext, locked: AppError): Promise<CommandOutcome>;
}
