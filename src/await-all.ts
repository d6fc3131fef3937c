/**
 * Waits until all have come to their end, so that nothing goes on behind whoever cleans up; gives their results.
 * @throws what the first of them in the list threw
 */
export async function awaitAll<const Works extends ReadonlyArray<Promise<unknown>>>(
  works: Works,
): Promise<{ -readonly [index in keyof Works]: Awaited<Works[index]> }> {
  await Promise.allSettled(works);
  return Promise.all(works);
}

/**
 * Works on the items in their order, so many at once. After a failure no other is begun.
 * @throws what a failure threw, once what was under way has ended
 */
export async function workOn<Item>(
  items: readonly Item[],
  atOnce: number,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const left = items.values();
  let failed = false;
  const workers = Array.from({ length: atOnce }, async () => {
    for (const item of left) {
      if (failed) return;
      try {
        await work(item);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  });
  await awaitAll(workers);
}

/** Does one work after the other, in the order in which they were given; one that fails keeps none of the next from being done. */
export class Turns {
  /** Never rejected. */
  #latest: Promise<unknown> = Promise.resolve();

  async take<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = this.#latest.then(work);
    this.#latest = result.catch(() => {});
    return result;
  }
}
