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
