/**
 * Divides items, in their order, into groups of so many, and of so much together, at most; what is more by itself is a group of its own.
 * @param sizeOf what counts towards `sum`
 */
export function divide<Item>(
  items: readonly Item[],
  sizeOf: (item: Item) => number,
  { most = Infinity, sum: limit }: { readonly most?: number; readonly sum: number },
): Item[][] {
  const groups: Item[][] = [];
  let sum = 0;
  for (const item of items) {
    const last = groups.at(-1);
    sum += sizeOf(item);
    if (last !== undefined && last.length < most && sum <= limit) last.push(item);
    else {
      groups.push([item]);
      sum = sizeOf(item);
    }
  }
  return groups;
}
