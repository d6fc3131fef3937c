import { parse, serialize } from 'hono/utils/cookie';
import type { Asker } from './caller.ts';

export type CookieName = 'la_session' | LoginCookie;

/** Of one of some logins that are under way in a browser at once. */
export type LoginCookie = `la_login_${number}`;

/** Over https the name has the prefix that keeps hosts beside this one from setting the cookie (RFC 6265bis, 4.1.3). */
function fullName(name: CookieName, { protocol }: URL): string {
  return protocol === 'https:' ? `__Host-${name}` : name;
}

/** The value that came with the request; undefined without one. */
export function readCookie({ headers, publicUrl }: Asker, name: CookieName): string | undefined {
  const full = fullName(name, publicUrl);
  return parse(headers.get('cookie') ?? '', full)[full];
}

/** A value of `Set-Cookie` that no script reads and no other site sends along, save by a link. */
export function writeCookie(publicUrl: URL, name: CookieName, value: string, maxAge: number): string {
  return serialize(fullName(name, publicUrl), value, {
    path: '/',
    httpOnly: true,
    sameSite: 'Lax',
    secure: publicUrl.protocol === 'https:',
    maxAge,
  });
}

/** A value of `Set-Cookie` that has the browser forget it. */
export function clearCookie(publicUrl: URL, name: CookieName): string {
  return writeCookie(publicUrl, name, '', 0);
}
