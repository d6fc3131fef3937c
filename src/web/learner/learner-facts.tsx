import { useQuery } from '@tanstack/react-query';
import type { KnownLearner } from '../answers.ts';
import { accountQuery } from '../queries.ts';
import { Info } from '../shell/info.tsx';
import { PartFailure } from '../shell/states.tsx';
import { useText } from '../text.ts';
import { listFacts } from './list-facts.ts';

/** What is known of the person. */
export function LearnerFacts({ courseId, learner }: { readonly courseId: string; readonly learner: KnownLearner }) {
  const text = useText();
  const account = useQuery(accountQuery(courseId, learner.username));
  return (
    <aside className="panel facts-panel">
      <dl>
        {listFacts(learner, account.data, text).map(([label, value]) => (
          <div key={label}>
            <dt>
              {label}
              {label === text.say('column.last_active') && (
                <Info term={label}>
                  <p>{text.say('meaning.last_active')}</p>
                </Info>
              )}
            </dt>
            <dd>
              <bdi>{value}</bdi>
            </dd>
          </div>
        ))}
      </dl>
      {account.isError && <PartFailure note={text.say('state.account')} retry={() => void account.refetch()} />}
    </aside>
  );
}
