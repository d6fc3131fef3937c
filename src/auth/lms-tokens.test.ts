import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { createServer } from 'node:http';
import { once } from 'node:events';
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { type CryptoKey, exportJWK, exportSPKI, generateKeyPair, type JWK, SignJWT, UnsecuredJWT } from 'jose';
import type { JwtConfig } from '../config.ts';
import { createClientAuthentication } from './authenticate-client.ts';
import { KeyRing } from './key-ring.ts';
import { createTokenCheck, readUnsignedToken } from './lms-tokens.ts';

const SECRET = 'a secret that the LMS and we share';
const ISSUER = 'https://lms.example/oauth2';
const folder = mkdtempSync(join(tmpdir(), 'tokens-'));
// tests are declared between awaits, so that a hook would run too early
process.on('exit', () => rmSync(folder, { recursive: true }));

const [first, second, foreign] = await Promise.all(
  [1, 2, 3].map(async () => generateKeyPair('RS512', { extractable: true })),
);
assert.ok(first !== undefined && second !== undefined && foreign !== undefined);

const { privateKey } = first;

async function describeKey(key: CryptoKey, kid?: string): Promise<JWK> {
  return { ...(await exportJWK(key)), use: 'sig', ...(kid !== undefined && { kid }) };
}

const setPath = join(folder, 'keys.json');
function writeSet(path: string, keys: readonly JWK[]): void {
  writeFileSync(path, JSON.stringify({ keys }));
}
writeSet(setPath, [await describeKey(first.publicKey, 'one')]);

const JWT: JwtConfig = { jwkSet: setPath, secret: SECRET, issuer: ISSUER, audience: 'openedx' };
const verifyToken = createTokenCheck({ jwt: JWT });

const now = Math.floor(Date.now() / 1000);
const CLAIMS = {
  iss: ISSUER,
  aud: 'openedx',
  iat: now,
  exp: now + 3600,
  preferred_username: 'prof',
  name: 'Prof Okafor',
  administrator: false,
  superuser: false,
  is_restricted: false,
  filters: ['user:me'],
  scopes: ['profile'],
  grant_type: 'authorization-code',
  email_verified: true,
  version: '1.2.0',
};

interface Signing {
  readonly key?: CryptoKey | Uint8Array;
  readonly alg?: string;
  readonly kid?: string;
}

async function sign(claims: Record<string, unknown>, { key, alg = 'RS512', kid }: Signing = {}): Promise<string> {
  const payload = Object.fromEntries(Object.entries(claims).filter(([, value]) => value !== undefined));
  return new SignJWT(payload)
    .setProtectedHeader({ alg, typ: 'JWT', ...(kid !== undefined && { kid }) })
    .sign(key ?? privateKey);
}

test('a token tells who one is', async () => {
  const token = await sign(CLAIMS);
  assert.deepEqual(await verifyToken(token), {
    username: 'prof',
    name: 'Prof Okafor',
    isGlobalStaff: false,
    lmsToken: token,
    expiresAt: now + 3600,
  });
});

