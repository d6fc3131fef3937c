/** The lines of a text that comes in parts, without their ends; what follows the last end is none. A line may have hundreds of megabytes. */
export async function* splitLines(text: AsyncIterable<string>): AsyncGenerator<string> {
  let parts: string[] = [];
  for await (const part of text) {
    const end = part.lastIndexOf('\n');
    parts.push(part);
    if (end === -1) continue;
    const lines = parts.join('').split('\n');
    parts = [lines.pop() ?? ''];
    yield* lines;
  }
}
