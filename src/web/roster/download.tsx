import { type MouseEvent, useState } from 'react';
import { ApiError } from '../../client/api-error.ts';
import { apiUrl, appUrl, getJson } from '../api.ts';
import { Icon } from '../shell/icons.tsx';
import { endSession } from '../shell/session-end.ts';
import { useText } from '../text.ts';
import { formatExport, type RosterState } from './roster-state.ts';

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
    if (await isSessionOver()) endSession();
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

async function isSessionOver(): Promise<boolean> {
  try {
    await getJson(appUrl('auth/session'));
    return false;
  } catch (error) {
    return error instanceof ApiError && error.status === 401;
  }
}
