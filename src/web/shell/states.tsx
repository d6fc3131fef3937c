import type { UseQueryResult } from '@tanstack/react-query';
import { type ReactNode, useEffect, useState } from 'react';
import { ApiError } from '../../client/api-error.ts';
import { Link } from '../link.tsx';
import { type MessageId, useText } from '../text.ts';
import { rosterPath } from '../routes.ts';
import { passFocusOn } from './focus.ts';
import { loginUrl } from './session-end.ts';
import { useOnline } from './use-online.ts';

/** Something to read where the content would be, and what to do next. */
export function Notice(props: {
  readonly title: string;
  readonly children?: ReactNode;
  readonly tone?: 'alert' | 'calm';
  /** Whether there is nothing else on the page. */
  readonly alone?: boolean;
}) {
  return (
    <section className="notice" role={props.tone === 'alert' ? 'alert' : undefined} ref={passFocusOn}>
      {props.alone === true ? <h1>{props.title}</h1> : <h2>{props.title}</h2>}
      {props.children}
    </section>
  );
}

type Fault = 'offline' | 'denied' | 'missingCourse' | 'missingLearner' | 'refused' | 'ended' | 'busy' | 'failed';

function nameFault(error: unknown): Fault {
  if (!(error instanceof ApiError)) return error instanceof TypeError ? 'offline' : 'failed';
  if (error.status === 401) return 'ended';
  if (error.status === 403) return 'denied';
  if (error.status === 429) return 'busy';
  if (error.code === 'no_course' || error.code === 'course_key_malformed') return 'missingCourse';
  if (error.code === 'no_learner_for_course') return 'missingLearner';
  return error.status < 500 ? 'refused' : 'failed';
}

/** With what the server does not (any more) give what was there, rather than nothing newer. */
const REFUSALS: ReadonlySet<number> = new Set([400, 403, 404]);

/**
 * Whether a query that failed leaves nothing to show, or what is of before it; null: it did not fail, or its session has
 * ended, which is told for the whole page.
 */
export function nameLoss(query: Pick<UseQueryResult, 'isError' | 'data' | 'error'>): 'all' | 'news' | null {
  if (!query.isError) return null;
  const status = query.error instanceof ApiError ? query.error.status : null;
  if (query.data === undefined || (status !== null && REFUSALS.has(status))) return 'all';
  return status === 401 ? null : 'news';
}

/** Every way in which a page can fail, with what to do about it. */
export function Failure(props: {
  readonly error: unknown;
  readonly retry: () => void;
  readonly courseId?: string;
  readonly username?: string;
  readonly alone?: boolean;
}) {
  const { say } = useText();
  const fault = nameFault(props.error);
  const title: MessageId = `state.${fault}.title`;
  const text: MessageId = `state.${fault}.text`;
  const requestId = props.error instanceof ApiError ? props.error.requestId : null;
  const { courseId } = props;
  return (
    <Notice title={say(title, { username: props.username ?? '' })} tone="alert" alone={props.alone ?? false}>
      <p>{say(text)}</p>
      {fault === 'failed' && requestId !== null && (
        <p className="quiet">{say('state.failed.request', { id: requestId })}</p>
      )}
      <p className="actions">
        {(fault === 'failed' || fault === 'offline' || fault === 'busy') && (
          <Retry className="button primary" retry={props.retry} />
        )}
        {fault === 'ended' && (
          <a className="button primary" href={loginUrl()}>
            {say('app.signIn')}
          </a>
        )}
        {courseId !== undefined && (fault === 'missingLearner' || fault === 'refused') && (
          <Link className="button" to={rosterPath(courseId)}>
            {say('state.toRoster')}
          </Link>
        )}
        <Link className="button" to="?all">
          {say('app.home')}
        </Link>
      </p>
    </Notice>
  );
}

/** A part of a page that failed while the rest is there. What the server refuses it would refuse again. */
export function PartFailure(props: { readonly retry: () => void; readonly note?: string; readonly error?: unknown }) {
  const { say } = useText();
  const { retry, note, error } = props;
  if (nameFault(error) === 'refused') {
    return (
      <p className="part-failure" role="alert">
        <strong>{say('state.refused.title')}.</strong> {say('state.refused.text')}
      </p>
    );
  }
  return (
    <p className="part-failure" role="alert" ref={passFocusOn}>
      {note ?? say('state.part')} <Retry className="plain" retry={retry} />
    </p>
  );
}

/** Tries again, or says that it waits for a connection first. */
export function Retry({ className, retry }: { readonly className: string; readonly retry: () => void }) {
  const { say } = useText();
  const online = useOnline();
  const [isWanted, want] = useState(false);
  useEffect(() => {
    if (!isWanted || !online) return;
    want(false);
    retry();
  }, [isWanted, online, retry]);
  return (
    <>
      <button type="button" className={className} onClick={() => want(true)}>
        {say('app.retry')}
      </button>
      {isWanted && !online && <span>{say('app.waiting')}</span>}
    </>
  );
}

const SLOW_MS = 4000;

/** Grey bars of the size of what is coming; tells when it takes long, and why where that is known. Without bars, nothing else. */
export function Skeleton({ lines = 3, className = '' }: { readonly lines?: number; readonly className?: string }) {
  const { say } = useText();
  const online = useOnline();
  const [slow, setSlow] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setSlow(true), SLOW_MS);
    return () => clearTimeout(timer);
  }, []);
  return (
    <div className={`skeleton ${className}`}>
      <p role="status" className={slow || !online ? 'quiet' : 'only-heard'}>
        {!online ? say('app.waiting') : slow ? say('app.slow') : lines > 0 && say('app.loading')}
      </p>
      {Array.from({ length: lines }, (_, index) => (
        <div key={index} className="bar" />
      ))}
    </div>
  );
}
