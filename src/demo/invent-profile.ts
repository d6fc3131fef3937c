import { LOCALES } from './invent-names.ts';
import type { Person } from './plan-learners.ts';
import { createRandom } from './random.ts';

/** What a person wrote into the account; an empty text where nothing. */
export interface Profile {
  readonly name: string;
  readonly email: string;
  readonly language: string;
  readonly location: string;
  readonly yearOfBirth: string;
  readonly education: string;
  readonly gender: string;
  readonly address: string;
  readonly city: string;
  readonly country: string;
  readonly goals: string;
  readonly bio: string;
}

const GOALS = [
  'Change my job',
  'To learn, of course',
  'A "real" certificate',
  'Understand my own data 📈',
  '-- undecided --',
];
const BIOS = [
  'I like long walks, short proofs, and tea.',
  'Nurse by day,\nstudent by night.',
  'They call me "the calculator" 🧮, and I am not sure why.',
  '=SUM(1;1) is as far as I got',
  'Ελληνικά, עברית, العربية, 中文 and a little English.\r\nAsk me anything!',
  '👩🏽‍🔬 · 🇧🇷 · ☕',
  '@home, mostly; +1 for open source',
];

/** The profile of a person: the same each time it is asked for. */
export function inventProfile(seed: number, person: Person): Profile {
  const random = createRandom(seed, 'profile', person.index);
  const locale = LOCALES[person.locale]!;
  const some = (share: number, value: () => string): string => (random.chance(share) ? value() : '');
  const { given, family } = person;
  const name = ['zh', 'ja', 'ko'].includes(locale.language) ? family + given : `${given} ${family}`;
  return {
    name: some(0.96, () => (random.chance(0.02) ? `${name}, "${given}"` : name)),
    email: `learner${person.userId}@example.com`,
    language: some(0.8, () => locale.language),
    location: some(0.3, () => `${locale.city}, ${locale.country}`),
    yearOfBirth: some(0.7, () => String(1948 + random.int(62))),
    education: some(0.7, () =>
      random.weigh([
        ['b', 6],
        ['m', 4],
        ['hs', 3],
        ['p', 1],
        ['a', 1],
        ['jhs', 1],
        ['none', 1],
        ['other', 1],
      ]),
    ),
    gender: some(0.75, () =>
      random.weigh([
        ['f', 9],
        ['m', 9],
        ['o', 1],
      ]),
    ),
    address: some(0.05, () => `${1 + random.int(99)}, Example Street\n${locale.city}`),
    city: some(0.4, () => locale.city),
    country: some(0.85, () => locale.country),
    goals: some(0.2, () => random.pick(GOALS)),
    bio: some(0.15, () => random.pick(BIOS)),
  };
}
