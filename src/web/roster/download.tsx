import { type MouseEvent, useState } from 'react';
import { apiUrl } from '../api.ts';
import { readSession } from '../queries.ts';
import { Icon } from '../shell/icons.tsx';
import { endSession } from '../shell/session-end.ts';
import { useText } from '../text.ts';
import { formatExport, type RosterState } from './roster-state.ts';

/** So long the file waits for the question whether it would be refused. */
const MOST_MS = 3000;

/** The list as a file, out of the publication that is shown. */
export function Download(props: {
  readonly courseId: string;
  readonly state: RosterState;
  readonly count: number | undefined;
  readonly snapshot: string | undefined;
}) {
  const { say } = useText();
  const { count, snapshot } = props;
  const [asking, setAsking] = useState(false);
  const query = formatExport(props.courseId, props.state);
  if (snapshot !== undefined) query.set('snapshot', snapshot);
  const href = apiUrl('learners.csv', query);

  const save = async (event: MouseEvent) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    if (asking) return;
    setAsking(true);
    // a browser says of a file that was refused only that it failed
    const session = await readSession(AbortSignal.timeout(MOST_MS)).catch(() => undefined);
    if (session === null) endSession();
    else Object.assign(document.createElement('a'), { href, download: '' }).click();
    setAsking(false);
  };

  return (
    <a
      className="button csv"
      href={href}
      title={count === undefined ? undefined : say('roster.csv.note', { count })}
      download
      onClick={(event) => void save(event)}
    >
      <Icon name="download" />
      <span>{say('roster.csv')}</span>
    </a>
  );
}
