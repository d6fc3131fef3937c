/** What any target with something to escape has. */
const STRANGE = /[#\\]|(?:^|\/)(?:\.|%2e)/i;

/**
 * The target of a request line so that it still means what was sent once it is parsed as a URL. Parsing would resolve dot
 * segments, take a backslash for a slash and cut at `#`, so that a strange username could reach another resource.
 */
export function escapeTarget(target: string): string {
  if (!STRANGE.test(target)) return target;
  const [path = '', ...query] = target.replaceAll('#', '%23').split('?');
  const segments = path.replaceAll('\\', '%5C').split('/').map(escapeDots);
  return [segments.join('/'), ...query].join('?');
}

/** A dot segment stays one in any spelling but this, which decodes to a name that nobody can have. */
function escapeDots(segment: string): string {
  return /^(?:\.|%2e){1,2}$/i.test(segment) ? segment.replaceAll(/\.|%2e/gi, '%252E') : segment;
}
