import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, jwtVerify } from 'jose';
import { interactionPolicy, Provider, type Configuration } from 'oidc-provider';

export interface LmsUser {
  readonly name: string;
  readonly administrator?: boolean;
  readonly superuser?: boolean;
  readonly is_restricted?: boolean;
  readonly is_active?: boolean;
  readonly roles?: ReadonlyArray<{ role: string; course_id: string | null; org: string }>;
}

export const CLIENT = { id: 'insights', secret: 'the secret of the application' };
const RESOURCE = 'urn:lms';
/** What every application may ask for; for `user_id` the LMS wants to be told of it by its operator. */
const SCOPE = 'read write email profile';

/**
 * An LMS as far as logging in and roles go: OAuth2 by `oidc-provider` under the paths of Open edX, with its claims and its
 * token type. Everybody is let in at once, as the user that `lms.user` names.
 */
export async function openFakeLms(users: Record<string, LmsUser>, callbacks: string[], tokenSeconds = 3600) {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { privateKey, publicKey } = await generateKeyPair('RS256', { extractable: true });
  const lms = {
    url,
    /** Who sits at the browser; null: somebody who does not consent. */
    user: 'prof' as string | null,
    /** Answers nothing but 503. */
    down: false,
    /** Says that it is asked too often. */
    busy: false,
    /** What was asked of it, without queries. */
    asked: [] as string[],
    /** What of that it has answered. */
    answered: [] as string[],
    /** What its account API tells, by username, to everybody with a token. */
    accounts: {} as Readonly<Record<string, object>>,
    /** What its API is asked it answers once this is over. */
    held: Promise.resolve(),
    /** What its account API answers instead; null: as told above. */
    refusal: null as { readonly status: number; readonly location?: string; readonly body?: string } | null,
    /** The pictures it has, by path, as SVG. */
    pictures: {} as Readonly<Record<string, string>>,
    jwkSet: { keys: [{ ...(await exportJWK(publicKey)), use: 'sig', alg: 'RS256' }] },
    close: () => void server.close(),
  };
  const signing = { ...(await exportJWK(privateKey)), use: 'sig', alg: 'RS256' };
  const provider = createProvider(url, users, callbacks, signing, tokenSeconds);
  const answerOAuth = provider.callback();
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { pathname } = new URL(request.url ?? '', url);
    const question = `${request.method} ${pathname}`;
    lms.asked.push(question);
    response.once('finish', () => lms.answered.push(question));
    if (pathname.startsWith('/api/')) await lms.held;
    if (lms.down) {
      response.writeHead(503).end('down');
    } else if (lms.busy) {
      response.writeHead(429, { 'content-type': 'text/html' }).end('<h1>Too many requests</h1>');
    } else if (pathname === '/oauth2/authorize/' && asksForMore(request.url)) {
      const asked = new URL(request.url ?? '', url).searchParams;
      const back = new URL(asked.get('redirect_uri') ?? '');
      back.search = new URLSearchParams({ error: 'invalid_scope', state: asked.get('state') ?? '' }).toString();
      response.writeHead(302, { location: back.href }).end();
    } else if (pathname.startsWith('/interaction/')) {
      const result =
        lms.user === null ? { error: 'access_denied', error_description: 'no' } : { login: { accountId: lms.user } };
      await provider.interactionFinished(request, response, result);
    } else if (pathname.startsWith('/media/')) {
      const picture = lms.pictures[pathname];
      response.writeHead(picture === undefined ? 404 : 200, { 'content-type': 'image/svg+xml' }).end(picture);
    } else if (pathname.startsWith('/api/user/') && lms.refusal !== null) {
      const { status, body, ...headers } = lms.refusal;
      response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(body ?? '{}');
    } else if (pathname.startsWith('/api/')) {
      const token = /^JWT (.*)$/.exec(request.headers.authorization ?? '')?.[1] ?? '';
      const verified = await jwtVerify(token, publicKey, { audience: 'openedx' }).catch(() => null);
      const user = users[String(verified?.payload['preferred_username'])];
      const account = lms.accounts[decodeURIComponent(pathname.split('/').at(-1) ?? '')];
      const told =
        pathname === '/api/enrollment/v1/roles/'
          ? { is_staff: user?.administrator ?? false, roles: user?.roles ?? [] }
          : account;
      response.writeHead(user === undefined ? 401 : told === undefined ? 404 : 200, {
        'content-type': 'application/json',
      });
      response.end(JSON.stringify(told ?? {}));
    } else {
      await answerOAuth(request, response);
    }
  };
  server.on('request', (request, response) => void answer(request, response));
  return lms;
}

