import type { Locale } from './invent-names.ts';
import type { Random } from './random.ts';

/** What somebody is called, and calls themself on the site. */
export interface Identity {
  readonly given: string;
  readonly family: string;
  readonly username: string;
}

/** A name, and an unused username of at most 30 characters; `taken` counts the ones given out, by their stem. */
export function inventIdentity(locale: Locale, random: Random, taken: Map<string, number>): Identity {
  const [given, givenRoman] = random.pick(locale.given);
  const [family, familyRoman] = random.pick(locale.family);
  const native = `${given}_${family}`;
  // No combining marks: an LMS accepts word characters only.
  const stem =
    random.chance(0.03) && /^[\p{L}\p{N}_]+$/u.test(native)
      ? native
      : random.weigh([
          [`${givenRoman}_${familyRoman}`, 5],
          [`${givenRoman}${familyRoman}`, 3],
          [`${givenRoman.slice(0, 1)}-${familyRoman}`, 2],
          [`${familyRoman}_${givenRoman.slice(0, 1)}`, 1],
        ]);
  const count = taken.get(stem) ?? 0;
  taken.set(stem, count + 1);
  return { given, family, username: count === 0 ? stem : `${stem}${count + 1}` };
}
