import { createRandom } from '../src/demo/random.ts';
import { fold } from './rival-columns.ts';

// What was searched for once is kept by the product, so what a word takes that nobody searched for before is asked with words of
// which there are only so many: each once, of a process that was just started.

export interface NamedPerson {
  readonly username: string;
  readonly name: string | null;
  readonly email: string | null;
}

/** At most so many, for one round. */
export const FIRST_WORDS = 600;
const LENGTHS = [3, 4, 5] as const;

/** The first three, four and five letters of all names, usernames and e-mail addresses, each once, in an order that is always the same. */
export function firstWords(people: readonly NamedPerson[]): string[] {
  const words = people.flatMap(({ username, name, email }) => [username, name ?? '', email ?? ''].flatMap(listWords));
  const beginnings = words.flatMap((word) => LENGTHS.flatMap((length) => begin(word, length)));
  // what differs in case and accents alone is one word to the product
  return mix(new Map(beginnings.map((text) => [fold(text), text])).values());
}

/** A first and a last name of somebody or what they begin with, "mari núñ", as long as they can be so that each word is in one pair alone. */
export function firstPairs(people: readonly NamedPerson[]): string[] {
  const used = new Set<string>();
  const pairs: string[] = [];
  for (const { username, name } of people) {
    for (const text of [name ?? '', username]) {
      const words = listWords(text);
      const [given, family] = [words[0], words.at(-1)].map((word) => takeLongest(word ?? '', used));
      if (words.length < 2 || given === undefined || family === undefined || fold(given) === fold(family)) continue;
      used.add(fold(given)).add(fold(family));
      pairs.push(`${given} ${family}`);
    }
  }
  return mix(pairs);
}

/** Words of letters alone. */
function listWords(text: string): string[] {
  return (
    text
      .normalize('NFC')
      .toLowerCase()
      .match(/\p{L}+/gu) ?? []
  );
}

function begin(word: string, length: number): string[] {
  const letters = Array.from(word);
  return letters.length < length ? [] : [letters.slice(0, length).join('')];
}

/** The longest beginning of three letters or more that is not used. */
function takeLongest(word: string, used: ReadonlySet<string>): string | undefined {
  const letters = Array.from(word);
  for (let length = letters.length; length >= LENGTHS[0]; length -= 1) {
    const text = letters.slice(0, length).join('');
    if (!used.has(fold(text))) return text;
  }
  return undefined;
}

/** Short and long, frequent and rare ones in turns. */
function mix(texts: Iterable<string>): string[] {
  const random = createRandom('first words');
  return [...texts]
    .toSorted()
    .map((text) => ({ text, place: random.next() }))
    .toSorted((a, b) => a.place - b.place)
    .map(({ text }) => text);
}
