import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { resolve } from 'node:path';
import type { ConnectionOptions } from 'mysql2';
import { AppError } from '../errors.ts';
import { showPath } from '../show-path.ts';

/** The names that MySQL's own client has for how much TLS is wanted. */
export const SSL_MODES = ['disabled', 'preferred', 'required', 'verify-ca', 'verify-identity'] as const;

export type SslMode = (typeof SSL_MODES)[number];

export interface MysqlAddress {
  /** Host and database for messages; holds no user and no password. */
  readonly place: string;
  readonly sslMode: SslMode;
  readonly options: ConnectionOptions;
}

/**
 * Reads `mysql://user:password@host:3306/database?ssl-mode=verify-identity&ssl-ca=FILE`, or with `socket=PATH` in place of
 * the host. User and password are percent-decoded; FILE is relative to `folder`.
 * @throws AppError `usage`; the message does not repeat the address, which may hold a password
 */
export function parseMysqlUrl(text: string, folder = process.cwd()): MysqlAddress {
  const url = URL.parse(text);
  if (url === null || !/^(mysql|mariadb):$/.test(url.protocol)) {
    throw new AppError(
      'usage',
      'The address of the LMS database must look like mysql://USER:PASSWORD@HOST:3306/DATABASE; signs like @, /, # or % in a password are written %40, %2F, %23, %25.',
    );
  }
  // the rest of a password in which a sign was not written as told above
  if (/[/@]/.test(url.pathname.slice(1)) || url.hash !== '') {
    throw new AppError(
      'usage',
      'The address of the LMS database has a / or @ in the name of the database, or a #; in a password they are written %2F, %40, %23.',
    );
  }
  const database = decode(url.pathname.replace(/^\//, ''), 'database');
  if (database === '') throw new AppError('usage', 'The address of the LMS database names no database: …/edxapp.');
  const unknown = [...url.searchParams.keys()].find((name) => !['ssl-mode', 'ssl-ca', 'socket'].includes(name));
  if (unknown !== undefined) {
    throw new AppError(
      'usage',
      `The address of the LMS database has ${/^[\w-]+$/.test(unknown) ? `the parameter ${unknown}` : 'a parameter that is none'}; there are ssl-mode, ssl-ca and socket.`,
    );
  }
  const socket = url.searchParams.get('socket');
  const host = decode(url.hostname, 'host').replace(/^\[(.*)\]$/, '$1') || 'localhost';
  const port = url.port === '' ? 3306 : Number(url.port);
  const sslMode = parseSslMode(url.searchParams.get('ssl-mode'), socket === null ? 'preferred' : 'disabled');
  if (sslMode === 'verify-identity' && socket === null && isIP(host) !== 0) {
    throw new AppError(
      'usage',
      'ssl-mode is verify-identity, which needs the name of the host in the address of the LMS database: the certificate is not held against a number. Write the name that the certificate is for, or use verify-ca.',
    );
  }
  const ca = url.searchParams.get('ssl-ca');
  return {
    place: socket === null ? `${host}:${port}/${database}` : `${socket} (${database})`,
    sslMode,
    options: {
      ...(socket === null ? { host, port } : { socketPath: socket }),
      user: decode(url.username, 'user'),
      password: decode(url.password, 'password'),
      database,
      ...(sslMode === 'disabled' ? {} : { ssl: describeTls(sslMode, ca === null ? null : resolve(folder, ca)) }),
    },
  };
}

function decode(text: string, what: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new AppError('usage', `The ${what} in the address of the LMS database has a % that is not written %25.`);
  }
}

/** Also as MySQL spells them: VERIFY_CA. */
function parseSslMode(text: string | null, otherwise: SslMode): SslMode {
  if (text === null) return otherwise;
  const mode = SSL_MODES.find((name) => name === text.toLowerCase().replaceAll('_', '-'));
  if (mode !== undefined) return mode;
  throw new AppError('usage', `ssl-mode is ${JSON.stringify(text)}; it must be one of ${SSL_MODES.join(', ')}.`);
}

function describeTls(mode: SslMode, ca: string | null) {
  const verified = mode === 'verify-ca' || mode === 'verify-identity';
  return {
    rejectUnauthorized: verified,
    verifyIdentity: mode === 'verify-identity',
    ...(ca === null ? {} : { ca: readCa(ca) }),
  };
}

function readCa(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new AppError(
      'usage',
      `ssl-ca is ${showPath(path)}, which cannot be read (${(error as NodeJS.ErrnoException).code}).`,
      {
        cause: error,
      },
    );
  }
}
