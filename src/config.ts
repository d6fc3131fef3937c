import { AppError } from './errors.ts';
import { RETIRED_AS, type RetiredAs, parseRetiredAs } from './retired-as.ts';

export const LOG_LEVELS = ['silent', 'error', 'warn', 'info', 'debug'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Where it is known which courses somebody may see: in the imported roles, or in the LMS itself. */
const COURSE_ACCESS_SOURCES = ['synced', 'lms'] as const;
export type CourseAccessSource = (typeof COURSE_ACCESS_SOURCES)[number];

/** Which JWTs of the LMS are accepted; none with neither keys nor secret. */
export interface JwtConfig {
  /** File or address of the LMS's public keys, for RS256 and RS512. */
  readonly jwkSet: string | null;
  /** Shared with the LMS, for HS256. */
  readonly secret: string | null;
  /** Never null with keys or secret. */
  readonly issuer: string | null;
  readonly audience: string;
}

/** All that can be set from outside, as plain data that nobody changes. docs/configuration.md lists it for operators. */
export interface Config {
  /** Directory of the embedded store; with `clickhouseUrl`, of files on their way there and of the key of sessions. */
  readonly dataDir: string;
  /** `http(s)://user:password@host:8123/database` of a ClickHouse elsewhere; null for the embedded one. */
  readonly clickhouseUrl: string | null;
  /** Such addresses of ClickHouses that share the courses: shard by shard, its replicas. Null without; else `clickhouseUrl` is null. */
  readonly clickhouseCluster: ReadonlyArray<readonly string[]> | null;
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  /** Address of the Open edX LMS without trailing slash; null where none is known. */
  readonly lmsUrl: string | null;
  /** `mysql://…` of the LMS's database, for `lms` without a source; null where none is set. */
  readonly lmsMysqlUrl: string | null;
  readonly lmsRetiredAs: RetiredAs;
  /** Address under which clients reach the server, without trailing slash; null: the host that was asked. */
  readonly publicUrl: string | null;
  /** Whether `X-Forwarded-Proto` and `X-Forwarded-Host` are believed, because a proxy sets them. */
  readonly trustProxy: boolean;
  /** Whether the staff of a course count as its learners. */
  readonly includeStaff: boolean;
  /** Who is asked which courses somebody may see, in this order; what any of them grants is granted. */
  readonly courseAccess: readonly CourseAccessSource[];
  /** Roles that let somebody see a course, besides `staff` and `instructor`. */
  readonly courseAccessRoles: readonly string[];
  /** How long an answer to that is kept, in seconds. */
  readonly courseAccessKeep: number;
  readonly jwt: JwtConfig;
  /** As which application people log in at the LMS; null: nobody can. */
  readonly lmsClient: { readonly id: string; readonly secret: string | null } | null;
  /** Origins of other sites whose pages may ask with what browsers keep of people. */
  readonly corsOrigins: readonly string[];
  /** Requests a minute that a key of a service and a person may make; 0: any number. */
  readonly rateLimitPerKey: number;
  readonly rateLimitPerUser: number;
  /** From which the key is made that seals session cookies; null: a random one, kept in the data directory. */
  readonly sessionSecret: string | null;
  /** Seconds after which a login session ends: without any use, and in any case. */
  readonly sessionIdle: number;
  readonly sessionMax: number;
  /** Days for which is kept who looked at which course; 0: not at all. */
  readonly auditDays: number;
  readonly logLevel: LogLevel;
}

/** What the command line may say about the same; it beats the environment. */
export interface ConfigFlags {
  readonly data?: string | undefined;
  readonly clickhouse?: string | undefined;
  readonly host?: string | undefined;
  readonly port?: string | undefined;
}

type Env = Readonly<Record<string, string | undefined>>;

/**
 * Reads the configuration, once per process. An empty variable is the same as none.
 * @throws AppError `usage` that names the variable or flag, its value and what is allowed
 */
export function loadConfig(env: Env = process.env, flags: ConfigFlags = {}): Config {
  const set: Env = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  return Object.freeze({
    dataDir: requireGiven(flags.data, '--data', 'a directory') ?? set['DATA_DIR'] ?? './data',
    clickhouseUrl: parseClickhouse(set, flags.clickhouse),
    clickhouseCluster: parseCluster(set, flags.clickhouse),
    host: requireGiven(flags.host, '--host', 'an address of this machine') ?? set['HOST'] ?? '127.0.0.1',
    port: parsePort(flags.port ?? set['PORT'] ?? '8100', nameOf(flags.port, 'port')),
    lmsUrl: parseBase(set['LMS_URL'], 'LMS_URL'),
    lmsMysqlUrl: set['LMS_MYSQL_URL'] ?? null,
    lmsRetiredAs: parseRetiredAs(splitList(set['LMS_RETIRED_AS'] ?? RETIRED_AS.join())),
    publicUrl: parseBase(set['PUBLIC_URL'], 'PUBLIC_URL'),
    trustProxy: parseSwitch(set['TRUST_PROXY'] ?? 'false', 'TRUST_PROXY'),
    includeStaff: parseSwitch(set['INCLUDE_STAFF'] ?? 'false', 'INCLUDE_STAFF'),
    courseAccess: parseSources(set['COURSE_ACCESS'] ?? 'synced', set['LMS_URL']),
    courseAccessRoles: splitList(set['COURSE_ACCESS_ROLES'] ?? ''),
    courseAccessKeep: parseWhole(set['COURSE_ACCESS_SECONDS'] ?? '120', 'COURSE_ACCESS_SECONDS', 60, 300),
    jwt: parseJwt(set),
    lmsClient: parseClient(set),
    corsOrigins: splitList(set['CORS_ORIGINS'] ?? '').map(parseOrigin),
    rateLimitPerKey: parseWhole(set['RATE_LIMIT_PER_KEY'] ?? '800', 'RATE_LIMIT_PER_KEY', 0, 1_000_000),
    rateLimitPerUser: parseWhole(set['RATE_LIMIT_PER_USER'] ?? '120', 'RATE_LIMIT_PER_USER', 0, 1_000_000),
    sessionSecret: parseSecret(set['SESSION_SECRET'], 'SESSION_SECRET'),
    sessionIdle: parseWhole(set['SESSION_IDLE_MINUTES'] ?? '60', 'SESSION_IDLE_MINUTES', 1, 1440) * 60,
    sessionMax: parseWhole(set['SESSION_HOURS'] ?? '12', 'SESSION_HOURS', 1, 720) * 3600,
    auditDays: parseWhole(set['AUDIT_DAYS'] ?? '180', 'AUDIT_DAYS', 0, 3650),
    logLevel: parseLogLevel(set['LOG_LEVEL'] ?? 'info'),
  });
}

function nameOf(flag: string | undefined, name: 'clickhouse' | 'port'): string {
  if (flag !== undefined) return `--${name}`;
  return name === 'clickhouse' ? 'CLICKHOUSE_URL' : 'PORT';
}

/**
 * What the command line gives, unless it is empty: of a variable that is not set, as in `--data "$DIR"`, nobody means the directory
 * that one happens to be in; nor, as in `--host "$HOST"`, all addresses of the machine.
 * @throws AppError `usage`
 */
export function requireGiven<Flag extends string | undefined>(flag: Flag, name: string, what: string): Flag {
  if (flag !== '') return flag;
  throw new AppError('usage', `${name} is empty; it must name ${what}.`);
}

function parsePort(text: string, name: string): number {
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port <= 65_535) return port;
  throw new AppError('usage', `${name} is ${JSON.stringify(text)}; it must be a port number from 0 to 65535.`);
}

