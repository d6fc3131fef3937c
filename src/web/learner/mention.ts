/** Puts a sentence into a message, before how it closes, or takes it out again; what else was written stays. */
export function mention(body: string, sentence: string, wanted: boolean, closing: string): string {
  if (!wanted) return body.replace(`${sentence}\n\n`, '').replace(`\n\n${sentence}`, '');
  const at = body.lastIndexOf(closing);
  return at < 0
    ? `${body.trimEnd()}\n\n${sentence}`.trimStart()
    : `${body.slice(0, at)}${sentence}\n\n${body.slice(at)}`;
}
