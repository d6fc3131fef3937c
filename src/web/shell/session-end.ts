import { useSyncExternalStore } from 'react';

// Any answer may tell that the session has ended; the page says so once, at its top.

let ended = false;
const listeners = new Set<() => void>();

export function endSession(): void {
  setEnded(true);
}

export function hasSessionEnded(): boolean {
  return ended;
}

/** The same person was logged in again: in another tab, for example. */
export function goOnWithSession(): void {
  setEnded(false);
}

function setEnded(isEnded: boolean): void {
  if (ended === isEnded) return;
  ended = isEnded;
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useSessionEnded(): boolean {
  return useSyncExternalStore(subscribe, () => ended);
}

const LOGGED_OUT = 'la-logged-out';

/** Whoever logs out is to stay so in this tab, also where the LMS would let them in without asking. */
export function noteLogout(): void {
  sessionStorage.setItem(LOGGED_OUT, '1');
}

export function forgetLogout(): void {
  sessionStorage.removeItem(LOGGED_OUT);
}

export function hasLoggedOut(): boolean {
  return sessionStorage.getItem(LOGGED_OUT) !== null;
}

/** Logging in comes back to exactly this view. */
export function loginUrl(): string {
  const here = `${location.pathname}${location.search}`;
  return new URL(`auth/login?next=${encodeURIComponent(here)}`, document.baseURI).href;
}