const secretKey = new TextEncoder().encode(SECRET);
const publicPem = new TextEncoder().encode(await exportSPKI(first.publicKey));
const rs256 = await crypto.subtle.importKey(
  'pkcs8',
  await crypto.subtle.exportKey('pkcs8', first.privateKey),
  { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' },
  false,
  ['sign'],
);

const ACCEPTED: ReadonlyArray<readonly [what: string, token: string, isGlobalStaff: boolean]> = [
  ['RS512 with its id', await sign(CLAIMS, { kid: 'one' }), false],
  ['RS256', await sign(CLAIMS, { key: rs256, alg: 'RS256' }), false],
  ['HS256 with the secret', await sign(CLAIMS, { key: secretKey, alg: 'HS256' }), false],
  ['of an administrator', await sign({ ...CLAIMS, administrator: true }), true],
  ['of a superuser', await sign({ ...CLAIMS, superuser: true }), true],
  ['for several audiences', await sign({ ...CLAIMS, aud: ['other', 'openedx'] }), false],
  ['of a clock that is a little fast', await sign({ ...CLAIMS, iat: now + 8, nbf: now + 8 }), false],
  [
    'without the claims that need not be',
    await sign({
      ...CLAIMS,
      is_restricted: undefined,
      filters: undefined,
      version: undefined,
      administrator: undefined,
      superuser: null,
    }),
    false,
  ],
];

for (const [what, token, isGlobalStaff] of ACCEPTED) {
  test(`a token ${what} counts`, async () => {
    assert.equal((await verifyToken(token)).isGlobalStaff, isGlobalStaff);
  });
}

const good = await sign(CLAIMS);
const [head = '', body = '', signature = ''] = good.split('.');
const forged = Buffer.from(JSON.stringify({ ...CLAIMS, administrator: true })).toString('base64url');

/** A token by hand, signed with the secret: what libraries would not make. */
function forge(header: object, payload: unknown): string {
  const [top, middle] = [header, payload].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'));
  const signed = createHmac('sha256', SECRET).update(`${top}.${middle}`).digest('base64url');
  return `${top}.${middle}.${signed}`;
}

const ownKey = await describeKey(foreign.publicKey, 'own');
const withOwnKey = await new SignJWT(CLAIMS)
  .setProtectedHeader({ alg: 'RS512', jwk: ownKey, jku: 'https://evil.example/keys', kid: 'own' })
  .sign(foreign.privateKey);

test('tokens made by hand count where nothing is wrong with them', async () => {
  assert.equal((await verifyToken(forge({ alg: 'HS256' }, CLAIMS))).username, 'prof');
});

const REFUSED: ReadonlyArray<readonly [what: string, token: string]> = [
  ['that brings its own key', withOwnKey],
  ['of no algorithm', forge({}, CLAIMS)],
  ['of an algorithm in a list', forge({ alg: ['HS256'] }, CLAIMS)],
  ['of an algorithm in other letters', forge({ alg: 'hs256' }, CLAIMS)],
  ['of an algorithm called none', forge({ alg: 'none' }, CLAIMS)],
  ['with a critical header that nobody knows', forge({ alg: 'HS256', crit: ['x'], x: 1 }, CLAIMS)],
  ['whose claims are a list', forge({ alg: 'HS256' }, [CLAIMS])],
  ['whose claims are null', forge({ alg: 'HS256' }, null)],
  ['whose end is a word', forge({ alg: 'HS256' }, { ...CLAIMS, exp: 'never' })],
  ['whose audience is an object', forge({ alg: 'HS256' }, { ...CLAIMS, aud: { openedx: true } })],
  ['whose username is a list', forge({ alg: 'HS256' }, { ...CLAIMS, preferred_username: ['prof'] })],
  ['that is empty', ''],
  ['that is none', 'x.y.z'],
  ['in two parts', `${head}.${body}`],
  ['of endless length', `${good}${'A'.repeat(9000)}`],
  ['without a signature', `${head}.${body}.`],
  ['with other claims than were signed', `${head}.${forged}.${signature}`],
  ['that is unsecured', new UnsecuredJWT(CLAIMS).encode()],
  ['of another key', await sign(CLAIMS, { key: foreign.privateKey })],
  ['of another key under a known id', await sign(CLAIMS, { key: foreign.privateKey, kid: 'one' })],
  ['of an unknown id', await sign(CLAIMS, { kid: 'other' })],
  ['HS256 with the public key', await sign(CLAIMS, { key: publicPem, alg: 'HS256' })],
  ['HS512 with the secret', await sign(CLAIMS, { key: new TextEncoder().encode(SECRET.repeat(3)), alg: 'HS512' })],
  ['PS512', await sign(CLAIMS, { key: (await generateKeyPair('PS512')).privateKey, alg: 'PS512' })],
  ['ES256', await sign(CLAIMS, { key: (await generateKeyPair('ES256')).privateKey, alg: 'ES256' })],
  ['that has expired', await sign({ ...CLAIMS, exp: now - 60 })],
  ['of tomorrow', await sign({ ...CLAIMS, iat: now + 86_400, exp: now + 90_000 })],
  ['not valid yet', await sign({ ...CLAIMS, nbf: now + 600 })],
  ['without an end', await sign({ ...CLAIMS, exp: undefined })],
  ['without a time', await sign({ ...CLAIMS, iat: undefined })],
  ['of another issuer', await sign({ ...CLAIMS, iss: 'https://evil.example/oauth2' })],
  ['of no issuer', await sign({ ...CLAIMS, iss: undefined })],
  ['for another audience', await sign({ ...CLAIMS, aud: 'other' })],
  ['for no audience', await sign({ ...CLAIMS, aud: undefined })],
  ['without a username', await sign({ ...CLAIMS, preferred_username: undefined })],
  ['with an empty username', await sign({ ...CLAIMS, preferred_username: '' })],
  ['that is restricted', await sign({ ...CLAIMS, is_restricted: true })],
  ['that is restricted in a word', await sign({ ...CLAIMS, is_restricted: 'true' })],
  ['with filters', await sign({ ...CLAIMS, filters: ['content_org:edX', 'user:me'] })],
  ['with a filter in a word', await sign({ ...CLAIMS, filters: 'user:me' })],
  ['of an account that was made inactive', await sign({ ...CLAIMS, email_verified: false })],
  ['of another version', await sign({ ...CLAIMS, version: '2.0.0' })],
  ['of an administrator in a word', await sign({ ...CLAIMS, administrator: 'true' })],
];

for (const [what, token] of REFUSED) {
  test(`a token ${what} does not count, and the reason does not repeat it`, async () => {
    await assert.rejects(verifyToken(token), (error: Error & { code?: string }) => {
      assert.equal(error.code, 'invalid_credentials', error.stack);
      assert.doesNotMatch(error.message, /prof|eyJ/);
      return true;
    });
  });
}

test('a token that has expired is told so, and counts no more from the LMS itself', async () => {
  const over = await sign({ ...CLAIMS, exp: now - 60 });
  await assert.rejects(verifyToken(over), /it has expired/);
  assert.throws(() => readUnsignedToken(over), { code: 'invalid_credentials', message: /it has expired/ });
});

test('each algorithm counts only where it is configured', async () => {
  const hs256 = await sign(CLAIMS, { key: secretKey, alg: 'HS256' });
  const rsOnly = createTokenCheck({ jwt: { ...JWT, secret: null } });
  const hsOnly = createTokenCheck({ jwt: { ...JWT, jwkSet: null } });
  await assert.rejects(rsOnly(hs256), { code: 'invalid_credentials' });
  await assert.rejects(hsOnly(good), { code: 'invalid_credentials' });
  assert.equal((await rsOnly(good)).username, 'prof');
  assert.equal((await hsOnly(hs256)).username, 'prof');
});

test('keys in a file are exchanged without a restart, and keys without ids are all tried', async () => {
  const path = join(folder, 'rotated.json');
  writeSet(path, [await describeKey(first.publicKey)]);
  let clock = 0;
  const verify = createTokenCheck({ jwt: { ...JWT, jwkSet: path } }, () => clock);
  const late = await sign(CLAIMS, { key: second.privateKey });
  await verify(good);
  await assert.rejects(verify(late), { code: 'invalid_credentials' });
  writeSet(path, [await describeKey(first.publicKey), await describeKey(second.publicKey)]);
  utimesSync(path, new Date(), new Date(Date.now() + 5000));
  clock += 1050;
  await Promise.all([verify(good), verify(late)]);
  writeSet(path, [await describeKey(second.publicKey)]);
  clock += 1050;
  await assert.rejects(verify(good), { code: 'invalid_credentials' });
  await verify(late);
});

test('keys at an address are fetched once; without them nothing counts, and it is not the fault of the token', async () => {
  let status = 500;
  let fetched = 0;
  const keys = [await describeKey(first.publicKey, 'one')];
  const server = createServer((_request, response) => {
    fetched += 1;
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ keys }));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const verify = createTokenCheck({ jwt: { ...JWT, jwkSet: `http://127.0.0.1:${port}/jwks` } });
  await assert.rejects(verify(good), { code: 'store_unavailable' });
  status = 200;
  await verify(good);
  await verify(good);
  assert.equal(fetched, 2);
  server.close();
  const lost = createTokenCheck({ jwt: { ...JWT, jwkSet: '/nowhere/keys.json' } });
  await assert.rejects(lost(good), { code: 'store_unavailable' });
});

