import { readQualities } from './qualities.ts';

/**
 * Whether an `Accept-Encoding` takes a coding: what is said of it by name counts, else what is said of all (RFC 9110, 12.5.3).
 * @param name `gzip` or `br`
 */
export function acceptsCoding(accept: string | undefined, name: string): boolean {
  const qualities = readQualities(accept ?? '');
  return (qualities.get(name) ?? qualities.get('*') ?? 0) > 0;
}
