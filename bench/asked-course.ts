import { FIRST_WORDS, firstPairs, firstWords, type NamedPerson } from './first-words.ts';
import type { Server } from './product.ts';

/** A server, and the key with which it answers. */
export interface Asker {
  readonly server: Server;
  readonly key: string;
}

/** A course, and what can be asked of it. */
export interface AskedCourse {
  readonly id: string;
  readonly learners: number;
  /** Some learners from all over the course, those with long histories and those without any. */
  readonly usernames: readonly string[];
  /** Words of its learners, each another: as one types them, and two that somebody has both. */
  readonly words: readonly string[];
  readonly pairs: readonly string[];
}

export async function fetchText({ server, key }: Asker, path: string): Promise<string> {
  const answered = await fetch(`http://127.0.0.1:${server.port}${path}`, {
    headers: { authorization: `Token ${key}` },
  });
  return answered.text();
}

interface Listed {
  readonly count: number;
  readonly results: readonly NamedPerson[];
}

/** Reads of the API, without a search, what to ask it for. The same course gives the same. */
export async function readAskedCourse(asker: Asker, id: string): Promise<AskedCourse> {
  const people = new Map<string, NamedPerson>();
  let learners = 0;
  for (const order of ['username', 'email', 'problem_attempts', 'enrollment_date']) {
    for (const direction of ['asc', 'desc']) {
      const path = `/api/v0/learners/?course_id=${encodeURIComponent(id)}&order_by=${order}&sort_order=${direction}&page_size=1000&fields=username,name,email`;
      const { count, results } = JSON.parse(await fetchText(asker, path)) as Listed;
      learners = count;
      for (const person of results) people.set(person.username, person);
    }
  }
  // mixed, and the same each time
  const mixed = [...people.values()].toSorted(
    ({ username: a }, { username: b }) => a.length - b.length || (a < b ? -1 : 1),
  );
  return {
    id,
    learners,
    usernames: mixed.map(({ username }) => username),
    words: firstWords(mixed).slice(0, FIRST_WORDS),
    pairs: firstPairs(mixed).slice(0, FIRST_WORDS),
  };
}
