/** What a header says of each thing that it accepts (RFC 9110, 12.4.2): 0 for not at all, and 1 where it says nothing that can be read. */
export function readQualities(header: string): ReadonlyMap<string, number> {
  const qualities = new Map<string, number>();
  for (const item of header.split(',')) {
    const [name = '', ...params] = item.split(';').map((part) => part.trim().toLowerCase());
    const quality = Number(params.find((param) => /^q=./.test(param))?.slice(2) ?? 1);
    if (name !== '' && !qualities.has(name)) qualities.set(name, Number.isNaN(quality) ? 1 : quality);
  }
  return qualities;
}
