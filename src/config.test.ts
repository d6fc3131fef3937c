import assert from 'node:assert/strict';
import test from 'node:test';
import { loadConfig } from './config.ts';

test('the defaults', () => {
  assert.deepEqual(loadConfig({}), {
    dataDir: './data',
    clickhouseUrl: null,
    clickhouseCluster: null,
    host: '127.0.0.1',
    port: 8100,
    lmsUrl: null,
    lmsMysqlUrl: null,
    lmsRetiredAs: ['retired__user_', '@retired.invalid'],
    publicUrl: null,
    trustProxy: false,
    includeStaff: false,
    courseAccess: ['synced'],
    courseAccessRoles: [],
    courseAccessKeep: 120,
    jwt: { jwkSet: null, secret: null, issuer: null, audience: 'openedx' },
    lmsClient: null,
    corsOrigins: [],
    rateLimitPerKey: 800,
    rateLimitPerUser: 120,
    sessionSecret: null,
    sessionIdle: 3600,
    sessionMax: 43_200,
    auditDays: 180,
    logLevel: 'info',
  });
});

test('numbers and lists at their ends', () => {
  const config = loadConfig({
    RATE_LIMIT_PER_KEY: '0',
    RATE_LIMIT_PER_USER: '0',
    AUDIT_DAYS: '0',
    SESSION_IDLE_MINUTES: '1440',
    SESSION_HOURS: '720',
    COURSE_ACCESS_SECONDS: '60',
    COURSE_ACCESS: 'lms, synced',
    LMS_URL: 'https://lms.example//',
  });
  const { rateLimitPerKey, rateLimitPerUser, auditDays, sessionIdle, sessionMax, courseAccessKeep } = config;
  assert.deepEqual(
    [rateLimitPerKey, rateLimitPerUser, auditDays, sessionIdle, sessionMax, courseAccessKeep],
    [0, 0, 0, 86_400, 2_592_000, 60],
  );
  assert.deepEqual([config.courseAccess, config.lmsUrl], [['synced', 'lms'], 'https://lms.example']);
});

test('whose tokens count, as which application people log in, and who may see courses', () => {
  const env = { LMS_URL: 'https://lms.example', LMS_CLIENT_ID: 'insights', JWT_SECRET: 'x'.repeat(20) };
  const usual = loadConfig(env);
  assert.deepEqual([usual.jwt.issuer, usual.jwt.audience], ['https://lms.example/oauth2', 'openedx']);
  assert.deepEqual(usual.lmsClient, { id: 'insights', secret: null });
  const own = loadConfig({
    ...env,
    JWT_ISSUER: 'https://issuer.example',
    JWT_AUDIENCE: 'insights',
    LMS_CLIENT_SECRET: 'hush',
    COURSE_ACCESS_ROLES: 'data_researcher, limited_staff',
    LMS_MYSQL_URL: 'mysql://me@db/edxapp',
    TRUST_PROXY: '1',
    INCLUDE_STAFF: '0',
  });
  assert.deepEqual([own.jwt.issuer, own.jwt.audience], ['https://issuer.example', 'insights']);
  assert.deepEqual(own.lmsClient, { id: 'insights', secret: 'hush' });
  assert.deepEqual(own.courseAccessRoles, ['data_researcher', 'limited_staff']);
  assert.deepEqual([own.lmsMysqlUrl, own.trustProxy, own.includeStaff], ['mysql://me@db/edxapp', true, false]);
});

test('what retired accounts are called: no mark that is so short that it could be of anybody', () => {
  assert.deepEqual(loadConfig({ LMS_RETIRED_AS: 'gone_user_, @gone.invalid' }).lmsRetiredAs, [
    'gone_user_',
    '@gone.invalid',
  ]);
  for (const LMS_RETIRED_AS of [',', 'a', 'gone_user_,@', 'abc'])
    assert.throws(() => loadConfig({ LMS_RETIRED_AS }), { code: 'usage', message: /^LMS_RETIRED_AS is / });
});

