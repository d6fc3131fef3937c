/** The engine's own words, without the statement that it repeats at length. */
export function describeCause(cause: unknown): string {
  return (cause instanceof Error ? cause.message : String(cause)).slice(0, 500);
}
