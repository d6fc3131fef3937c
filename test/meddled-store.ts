import type { Params, SaveTarget, Store } from '../src/store/store.ts';

/** Where another process comes in between: before the first statement whose text, or the path of the file it writes, matches. */
interface Meddling {
  readonly before: RegExp;
  /** What it does; where that throws, the statement fails. */
  readonly other: () => unknown;
}

/** The store as a process sees it while another one works on it. */
export function meddle(store: Store, { before, other }: Meddling): Store {
  let isDone = false;
  return intercept(store, async (what) => {
    if (isDone || !before.test(what)) return;
    isDone = true;
    await other();
  });
}

/** The store as a process sees it that is killed before such a statement. */
export function dieBefore(store: Store, statement: RegExp): Store {
  let isDead = false;
  return intercept(store, async (what) => {
    isDead ||= statement.test(what);
    if (isDead) throw new Error('killed');
  });
}

/** The store as another process has it, which does not wait for what this one does. */
export function asOther(store: Store): Store {
  return intercept(store, async () => {});
}

/** The store, and `hear` is told of each statement, or the path of the file it writes, and of its parameters. */
export function overhear(store: Store, hear: (what: string, params: Params) => unknown): Store {
  return intercept(store, async (what, params) => void (await hear(what, params)));
}

function intercept(store: Store, hear: (what: string, params: Params) => Promise<void>): Store {
  const heard: Store = new Proxy(store, {
    get: (target, name) => {
      // work is given the store that is listened to
      if (name === 'exclusively') return async (work: () => Promise<unknown>) => work();
      if (name === 'everywhere') return async (work: (store: Store) => Promise<unknown>) => [await work(heard)];
      if (name === 'about')
        return async (_: null, ask: (store: Store) => Promise<unknown>): Promise<unknown> => ask(heard);
      const method: unknown = Reflect.get(target, name, target);
      if (typeof method !== 'function') return method;
      if (name !== 'run' && name !== 'read' && name !== 'save') return (method as () => void).bind(target);
      return async (...args: [string, Params?] | [SaveTarget, string, Params?]): Promise<unknown> => {
        const [what] = args;
        await hear(typeof what === 'string' ? what : what.path, (args.at(name === 'save' ? 2 : 1) ?? {}) as Params);
        return Reflect.apply(method as Store['read'], target, args);
      };
    },
  });
  return heard;
}
