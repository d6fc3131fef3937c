import type { Asker } from './caller.ts';

/**
 * Whether no page of another site had the browser send the request. Browsers say where a request comes from; where they
 * say nothing, it was no page.
 */
export function isSameOrigin({ headers, publicUrl }: Asker, alsoAllowed: readonly string[] = []): boolean {
  const site = headers.get('sec-fetch-site');
  if (site === 'same-origin') return true;
  const origin = headers.get('origin');
  if (origin !== null) return (site === null && origin === publicUrl.origin) || alsoAllowed.includes(origin);
  return site === null || site === 'none';
}
