import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import test, { after } from 'node:test';
import { promisify } from 'node:util';
import { SignJWT } from 'jose';
import { openHttpServer } from '../src/api/http-server.ts';
import { createClientAuthentication } from '../src/auth/authenticate-client.ts';
import { createCourseAccess } from '../src/auth/create-course-access.ts';
import { KeyRing } from '../src/auth/key-ring.ts';
import { createTokenCheck } from '../src/auth/lms-tokens.ts';
import { loadConfig } from '../src/config.ts';
import { createCheckedApp } from './check-response.ts';
import { openSampleApi } from './sample-api.ts';
import { DEMO_COURSE } from './sample-site.ts';

const run = promisify(execFile);
const doc = await readFile(new URL('../docs/api.md', import.meta.url), 'utf8');
const lines = doc.split('\n').filter((line) => line.startsWith('curl '));
const { deps, key } = await openSampleApi();
const { store } = deps;

const SECRET = 'what the LMS and the tests both know';
const config = loadConfig({ JWT_SECRET: SECRET, JWT_ISSUER: 'lms' });
const authenticate = createClientAuthentication({
  keys: new KeyRing(store),
  verifyToken: createTokenCheck(config),
  access: createCourseAccess(config, store),
  allowedOrigins: [],
});
const token = await new SignJWT({ preferred_username: 'prof', administrator: true, iss: 'lms', aud: 'openedx' })
  .setProtectedHeader({ alg: 'HS256' })
  .setIssuedAt()
  .setExpirationTime('1h')
  .sign(new TextEncoder().encode(SECRET));

// without an LMS, so that no other machine is asked for an account
const app = createCheckedApp({ ...deps, config: { ...deps.config, lmsUrl: null }, authenticate });
const server = await openHttpServer(app, { host: '127.0.0.1', port: 0 });
after(async () => server.close());

const found = await run('curl', ['--version']).then(
  () => true,
  () => false,
);

test('docs/api.md has a curl line for every resource', () => {
  for (const resource of [
    'learners/?',
    'learners.csv?',
    'learners/maria/',
    'engagement_timelines/',
    'course_learner_metadata/',
    'courses/',
    'accounts/maria/',
    'status/',
    'health/',
    'authenticated/',
  ]) {
    assert.ok(
      lines.some((line) => line.includes(`$LA/${resource}`)),
      resource,
    );
  }
});

for (const line of lines) {
  test(`docs/api.md: ${line}`, { skip: found ? false : 'there is no curl on this machine' }, async () => {
    const env = { ...process.env, LA: `${server.url}/api/v0`, KEY: key, TOKEN: token, COURSE: DEMO_COURSE };
    const { stdout } = await run('sh', ['-c', `${line} --silent --fail-with-body --retry 3`], { env });
    assert.ok(stdout.length > 0);
  });
}
