/** `//host` and `/\host` name another host, and browsers drop what is not printable before they look. */
const LOCAL_PATH = /^\/(?![/\\])[!-~]*$/;

/** Where to go after the login: a path of this host, never another site, and not back to the login. */
export function chooseNext(next: string | undefined, home: string): string {
  if (next === undefined || !LOCAL_PATH.test(next)) return home;
  const url = URL.parse(next, 'http://here');
  if (url?.origin !== 'http://here' || url.pathname.startsWith(`${home}auth/`)) return home;
  // resolving `/.//host` gives `//host`
  const path = `${url.pathname}${url.search}${url.hash}`;
  return LOCAL_PATH.test(path) ? path : home;
}
