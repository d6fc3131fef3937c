import assert from 'node:assert/strict';
import test from 'node:test';
import { loadConfig } from '../../config.ts';
import { checkConfiguration } from './check-configuration.ts';
import { checkWires } from './check-wires.ts';

const KEYS = { JWT_ISSUER: 'lms' };
const CASES: ReadonlyArray<readonly [env: Record<string, string>, warning: RegExp | null]> = [
  [{}, null],
  [
    { JWT_JWK_SET: 'http://lms.example.org/jwks', ...KEYS },
    /keys of the LMS come from lms\.example\.org without https/,
  ],
  [{ JWT_JWK_SET: 'http://10.0.0.7:8000/jwks?key=secret', ...KEYS }, /from 10\.0\.0\.7:8000 without/],
  [{ JWT_JWK_SET: 'http://[fd00::7]/jwks', ...KEYS }, /from \[fd00::7\] without/],
  [{ JWT_JWK_SET: 'https://lms.example.org/jwks', ...KEYS }, null],
  [{ JWT_JWK_SET: 'http://127.0.0.1/jwks', ...KEYS }, null],
  [{ JWT_JWK_SET: 'http://[::1]/jwks', ...KEYS }, null],
  [{ JWT_JWK_SET: '/etc/jwks.json', ...KEYS }, null],
  [{ LMS_URL: 'http://lms.example.org', LMS_CLIENT_ID: 'x' }, /LMS at lms\.example\.org is asked without https/],
  [{ LMS_URL: 'http://lms.example.org', COURSE_ACCESS: 'lms' }, /LMS at lms\.example\.org is asked without https/],
  // for links alone
  [{ LMS_URL: 'http://lms.example.org' }, null],
  [{ LMS_URL: 'https://lms.example.org', LMS_CLIENT_ID: 'x' }, null],
  [
    { CLICKHOUSE_URL: 'http://me:secret@db.example.org:8123/x' },
    /ClickHouse at db\.example\.org:8123 .* without https/,
  ],
  [{ CLICKHOUSE_URL: 'https://db.example.org:8443/x' }, null],
  // of a network of containers
  [{ CLICKHOUSE_URL: 'http://clickhouse:8123/x' }, null],
  [{ CLICKHOUSE_CLUSTER: 'https://a.example.org/x;http://b.example.org/x' }, /ClickHouse at b\.example\.org /],
  [
    { LMS_MYSQL_URL: 'mysql://me:secret@db.example.org/edxapp' },
    /database of the LMS at db\.example\.org .*certificate/,
  ],
  [{ LMS_MYSQL_URL: 'mysql://me:secret@db.example.org/edxapp?ssl-mode=REQUIRED' }, /certificate/],
  [{ LMS_MYSQL_URL: 'mysql://me:secret@db.example.org/edxapp?ssl-mode=VERIFY_CA' }, null],
  [{ LMS_MYSQL_URL: 'mysql://me:secret@mysql:3306/edxapp' }, null],
  [{ LMS_MYSQL_URL: 'mysql://me:secret@127.0.0.1/edxapp' }, null],
  [{ LMS_MYSQL_URL: 'mysql://me:secret@db.example.org/edxapp?socket=/run/mysqld.sock' }, null],
  [{ LMS_MYSQL_URL: 'no address' }, null],
];

for (const [env, warning] of CASES) {
  test(`${JSON.stringify(env)} is ${warning === null ? 'told nothing of' : 'warned of'}`, () => {
    const findings = checkWires(loadConfig(env));
    if (warning === null) assert.deepEqual(findings, []);
    assert.equal(findings.length, warning === null ? 0 : 1);
    for (const { part, state, message, remedy } of findings) {
      assert.deepEqual([part, state], ['configuration', 'warning']);
      assert.match(message, warning ?? /^$/);
      assert.doesNotMatch(`${message}${remedy}`, /secret/);
    }
  });
}

test('doctor looks at them', async () => {
  const findings = await checkConfiguration(loadConfig({ CLICKHOUSE_URL: 'http://db.example.org:8123/x' }));
  assert.ok(findings.some(({ message }) => message.includes('without https')));
});
