import { isLoopback } from '../../auth/demo-login.ts';
import type { Config } from '../../config.ts';
import type { Finding } from './finding.ts';

/** What is believed, or told, on the way to other machines without TLS that proves who is there. */
export function checkWires(config: Config): Finding[] {
  const { jwt, lmsUrl, lmsClient, courseAccess } = config;
  const keys = findPlain([jwt.jwkSet]);
  const lms = findPlain(lmsClient !== null || courseAccess.includes('lms') ? [lmsUrl] : []);
  const store = findPlain(config.clickhouseCluster?.flat() ?? [config.clickhouseUrl]);
  const database = findUnproved(config.lmsMysqlUrl);
  return [
    ...warn(
      keys,
      `The keys of the LMS come from ${keys} without https: whoever is on the way can give others, and sign in as the staff of the site.`,
      'Let JWT_JWK_SET name an address with https, or a file.',
    ),
    ...warn(
      lms,
      `The LMS at ${lms} is asked without https: whoever is on the way can say who logs in, and what they may see.`,
      'Let LMS_URL begin with https.',
    ),
    ...warn(
      store,
      `The ClickHouse at ${store} is asked without https: the password, and all that is held of learners, can be read on the way.`,
      'Let its address begin with https; docs/server.md says what certificates count.',
    ),
    ...warn(
      database,
      `The database of the LMS at ${database} may be anybody's: its certificate is not checked, so that whoever is on the way can read the roster, and write roles into it.`,
      'Add ssl-mode=verify-identity (and ssl-ca=FILE) to its address; docs/lms.md has the modes.',
    ),
  ];
}

/** Host of the first of the addresses that is elsewhere, and plain HTTP. */
function findPlain(addresses: ReadonlyArray<string | null>): string | null {
  const urls = addresses.map((address) => URL.parse(address ?? ''));
  return urls.find((url) => url?.protocol === 'http:' && isElsewhere(url.hostname))?.host ?? null;
}

/** Host of a MySQL that is elsewhere, and need not prove who it is. */
function findUnproved(address: string | null): string | null {
  const url = URL.parse(address ?? '');
  if (url === null || url.searchParams.has('socket') || !isElsewhere(url.hostname)) return null;
  return /^verify[-_]/i.test(url.searchParams.get('ssl-mode') ?? '') ? null : url.hostname;
}

/** A name without a dot is of a network of one's own, as containers have. */
function isElsewhere(host: string): boolean {
  return /[.:]/.test(host) && !isLoopback(host);
}

function warn(host: string | null, message: string, remedy: string): Finding[] {
  return host === null ? [] : [{ part: 'configuration', state: 'warning', message, remedy }];
}
