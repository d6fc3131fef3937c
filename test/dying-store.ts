import assert from 'node:assert/strict';
import type { Store } from '../src/store/store.ts';

/** The store as a process sees it that is killed after so many statements. */
export function dieAfter(store: Store, statements: number): Store {
  let count = 0;
  const dying: Store = new Proxy(store, {
    get: (target, name) => {
      // work is given the store that dies
      if (name === 'everywhere') return async (work: (store: Store) => Promise<unknown>) => [await work(dying)];
      if (name === 'about')
        return async (_: null, ask: (store: Store) => Promise<unknown>): Promise<unknown> => ask(dying);
      const method: unknown = Reflect.get(target, name, target);
      if (name !== 'run' && name !== 'read' && name !== 'insertFiles')
        return typeof method === 'function' ? (method as () => void).bind(target) : method;
      return async (...args: unknown[]): Promise<unknown> => {
        count += 1;
        if (count > statements) throw new Error('killed');
        return Reflect.apply(method as Store['read'], target, args);
      };
    },
  });
  return dying;
}

/** Whether it came to its end before it was killed. */
export async function survives(work: Promise<unknown>): Promise<boolean> {
  return work.then(
    () => true,
    (error: unknown) => {
      assert.equal((error as Error).message, 'killed');
      return false;
    },
  );
}