test('keys at an address are exchanged without a restart, and are not asked for by every token that names another', async (t) => {
  t.mock.timers.enable({ apis: ['Date'], now: Date.now() });
  let keys = [await describeKey(first.publicKey, 'one')];
  let fetched = 0;
  const server = createServer((_request, response) => {
    fetched += 1;
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ keys }));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const verify = createTokenCheck({ jwt: { ...JWT, jwkSet: `http://127.0.0.1:${port}/jwks` } });
  const early = await sign(CLAIMS, { kid: 'one' });
  const late = await sign(CLAIMS, { key: second.privateKey, kid: 'two' });
  await verify(early);
  keys = [await describeKey(second.publicKey, 'two')];
  for (let round = 0; round < 3; round += 1) await assert.rejects(verify(late), { code: 'invalid_credentials' });
  assert.equal(fetched, 1);
  t.mock.timers.tick(31_000);
  await verify(late);
  await assert.rejects(verify(early), { code: 'invalid_credentials' });
  assert.equal(fetched, 2);
  // a key that was taken back counts for ten minutes where no token names another
  keys = [];
  await verify(late);
  t.mock.timers.tick(601_000);
  await assert.rejects(verify(late), { code: 'invalid_credentials' });
  server.close();
});

const authenticate = createClientAuthentication({
  keys: new KeyRing({ query: async () => [] as never[] } as never),
  verifyToken,
  access: { maySee: async (_person, courseId) => courseId === 'a/b/c', maySeeAll: async () => false },
  allowedOrigins: ['https://apps.lms.example'],
});
const cookie = `edx-jwt-cookie-header-payload=${head}.${body}; edx-jwt-cookie-signature=${signature}`;

