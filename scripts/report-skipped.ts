import type { TestEvent } from 'node:test/reporters';

/** Reporter for `node --test`: after everything else, each skipped test and why, so that a green run hides nothing. */
export default async function* reportSkipped(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  const skipped: string[] = [];
  for await (const event of events) {
    if (event.type === 'test:pass' && event.data.skip !== undefined && event.data.skip !== false) {
      const { name, skip } = event.data;
      skipped.push(`  ${name}: ${typeof skip === 'string' && skip !== '' ? skip : 'no reason given'}`);
    }
  }
  if (skipped.length > 0) yield `\nSkipped (${skipped.length}):\n${skipped.join('\n')}\n`;
}
