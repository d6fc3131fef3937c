import { useSyncExternalStore } from 'react';
import { appUrl } from '../api.ts';
import { readTab, writeTab } from './tab-storage.ts';

// Any answer may tell that the session has ended; the page says so once, at its top.

let ended = false;
const listeners = new Set<() => void>();

/** The server refused the session of this tab; shown until it goes on. */
export function endSession(): void {
  setEnded(true);
}

/** Whether it ended and did not go on since. */
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

/** The same for a component, which is drawn again when it changes. */
export function useSessionEnded(): boolean {
  return useSyncExternalStore(subscribe, () => ended);
}

const LOGGED_OUT = 'logged-out';

/**
 * After a logout nothing that was seen is to stay in this tab, and whoever logged out is to stay so, also where the LMS would let
 * them in without asking.
 */
export function leave(): void {
  writeTab(LOGGED_OUT, '1');
  location.replace(appUrl(''));
}

/** Whoever wants to log in again may be let in without being asked. */
export function forgetLogout(): void {
  writeTab(LOGGED_OUT, null);
}

/** Whether somebody logged out in this tab and did not want to log in since. */
export function hasLoggedOut(): boolean {
  return readTab(LOGGED_OUT) !== null;
}

/** Logging in comes back to exactly this view. */
export function loginUrl(): string {
  const here = `${location.pathname}${location.search}`;
  return new URL(`auth/login?next=${encodeURIComponent(here)}`, document.baseURI).href;
}