const REQUESTS: ReadonlyArray<readonly [headers: Record<string, string>, outcome: string]> = [
  [{ authorization: `JWT ${good}` }, 'prof'],
  [{ authorization: `jwt  ${good} ` }, 'prof'],
  [{ authorization: `Bearer ${good}` }, 'prof'],
  [{ authorization: `Token ${good}` }, 'invalid_credentials'],
  [{ authorization: `JWT ${good} x` }, 'invalid_credentials'],
  [{ authorization: 'JWT' }, 'invalid_credentials'],
  [{ cookie: cookie.replace(signature, `${signature.slice(0, 9)}%0A${signature.slice(9)}`) }, 'invalid_credentials'],
  [{ authorization: 'Basic YTpi', cookie }, 'invalid_credentials'],
  [{}, 'authentication_required'],
  [{ cookie }, 'prof'],
  [{ cookie, 'sec-fetch-site': 'same-origin', origin: 'http://proxied.example' }, 'prof'],
  [{ cookie, 'sec-fetch-site': 'none' }, 'prof'],
  [{ cookie, origin: 'https://insights.lms.example' }, 'prof'],
  [{ cookie, origin: 'https://insights.lms.example', 'sec-fetch-site': 'same-site' }, 'invalid_credentials'],
  [{ cookie, origin: 'https://apps.lms.example', 'sec-fetch-site': 'same-site' }, 'prof'],
  [{ cookie, origin: 'https://evil.lms.example', 'sec-fetch-site': 'same-site' }, 'invalid_credentials'],
  [{ cookie, origin: 'https://evil.example' }, 'invalid_credentials'],
  [{ cookie, origin: 'null' }, 'invalid_credentials'],
  [{ cookie, 'sec-fetch-site': 'cross-site' }, 'invalid_credentials'],
  [{ cookie, 'sec-fetch-site': 'same-site' }, 'invalid_credentials'],
  [{ cookie: `edx-jwt-cookie-header-payload=${head}.${body}` }, 'authentication_required'],
  [
    { cookie: `edx-jwt-cookie-header-payload=${head}.${forged}; edx-jwt-cookie-signature=${signature}` },
    'invalid_credentials',
  ],
];

for (const [headers, outcome] of REQUESTS) {
  const shown = JSON.stringify(headers)
    .replaceAll(good, '<token>')
    .replaceAll(/=[\w.-]{100,}/g, '=…')
    .replaceAll(/=[\w-]+"/g, '=…"');
  test(`a request with ${shown} is ${outcome}`, async () => {
    const asker = { headers: new Headers(headers), publicUrl: new URL('https://insights.lms.example/api/v0/courses/') };
    if (outcome !== 'prof') {
      await assert.rejects(authenticate(asker), { code: outcome });
      return;
    }
    const caller = await authenticate(asker);
    assert.deepEqual(
      [caller.kind, caller.name, caller.lmsToken, await caller.maySee('a/b/c'), await caller.maySee('a/b/d')],
      ['person', 'prof', good, true, false],
    );
  });
}
