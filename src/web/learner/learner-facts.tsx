import type { SingleLearner } from '../answers.ts';
import { type Text, useText } from '../text.ts';

/** What is known of the person; what is not known is not there. */
export function LearnerFacts({ learner }: { readonly learner: SingleLearner }) {
  const text = useText();
  return (
    <aside className="panel facts-panel">
      <dl>
        {listFacts(learner, text).map(([label, value]) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </aside>
  );
}

function listFacts(learner: SingleLearner, { say, day, nameOf, has }: Text): (readonly [string, string])[] {
  const { enrollment_date: enrolled, last_active: active, level_of_education: education, gender } = learner;
  const coded = (kind: 'education' | 'gender', code: string | null) => {
    const id = `${kind}.${code}`;
    return code !== null && has(id) ? say(id) : code;
  };
  const facts: readonly (readonly [string, string | null])[] = [
    [say('learner.mode'), learner.enrollment_mode],
    [say('learner.cohort'), learner.cohort],
    [say('learner.enrolled'), enrolled && day(enrolled)],
    [say('learner.lastActive'), active === null ? say('learner.never') : day(active)],
    [say('learner.country'), learner.country && nameOf('region', learner.country)],
    [say('learner.city'), learner.city],
    [say('learner.location'), learner.location],
    [say('learner.language'), learner.language && nameOf('language', learner.language)],
    [say('learner.education'), coded('education', education)],
    [say('learner.born'), learner.year_of_birth === null ? null : String(learner.year_of_birth)],
    [say('learner.gender'), coded('gender', gender)],
    [say('learner.goals'), learner.goals],
    [say('learner.bio'), learner.bio],
    [say('learner.address'), learner.mailing_address],
  ];
  return facts.flatMap(([label, value]) => (value === null || value === '' ? [] : [[label, value] as const]));
}
