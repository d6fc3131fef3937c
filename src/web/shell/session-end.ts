import { useSyncExternalStore } from 'react';

// Any answer may tell that the session has ended; the page says so once, at its top.

let ended = false;
const listeners = new Set<() => void>();

export function endSession(): void {
  ended = true;
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useSessionEnded(): boolean {
  return useSyncExternalStore(subscribe, () => ended);
}

/** Logging in comes back to exactly this view. */
export function loginUrl(): string {
  const here = `${location.pathname}${location.search}`;
  return new URL(`auth/login?next=${encodeURIComponent(here)}`, document.baseURI).href;
}
