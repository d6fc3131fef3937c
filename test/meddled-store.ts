import type { SaveTarget, Store } from '../src/store/store.ts';

/** Where another process comes in between: before the first statement whose text, or the path of the file it writes, matches. */
export interface Meddling {
  readonly before: RegExp;
  readonly other: () => Promise<unknown>;
}

/** The store as a process sees it while another one works on it. */
export function meddle(store: Store, { before, other }: Meddling): Store {
  let isDone = false;
  const meddled: Store = new Proxy(store, {
    get: (target, name) => {
      if (name === 'everywhere') return async (work: (store: Store) => Promise<unknown>) => [await work(meddled)];
      const method: unknown = Reflect.get(target, name, target);
      if (typeof method !== 'function') return method;
      if (name !== 'run' && name !== 'read' && name !== 'save') return (method as () => void).bind(target);
      return async (...args: [string | SaveTarget, ...unknown[]]): Promise<unknown> => {
        const [what] = args;
        if (!isDone && before.test(typeof what === 'string' ? what : what.path)) {
          isDone = true;
          await other();
        }
        return Reflect.apply(method as Store['read'], target, args);
      };
    },
  });
  return meddled;
}