test('an empty variable is none, a flag beats a variable, and nothing can be changed later', () => {
  const env = { DATA_DIR: '', PORT: '9000', HOST: '0.0.0.0', LMS_URL: 'https://lms.example/', INCLUDE_STAFF: 'True' };
  const config = loadConfig(env, { port: '0', data: '/var/data' });
  assert.equal(config.dataDir, '/var/data');
  assert.equal(config.port, 0);
  assert.equal(config.host, '0.0.0.0');
  assert.equal(config.lmsUrl, 'https://lms.example');
  assert.equal(config.includeStaff, true);
  assert.ok(Object.isFrozen(config));
  assert.deepEqual(loadConfig({ DATA_DIR: '', PORT: '', COURSE_ACCESS: '' }), loadConfig({}));
  assert.equal(loadConfig(env, { host: '::1' }).host, '::1');
  const { clickhouseUrl } = loadConfig({ CLICKHOUSE_URL: 'http://a:8123' }, { clickhouse: 'http://b:8123' });
  assert.equal(clickhouseUrl, 'http://b:8123');
});

const REFUSED: ReadonlyArray<readonly [env: Record<string, string>, message: RegExp]> = [
  [{ PORT: 'http' }, /PORT is "http"; it must be a port number from 0 to 65535/],
  [{ PORT: '65536' }, /PORT/],
  [{ CLICKHOUSE_URL: 'user:secret@host' }, /^CLICKHOUSE_URL is not an address(?!.*secret)/],
  [{ LMS_URL: 'ftp://lms.example' }, /LMS_URL/],
  [{ LMS_URL: 'https://lms.example/#top' }, /LMS_URL has a \? or #/],
  [{ CLICKHOUSE_URL: 'http://user:12/geheim@db:8123/site' }, /^CLICKHOUSE_URL has an @ after the host(?!.*geheim)/],
  [{ CLICKHOUSE_URL: 'http://user:12?geheim@db:8123/site' }, /^CLICKHOUSE_URL has an @ after the host(?!.*geheim)/],
  [{ CLICKHOUSE_CLUSTER: 'http://user:12#geheim@db:8123/site' }, /CLUSTER has an @ after the host(?!.*geheim)/],
  [{ JWT_JWK_SET: 'https://svc:12/geheim@lms/jwks' }, /^JWT_JWK_SET has an @ after the host(?!.*geheim)/],
  [{ JWT_JWK_SET: 'HTTPS://svc:ge/heim@lms/jwks' }, /^JWT_JWK_SET is not an address(?!.*heim)/],
  [{ LMS_URL: 'https://svc:geheim@lms.example' }, /^LMS_URL has a user or password(?!.*geheim)/],
  [
    { JWT_JWK_SET: 'https://svc:geheim@lms.example/jwks', JWT_ISSUER: 'x' },
    /^JWT_JWK_SET has a user or password(?!.*geheim)/,
  ],
  [{ PUBLIC_URL: 'https://analytics.example/?a=b' }, /PUBLIC_URL has a \? or #/],
  [{ TRUST_PROXY: 'perhaps' }, /TRUST_PROXY is "perhaps"; it must be true or false/],
  [{ COURSE_ACCESS: 'lms' }, /LMS_URL does not say/],
  [{ COURSE_ACCESS: 'synced,everybody' }, /COURSE_ACCESS is "synced,everybody"; it must be one or more of synced, lms/],
  [{ COURSE_ACCESS_SECONDS: '3600' }, /from 60 to 300/],
  [{ LMS_CLIENT_ID: 'insights' }, /LMS_URL does not say where people log in/],
  [{ JWT_SECRET: 'short secret' }, /^JWT_SECRET has 12 characters(?!.*secret)/],
  [{ JWT_SECRET: 'short secret' }, /must have at least 20/],
  [{ SESSION_SECRET: 'short secret' }, /must have at least 32/],
  [{ JWT_JWK_SET: '/keys.json' }, /neither JWT_ISSUER nor LMS_URL/],
  [{ JWT_SECRET: 'x'.repeat(20) }, /neither JWT_ISSUER nor LMS_URL/],
  [{ AUDIT_DAYS: '1e2' }, /AUDIT_DAYS is "1e2"/],
  [{ LOG_LEVEL: 'information' }, /LOG_LEVEL is "information"/],
  [{ CORS_ORIGINS: 'https://apps.example/path' }, /an origin is like/],
  [{ SESSION_SECRET: 'short secret' }, /^SESSION_SECRET has 12 characters(?!.*secret)/],
  [{ SESSION_IDLE_MINUTES: '0' }, /from 1 to 1440/],
  [{ SESSION_IDLE_MINUTES: '1441' }, /from 1 to 1440/],
  [{ SESSION_HOURS: '721' }, /from 1 to 720/],
  [{ AUDIT_DAYS: '3651' }, /from 0 to 3650/],
  [{ COURSE_ACCESS: ' , ' }, /must be one or more of/],
  [{ LMS_URL: 'https://svc@lms.example' }, /LMS_URL has a user or password/],
  [{ LMS_URL: 'https://:geheim@lms.example' }, /LMS_URL has a user or password(?!.*geheim)/],
  [{ SESSION_HOURS: '0' }, /SESSION_HOURS is "0"; it must be a whole number from 1 to 720/],
  [{ LOG_LEVEL: 'loud' }, /LOG_LEVEL is "loud"; it must be one of/],
];

for (const [env, message] of REFUSED) {
  test(`${JSON.stringify(env)} is refused`, () => {
    assert.throws(() => loadConfig(env), { code: 'usage', message });
  });
}

test('a refused flag is called by its name', () => {
  assert.throws(() => loadConfig({}, { port: 'x' }), /^AppError: --port is "x"/);
  assert.throws(() => loadConfig({ DATA_DIR: 'data' }, { data: '' }), /^AppError: --data is empty/);
  assert.throws(() => loadConfig({ HOST: '::1' }, { host: '' }), /^AppError: --host is empty/);
});

test('user and password of ClickHouse come apart from its address, whatever signs they have', () => {
  const { clickhouseUrl } = loadConfig({
    CLICKHOUSE_URL: 'https://host:8443/db/',
    CLICKHOUSE_USER: 'me@home',
    CLICKHOUSE_PASSWORD: 'p/@:%#',
  });
  assert.equal(clickhouseUrl, 'https://me%40home:p%2F%40%3A%25%23@host:8443/db');
  assert.equal(loadConfig({ CLICKHOUSE_URL: 'http://a:b@host:8123' }).clickhouseUrl, 'http://a:b@host:8123');
});

test('a cluster: shards of replicas, one login for all, and what is wrong with it by name', () => {
  const cluster = 'http://a1:8123/db, https://a2/db;http://b1:8123/db';
  assert.deepEqual(
    loadConfig({ CLICKHOUSE_CLUSTER: cluster, CLICKHOUSE_USER: 'u', CLICKHOUSE_PASSWORD: 'p' }).clickhouseCluster,
    [['http://u:p@a1:8123/db', 'https://u:p@a2/db'], ['http://u:p@b1:8123/db']],
  );
  assert.equal(loadConfig({ CLICKHOUSE_CLUSTER: cluster }, { clickhouse: 'http://c:8123/db' }).clickhouseCluster, null);
  const refusals: ReadonlyArray<readonly [string, RegExp]> = [
    ['http://a1:8123/db;', /empty place at the beginning of a shard/],
    ['http://a1:8123/db,', /empty place at a comma/],
    ['a1:8123/db', /is not an address/],
    ['http://a1:8123/db;http://a1:8123/db', /lists a1:8123\/db twice/],
  ];
  for (const [text, message] of refusals)
    assert.throws(() => loadConfig({ CLICKHOUSE_CLUSTER: text }), { code: 'usage', message });
  assert.throws(() => loadConfig({ CLICKHOUSE_CLUSTER: cluster, CLICKHOUSE_URL: 'http://c:8123/db' }), /leave one out/);
});