function asksForMore(address = ''): boolean {
  const asked = new URL(address, 'http://lms').searchParams.get('scope')?.split(' ') ?? [];
  return asked.some((scope) => !SCOPE.split(' ').includes(scope));
}

function createProvider(
  url: string,
  users: Record<string, LmsUser>,
  redirectUris: string[],
  signing: object,
  tokenSeconds: number,
): Provider {
  // an application of the LMS's own site is not asked about
  const policy = interactionPolicy.base();
  policy.remove('consent');
  const configuration: Configuration = {
    clients: [
      {
        client_id: CLIENT.id,
        client_secret: CLIENT.secret,
        redirect_uris: redirectUris,
        application_type: 'native',
        grant_types: ['authorization_code', 'refresh_token'],
        response_types: ['code'],
        token_endpoint_auth_method: 'client_secret_post',
      },
    ],
    routes: {
      authorization: '/oauth2/authorize/',
      token: '/oauth2/access_token/',
      revocation: '/oauth2/revoke_token/',
    },
    scopes: SCOPE.split(' '),
    pkce: { required: () => true },
    jwks: { keys: [signing] },
    cookies: { keys: ['a key of the test'] },
    ttl: { Interaction: 600, Session: 3600, Grant: 3600, AccessToken: tokenSeconds, RefreshToken: 3600 },
    rotateRefreshToken: true,
    issueRefreshToken: async () => true,
    findAccount: async (_context, id) => ({ accountId: id, claims: async () => ({ sub: id }) }),
    extraTokenClaims: async (_context, token) => {
      const { accountId, scope } = token as { accountId?: string; scope?: string };
      const { roles: _, is_restricted = false, is_active = true, ...profile } = users[accountId ?? ''] ?? { name: '' };
      return {
        preferred_username: accountId,
        grant_type: 'authorization-code',
        scopes: scope?.split(' '),
        version: '1.2.0',
        filters: ['user:me'],
        is_restricted,
        email_verified: is_active,
        ...(scope?.split(' ').includes('profile') === true && { administrator: false, superuser: false, ...profile }),
      };
    },
    features: {
      devInteractions: { enabled: false },
      revocation: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => RESOURCE,
        useGrantedResource: () => true,
        getResourceServerInfo: () => ({
          scope: SCOPE,
          audience: 'openedx',
          accessTokenTTL: tokenSeconds,
          accessTokenFormat: 'jwt',
          jwt: { sign: { alg: 'RS256' } },
        }),
      },
    },
    interactions: { policy, url: (_context, { uid }) => `/interaction/${uid}` },
    loadExistingGrant: async ({ oidc }) => {
      const grant = new oidc.provider.Grant({
        clientId: oidc.client?.clientId ?? '',
        accountId: oidc.session?.accountId ?? '',
      });
      grant.addOIDCScope(SCOPE);
      grant.addResourceScope(RESOURCE, SCOPE);
      await grant.save();
      return grant;
    },
  };
  const provider = new Provider(url, configuration);
  provider.use(async (context, next) => {
    await next();
    const body = context.body as { token_type?: string; error?: string } | undefined;
    if (body?.error === 'invalid_client') context.set('www-authenticate', 'Bearer error="invalid_client"');
    if (context.path === '/oauth2/access_token/' && body?.token_type === 'Bearer') body.token_type = 'JWT';
  });
  return provider;
}
