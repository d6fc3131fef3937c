/** The top of an axis that begins at 0: a little above all values, and at least 1. */
export function leaveRoom(values: readonly number[]): number {
  return Math.max(1, ...values) * 1.1;
}

/** At most so many of the items, evenly, the last among them. */
export function everyNth<Item>(items: readonly Item[], most: number): Item[] {
  const every = Math.max(1, Math.ceil(items.length / Math.max(2, most)));
  return items.filter((_, index) => (items.length - 1 - index) % every === 0);
}
