import { useSyncExternalStore } from 'react';
import { appUrl } from './api.ts';

// The address is the state of the app: these few lines are all the routing there is.

const listeners = new Set<() => void>();

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  addEventListener('popstate', listener);
  return () => {
    listeners.delete(listener);
    removeEventListener('popstate', listener);
  };
}

const readHref = () => location.href;

interface Place {
  /** Below the app's base. */
  readonly path: string;
  readonly query: URLSearchParams;
}

/** Where in the app an address is. */
export function readPlace(href = location.href): Place {
  const url = new URL(href);
  const base = new URL(document.baseURI).pathname;
  return { path: url.pathname.slice(base.length), query: url.searchParams };
}

let moved = false;
listeners.add(() => {
  moved = true;
});

/** Whether this is not the page that the app was opened at. */
export function hasMoved(): boolean {
  return moved;
}

/** Where the app is, and again when that changes. */
export function useLocation(): Place {
  return readPlace(useSyncExternalStore(subscribe, readHref));
}

/** Goes to a path below the base. `replace` leaves no step to go back to. */
export function navigate(path: string, { replace = false } = {}): void {
  const url = appUrl(path);
  if (url === location.href) return;
  if (replace) history.replaceState(null, '', url);
  else history.pushState(null, '', url);
  for (const listener of listeners) listener();
}

/** Another page begins at its top; another state of the same page stays where it is. */
export function openPage(path: string): void {
  navigate(path);
  scrollTo(0, 0);
}
