import { useSyncExternalStore } from 'react';
import { readTab, writeTab } from './tab-storage.ts';

// What somebody has begun outlasts a reload and a new login in the same tab. It is about people, so it is kept for whoever
// began it alone, and no longer than until they log out or close the tab.

export interface Kept<Value> {
  readonly read: () => Value;
  readonly write: (value: Value) => void;
  readonly use: () => Value;
}

let owner: string | null = null;
const loaders = new Map<string, () => void>();
const listeners = new Set<() => void>();

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** What was kept under the name; null where it was for somebody else, who does not get it back either. */
function load(name: string): unknown {
  const text = owner === null ? null : readTab(name);
  if (text === null) return null;
  try {
    const kept = JSON.parse(text) as { readonly owner: unknown; readonly value: unknown };
    if (kept.owner === owner) return kept.value;
  } catch {
    // nothing that this app wrote
  }
  writeTab(name, null);
  return null;
}

/**
 * @param normalize makes a value of what is kept, which an earlier version of the app may have written; null: nothing is
 */
export function createKept<Value>(name: string, normalize: (kept: unknown) => Value): Kept<Value> {
  let value = normalize(null);
  loaders.set(name, () => (value = normalize(load(name))));
  return {
    read: () => value,
    write: (next) => {
      value = next;
      if (owner !== null) writeTab(name, JSON.stringify({ owner, value }));
      for (const listener of listeners) listener();
    },
    use: () => useSyncExternalStore(subscribe, () => value),
  };
}

/** From now on all is kept for this person, who gets back what they left in this tab. */
export function keepFor(username: string): void {
  if (owner === username) return;
  owner = username;
  loadAll();
}

const LOGOUT = 'la-logout';

/** Whoever logs out leaves nothing, in no tab. */
export function forgetKept(): void {
  forgetHere();
  try {
    localStorage.setItem(LOGOUT, String(Date.now()));
  } catch {
    // a browser that keeps nothing has no other tab to tell
  }
}

/** Forgets what this tab keeps when somebody logs out in another, and leaves as that one does. */
export function followLogouts(leave: () => void): void {
  addEventListener('storage', ({ key }) => {
    if (key !== LOGOUT) return;
    forgetHere();
    leave();
  });
}

function forgetHere(): void {
  owner = null;
  for (const name of loaders.keys()) writeTab(name, null);
  loadAll();
}

function loadAll(): void {
  for (const reload of loaders.values()) reload();
  for (const listener of listeners) listener();
}
