import { useSyncExternalStore } from 'react';

// What a reader chose for this browser.

export const THEMES = ['auto', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];
type Preference = 'language' | 'theme' | 'slash';

const listeners = new Set<() => void>();

function read(name: Preference): string | null {
  try {
    return localStorage.getItem(`la-${name}`);
  } catch {
    return null;
  }
}

/** Keeps it for this browser, and shows it at once. */
export function choose(name: Preference, value: string): void {
  try {
    localStorage.setItem(`la-${name}`, value);
  } catch {
    // a browser that keeps nothing asks again next time
  }
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** What was chosen in this browser; null: nothing. */
export function usePreference(name: Preference): string | null {
  return useSyncExternalStore(subscribe, () => read(name));
}

/** `auto` for whatever is no theme. */
export function readTheme(text: string | null): Theme {
  return THEMES.find((theme) => theme === text) ?? 'auto';
}
