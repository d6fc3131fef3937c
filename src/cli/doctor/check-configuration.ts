import { existsSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { BUILT, NOT_BUILT } from '../../api/web.ts';
import { isLoopback } from '../../auth/demo-login.ts';
import { openJwkSet } from '../../auth/jwk-set.ts';
import type { Config } from '../../config.ts';
import { readVersion } from '../../version.ts';
import { checkWires } from './check-wires.ts';
import type { Finding } from './finding.ts';

const PATIENCE_MS = 5000;

/** Whether what is configured is there and answers. That the values are possible is checked before any command runs. */
export async function checkConfiguration(config: Config, built = BUILT): Promise<Finding[]> {
  return [
    ...checkDataDirectory(config),
    { part: 'configuration', state: 'ok', message: `learner-analytics ${readVersion()}, Node ${process.version}.` },
    ...checkWebApp(config, built),
    ...checkAddress(config),
    ...checkWires(config),
    ...(await checkLms(config)),
    ...(await checkKeySet(config)),
  ];
}

function checkDataDirectory(config: Config): Finding[] {
  const path = resolve(config.dataDir);
  const where =
    config.clickhouseUrl === null
      ? `The data directory is ${path}.`
      : `The data is in ${hostOf(config.clickhouseUrl)}.`;
  const mode = statSync(path, { throwIfNoEntry: false })?.mode ?? 0;
  if ((mode & 0o007) === 0) return [{ part: 'configuration', state: 'ok', message: where }];
  return [
    {
      part: 'configuration',
      state: 'warning',
      message: `${path} can be entered by every user of this machine, and holds names and addresses of learners.`,
      remedy: `chmod o-rwx '${path}'`,
    },
  ];
}

/** Without user and password. */
function hostOf(url: string): string {
  const { host, pathname } = new URL(url);
  return `the ClickHouse at ${host}${pathname}`;
}

function checkAddress({ host, publicUrl }: Config): Finding[] {
  if (isLoopback(host) || publicUrl !== null) return [];
  return [
    {
      part: 'configuration',
      state: 'warning',
      message: `The server listens on ${host}, and links in its answers name whichever host was asked.`,
      remedy: 'Set PUBLIC_URL to the address that clients use, and put a proxy with TLS in front of the server.',
    },
  ];
}

function checkWebApp({ lmsClient }: Config, built: string): Finding[] {
  if (lmsClient === null || existsSync(join(built, 'index.html'))) return [];
  return [
    {
      part: 'configuration',
      state: 'fault',
      message: `${NOT_BUILT}: who logs in sees nothing.`,
      remedy: 'In the folder of the program: npm run build',
    },
  ];
}

async function checkLms({ lmsUrl, lmsClient, courseAccess }: Config): Promise<Finding[]> {
  if (lmsUrl === null) return [];
  try {
    const signal = AbortSignal.timeout(PATIENCE_MS);
    const { status } = await fetch(lmsUrl, { method: 'HEAD', redirect: 'manual', signal });
    if (status >= 500) {
      const message = `At ${lmsUrl} an error is answered (HTTP ${status}).`;
      return [
        { part: 'configuration', state: 'warning', message, remedy: 'See whether the LMS runs behind its proxy.' },
      ];
    }
    return [{ part: 'configuration', state: 'ok', message: `The LMS answers at ${lmsUrl}.` }];
  } catch {
    const needed = lmsClient !== null || courseAccess.includes('lms');
    return [
      {
        part: 'configuration',
        state: needed ? 'fault' : 'warning',
        message: `The LMS does not answer at ${lmsUrl}${needed ? ', so that people cannot log in or be let see courses' : ''}.`,
        remedy: 'See whether LMS_URL is right, and can be reached from this machine.',
      },
    ];
  }
}

async function checkKeySet({ jwt }: Config): Promise<Finding[]> {
  if (jwt.jwkSet === null) return [];
  // an address may have a key in its query
  const place = jwt.jwkSet.replace(/[?#].*/s, '');
  try {
    // a key that nobody has: what counts is that the others could be read
    await openJwkSet(jwt.jwkSet)({ alg: 'RS256', kid: 'doctor' }, { payload: '', signature: '' });
    return [{ part: 'configuration', state: 'ok', message: `The keys of the LMS can be read from ${place}.` }];
  } catch {
    return [
      {
        part: 'configuration',
        state: 'fault',
        message: `The keys of the LMS cannot be read from ${place}, so that no token of it is accepted.`,
        remedy: "Let JWT_JWK_SET name a file or an address that holds the LMS's JWT_PUBLIC_SIGNING_JWK_SET.",
      },
    ];
  }
}
