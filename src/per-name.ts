/** An object that has for each of the names what `tell` gives. */
export function perName<const Name extends string, Value>(
  names: readonly Name[],
  tell: (name: Name, place: number) => Value,
): Record<Name, Value> {
  return Object.fromEntries(names.map((name, place) => [name, tell(name, place)])) as Record<Name, Value>;
}
