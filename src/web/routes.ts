export type Route =
  | { readonly page: 'courses' }
  | { readonly page: 'roster'; readonly courseId: string }
  | { readonly page: 'learner'; readonly courseId: string; readonly username: string }
  | { readonly page: 'unknown' };

/** The page at a path below the app's base, which has no leading slash. */
export function parseRoute(path: string): Route {
  const parts = path.split('/').filter((part) => part !== '');
  let decoded: string[];
  try {
    decoded = parts.map(decodeURIComponent);
  } catch {
    return { page: 'unknown' };
  }
  const [head, courseId, section, username] = decoded;
  if (head === undefined || (head === 'courses' && courseId === undefined)) return { page: 'courses' };
  if (head !== 'courses' || courseId === undefined) return { page: 'unknown' };
  if (section === undefined) return { page: 'roster', courseId };
  if (section !== 'learners' || username === undefined || decoded.length > 4) return { page: 'unknown' };
  return { page: 'learner', courseId, username };
}

/** Course ids stay readable: `:` and `+` need no escape in a path. */
function encodeSegment(text: string): string {
  return encodeURIComponent(text).replaceAll('%3A', ':').replaceAll('%2B', '+').replaceAll('%40', '@');
}

/** The path alone where the query is empty. */
export function withQuery(path: string, query: URLSearchParams | undefined): string {
  const text = query?.toString() ?? '';
  return text === '' ? path : `${path}?${text}`;
}

/** Below the app's base, without a leading slash, as `parseRoute` reads it. */
export function rosterPath(courseId: string, query?: URLSearchParams): string {
  return withQuery(`courses/${encodeSegment(courseId)}`, query);
}

/** The same of a learner. */
export function learnerPath(courseId: string, username: string, query?: URLSearchParams): string {
  return withQuery(`courses/${encodeSegment(courseId)}/learners/${encodeSegment(username)}`, query);
}
