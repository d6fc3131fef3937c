import type { Config } from '../config.ts';

/**
 * The address that was asked, as the client sees it: under the configured public address, or the host that a trusted proxy
 * names, or the host that the request names.
 */
export function readPublicUrl(request: Request, config: Pick<Config, 'publicUrl' | 'trustProxy'>): URL {
  const asked = new URL(request.url);
  const path = `${asked.pathname}${asked.search}`;
  if (config.publicUrl !== null) return new URL(`${config.publicUrl}${path}`);
  if (!config.trustProxy) return asked;
  const protocol = readFirst(request.headers, 'x-forwarded-proto')?.toLowerCase() ?? asked.protocol.replace(/:$/, '');
  const host = readFirst(request.headers, 'x-forwarded-host') ?? asked.host;
  const named = protocol === 'http' || protocol === 'https' ? URL.parse(`${protocol}://${host}`) : null;
  return named === null ? asked : new URL(`${named.origin}${path}`);
}

/** The first of a list of values: what the proxy nearest to the client said. */
function readFirst(headers: Headers, name: string): string | null {
  const [first = ''] = headers.get(name)?.split(',') ?? [];
  return first.trim() === '' ? null : first.trim();
}

/** The path below which the service is reached, without a slash at its end: empty where it has a host of its own. */
export function readBasePath({ publicUrl }: Pick<Config, 'publicUrl'>): string {
  return publicUrl === null ? '' : new URL(publicUrl).pathname.replace(/\/$/, '');
}