/** The value is not repeated in the message: it may hold a password. */
function parseUrl(text: string | undefined, name: string): string | null {
  if (text === undefined) return null;
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol))
    throw new AppError('usage', `${name} is not an address; it must start with http:// or https:// and name a host.`);
  if (`${url.pathname}${url.search}${url.hash}`.includes('@'))
    throw new AppError('usage', `${name} has an @ after the host; in a password, / ? # @ are written %2F %3F %23 %40.`);
  return text.replace(/\/+$/, '');
}

/** An address to which paths are added. */
function parseBase(text: string | undefined, name: string): string | null {
  const url = parseUrl(text, name);
  if (url === null) return null;
  refuseCredentials(url, name);
  if (!/[?#]/.test(url)) return url;
  throw new AppError('usage', `${name} has a ? or #; paths are added to it, so it must end before those.`);
}

/** An address that is told to others, and in messages. */
function refuseCredentials(text: string, name: string): void {
  const { username, password } = new URL(text);
  if (username !== '' || password !== '')
    throw new AppError('usage', `${name} has a user or password before the @; there must be none in it.`);
}

/** A file or an address. */
function parseKeySet(text: string | undefined): string | null {
  if (text === undefined || !/^https?:/i.test(text)) return text ?? null;
  parseUrl(text, 'JWT_JWK_SET');
  refuseCredentials(text, 'JWT_JWK_SET');
  return text;
}

/** User and password apart from the address, as what is in a command line can be seen by everybody on the machine. */
function parseClickhouse(set: Env, flag: string | undefined): string | null {
  const text = parseUrl(flag ?? set['CLICKHOUSE_URL'], nameOf(flag, 'clickhouse'));
  return text === null ? null : logIn(text, set);
}

function logIn(text: string, set: Env): string {
  const url = new URL(text);
  const [user, password] = [set['CLICKHOUSE_USER'], set['CLICKHOUSE_PASSWORD']];
  if (user !== undefined) url.username = encodeURIComponent(user);
  if (password !== undefined) url.password = encodeURIComponent(password);
  return url.href.replace(/\/+$/, '');
}

/** Shards between semicolons, the replicas of each between commas. */
function parseCluster(set: Env, flag: string | undefined): Config['clickhouseCluster'] {
  const text = set['CLICKHOUSE_CLUSTER'];
  if (text === undefined || flag !== undefined) return null;
  if (set['CLICKHOUSE_URL'] !== undefined) {
    throw new AppError('usage', 'CLICKHOUSE_CLUSTER and CLICKHOUSE_URL both say where the store is; leave one out.');
  }
  const shards = text.split(';').map((shard) =>
    shard.split(',').map((item, index) => {
      const url = parseUrl(item.trim() === '' ? undefined : item.trim(), 'An address in CLICKHOUSE_CLUSTER');
      if (url !== null) return logIn(url, set);
      throw new AppError(
        'usage',
        `CLICKHOUSE_CLUSTER has an empty place at ${index === 0 ? 'the beginning of a shard' : 'a comma'}; it is like http://a1:8123/db,http://a2:8123/db;http://b1:8123/db,http://b2:8123/db.`,
      );
    }),
  );
  const places = shards.flat().map((url) => `${new URL(url).host}${new URL(url).pathname}`);
  const twice = places.find((place, index) => places.indexOf(place) !== index);
  if (twice === undefined) return shards;
  throw new AppError('usage', `CLICKHOUSE_CLUSTER lists ${twice} twice.`);
}

function splitList(text: string): string[] {
  return text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

function parseSources(text: string, lmsUrl: string | undefined): readonly CourseAccessSource[] {
  const names = splitList(text);
  const sources = COURSE_ACCESS_SOURCES.filter((source) => names.includes(source));
  if (sources.length !== names.length || names.length === 0) {
    throw new AppError(
      'usage',
      `COURSE_ACCESS is ${JSON.stringify(text)}; it must be one or more of ${COURSE_ACCESS_SOURCES.join(', ')}.`,
    );
  }
  if (sources.includes('lms') && lmsUrl === undefined) {
    throw new AppError('usage', 'COURSE_ACCESS names the LMS, but LMS_URL does not say where that is.');
  }
  return sources;
}

function parseJwt(set: Env): JwtConfig {
  const lmsUrl = parseBase(set['LMS_URL'], 'LMS_URL');
  const issuer = set['JWT_ISSUER'] ?? (lmsUrl === null ? null : `${lmsUrl}/oauth2`);
  const jwt = {
    jwkSet: parseKeySet(set['JWT_JWK_SET']),
    secret: parseSecret(set['JWT_SECRET'], 'JWT_SECRET', 20),
    issuer,
    audience: set['JWT_AUDIENCE'] ?? 'openedx',
  };
  if (issuer === null && (jwt.jwkSet !== null || jwt.secret !== null)) {
    throw new AppError('usage', 'Tokens are to be accepted, but neither JWT_ISSUER nor LMS_URL says whose.');
  }
  return jwt;
}

function parseClient(set: Env): Config['lmsClient'] {
  const id = set['LMS_CLIENT_ID'];
  if (id === undefined) return null;
  if (set['LMS_URL'] !== undefined) return { id, secret: set['LMS_CLIENT_SECRET'] ?? null };
  throw new AppError('usage', 'LMS_CLIENT_ID is set, but LMS_URL does not say where people log in.');
}

function parseOrigin(text: string): string {
  if (URL.parse(text)?.origin === text) return text;
  throw new AppError(
    'usage',
    `CORS_ORIGINS names ${JSON.stringify(text)}; an origin is like https://apps.lms.example, without a path.`,
  );
}

/**
 * The value is not repeated in the message.
 * @param least characters; of what others choose, not more than they do: Tutor makes 24
 */
function parseSecret(text: string | undefined, name: string, least = 32): string | null {
  if (text === undefined) return null;
  if (text.length >= least) return text;
  throw new AppError('usage', `${name} has ${text.length} characters; it must have at least ${least}, at random.`);
}

function parseWhole(text: string, name: string, min: number, max: number): number {
  const value = Number(text);
  if (/^\d{1,9}$/.test(text) && value >= min && value <= max) return value;
  throw new AppError('usage', `${name} is ${JSON.stringify(text)}; it must be a whole number from ${min} to ${max}.`);
}

function parseSwitch(text: string, name: string): boolean {
  const value = text.toLowerCase();
  if (value === 'true' || value === '1') return true;
  if (value === 'false' || value === '0') return false;
  throw new AppError('usage', `${name} is ${JSON.stringify(text)}; it must be true or false.`);
}

function parseLogLevel(text: string): LogLevel {
  const level = LOG_LEVELS.find((allowed) => allowed === text);
  if (level !== undefined) return level;
  throw new AppError('usage', `LOG_LEVEL is ${JSON.stringify(text)}; it must be one of ${LOG_LEVELS.join(', ')}.`);
}
