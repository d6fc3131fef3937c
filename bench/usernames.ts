import type { Server } from './product.ts';

/** A server, and the key with which it answers. */
export interface Asker {
  readonly server: Server;
  readonly key: string;
}

export async function fetchText({ server, key }: Asker, path: string): Promise<string> {
  const answered = await fetch(`http://127.0.0.1:${server.port}${path}`, {
    headers: { authorization: `Token ${key}` },
  });
  return answered.text();
}

/** Some learners from all over the course, those with long histories and those without any. */
export async function listUsernames(server: Server, key: string, course: string): Promise<string[]> {
  const usernames: string[] = [];
  for (const order of ['username', 'email', 'problem_attempts', 'enrollment_date']) {
    for (const direction of ['asc', 'desc']) {
      const path = `/api/v0/learners/?course_id=${encodeURIComponent(course)}&order_by=${order}&sort_order=${direction}&page_size=1000&fields=username`;
      const { results } = JSON.parse(await fetchText({ server, key }, path)) as { results: { username: string }[] };
      usernames.push(...results.map(({ username }) => username));
    }
  }
  // mixed, and the same each time
  return [...new Set(usernames)].toSorted((a, b) => a.length - b.length || (a < b ? -1 : 1));
}
