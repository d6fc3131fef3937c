import type { Account } from '../../client/answers.ts';
import type { KnownLearner } from '../answers.ts';
import type { Text } from '../text.ts';

export type Fact = readonly [label: string, value: string];

/** What is known of the person, from the course and from the LMS; what is not known is not in it. */
export function listFacts(learner: KnownLearner, account: Account | undefined, text: Text): Fact[] {
  const { say, day, nameOf } = text;
  const { enrollment_date: enrolled, last_active: active } = learner;
  const country = learner.country ?? account?.country;
  const language = learner.language ?? account?.language;
  const born = learner.year_of_birth ?? account?.year_of_birth;
  const facts: ReadonlyArray<readonly [string, string | null | undefined]> = [
    [say('column.enrollment_mode'), learner.enrollment_mode && text.mode(learner.enrollment_mode)],
    [say('column.cohort'), learner.cohort],
    [say('column.enrollment_date'), enrolled && day(enrolled)],
    [say('column.last_active'), active === null ? say('learner.never') : day(active)],
    [say('learner.country'), country && nameOf('region', country)],
    [say('learner.city'), learner.city],
    [say('learner.location'), learner.location],
    [say('learner.language'), language && nameOf('language', language)],
    [say('learner.education'), tellCode('education', learner.level_of_education ?? account?.level_of_education, text)],
    [say('learner.age'), tellAge(born, learner.last_updated, text)],
    [say('learner.gender'), tellCode('gender', learner.gender, text)],
    [say('learner.goals'), learner.goals],
    [say('learner.bio'), learner.bio ?? account?.bio],
    [say('learner.address'), learner.mailing_address],
  ];
  return facts.flatMap(([label, value]) =>
    value === null || value === undefined || value === '' ? [] : [[label, value]],
  );
}

function tellCode(kind: 'education' | 'gender', code: string | null | undefined, { say, has }: Text) {
  const id = `${kind}.${code}`;
  return has(id) ? say(id) : code;
}

/** Only the year is known, so only by that: somebody turns so old in the year of `today`. */
function tellAge(born: number | null | undefined, today: string, { say }: Text): string | null {
  const age = born === null || born === undefined ? -1 : Number(today.slice(0, 4)) - born;
  return age < 0 ? null : say('learner.ageThisYear', { age });
}
