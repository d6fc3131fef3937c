import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { KnownLearner } from '../answers.ts';
import { accountQuery } from '../queries.ts';
import { initialsOf } from './initials.ts';

/** The photo of the LMS where there is one that can be shown, the initials until then and otherwise. */
export function Avatar({ courseId, learner }: { readonly courseId: string; readonly learner: KnownLearner }) {
  const { data } = useQuery(accountQuery(courseId, learner.username));
  const [broken, setBroken] = useState(false);
  const photo = broken ? null : (data?.photo_url ?? null);
  return (
    <span className="avatar" aria-hidden="true">
      {initialsOf(learner.name ?? learner.username)}
      {photo !== null && <img src={photo} alt="" onError={() => setBroken(true)} />}
    </span>
  );
}
