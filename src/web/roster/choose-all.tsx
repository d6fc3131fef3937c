import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import type { ListedLearner } from '../../client/answers.ts';
import { rosterQuery } from '../queries.ts';
import { useText } from '../text.ts';
import type { RosterState } from './roster-state.ts';

/** What the API gives in one answer, and more than anybody writes to at once. */
const MOST = 1000;

/** Chooses everybody whom the list is of, on whatever page. */
export function ChooseAll(props: {
  readonly courseId: string;
  readonly state: RosterState;
  readonly count: number;
  /** The publication of the list that is shown. */
  readonly snapshot: string | undefined;
  readonly choose: (learners: readonly ListedLearner[]) => void;
}) {
  const { say } = useText();
  const queries = useQueryClient();
  const [progress, setProgress] = useState<'idle' | 'asking' | 'failed'>('idle');
  const isLeft = useRef(false);
  useEffect(() => {
    isLeft.current = false;
    return () => {
      isLeft.current = true;
    };
  }, []);
  const { courseId, state, count } = props;
  if (count === 0) return null;
  if (count > MOST) return <span className="quiet small too-many">{say('roster.selectTooMany', { most: MOST })}</span>;
  const chooseAll = async () => {
    if (progress === 'asking') return;
    setProgress('asking');
    try {
      const page = await queries.query(rosterQuery(courseId, { ...state, page: 1, size: MOST }, props.snapshot));
      // somebody who left the list wants others by now
      if (isLeft.current) return;
      props.choose(page.results);
      setProgress('idle');
    } catch {
      setProgress('failed');
    }
  };
  return (
    <>
      {/* stays, and is never `disabled`, so that the focus of who pressed it stays too */}
      <button type="button" className="plain" aria-disabled={progress === 'asking'} onClick={() => void chooseAll()}>
        {say('roster.selectAll', { count })}
      </button>
      {progress === 'failed' && (
        <span className="quiet small" role="alert">
          {say('state.part')}
        </span>
      )}
    </>
  );
}
