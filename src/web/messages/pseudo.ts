const ACCENTED: Readonly<Record<string, string>> = {
  a: 'á',
  b: 'ƀ',
  c: 'ç',
  d: 'ð',
  e: 'é',
  f: 'ƒ',
  g: 'ĝ',
  h: 'ĥ',
  i: 'í',
  j: 'ĵ',
  k: 'ķ',
  l: 'ļ',
  m: 'ɱ',
  n: 'ñ',
  o: 'ö',
  p: 'þ',
  r: 'ŕ',
  s: 'š',
  t: 'ţ',
  u: 'ü',
  v: 'ṽ',
  w: 'ŵ',
  x: 'ẋ',
  y: 'ý',
  z: 'ž',
};

/** A message a third longer and in strange letters, still legible; what stands in braces is left alone. */
export function pseudoMessage(message: string): string {
  let depth = 0;
  let letters = 0;
  const strange = Array.from(message, (sign) => {
    if (sign === '{') depth += 1;
    if (sign === '}') depth -= 1;
    if (depth > 0 || sign === '}') return sign;
    letters += 1;
    return ACCENTED[sign] ?? sign;
  }).join('');
  return `[${strange}${'·'.repeat(Math.ceil(letters / 3))}]`;
}

/** Each of them as `pseudoMessage` makes it, under the same key. */
export function pseudoMessages<Messages extends Readonly<Record<string, string>>>(messages: Messages): Messages {
  return Object.fromEntries(Object.entries(messages).map(([id, text]) => [id, pseudoMessage(text)])) as Messages;
}
