/**
 * Whether an `Accept-Encoding` takes a coding: what is said of it by name counts, else what is said of all (RFC 9110, 12.5.3).
 * @param name `gzip` or `br`
 */
export function acceptsCoding(accept: string | undefined, name: string): boolean {
  if (accept === undefined) return false;
  const codings = new Map(
    accept.split(',').map((part) => {
      const [coding = '', ...params] = part.split(';').map((text) => text.trim().toLowerCase());
      return [coding, !params.some((param) => /^q=0(?:\.0*)?$/.test(param))];
    }),
  );
  return codings.get(name) ?? codings.get('*') ?? false;
}
