// What the browser keeps for this tab until it is closed. It may refuse to; then a reload forgets it.

/** Null where nothing is kept, or the browser keeps nothing. */
export function readTab(name: string): string | null {
  try {
    return sessionStorage.getItem(`la-${name}`);
  } catch {
    return null;
  }
}

/**
 * Keeps a value instead of the one before; null: keeps none.
 * @returns whether the browser did so; where it did not, the one before is gone too if that is possible at all
 */
export function writeTab(name: string, value: string | null): boolean {
  try {
    sessionStorage.removeItem(`la-${name}`);
    if (value !== null) sessionStorage.setItem(`la-${name}`, value);
    return true;
  } catch {
    return false;
  }
}
