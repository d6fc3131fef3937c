import type { ServiceStatus } from '../../api/api-env.ts';
import { showPath } from '../../show-path.ts';
import { explainProblem } from '../follow-logs.ts';
import { type Finding, formatBytes } from './finding.ts';
import { tellCount } from '../tell-count.ts';

/** Within a minute the server takes in more than this. */
const FAR_BEHIND = 2e9;

/** Whether the logs that a server follows can be read, and how far behind it is. `isElsewhere`: it cannot be asked, if there is one. */
export function checkLogs(server: ServiceStatus | null, isElsewhere: boolean): Finding[] {
  if (server === null) {
    return [
      {
        part: 'logs',
        state: 'ok',
        message: isElsewhere
          ? 'How followed logs stand, the server knows that follows them: its log and health/ tell.'
          : 'No server runs on this data directory; logs come by "ingest".',
      },
    ];
  }
  if (server.logs === null) {
    return [
      { part: 'logs', state: 'ok', message: 'The server follows no logs (serve --watch); they come by "ingest".' },
    ];
  }
  const { files, lag_bytes, problems, read_at, stuck_since, failure } = server.logs;
  const isFarBehind = lag_bytes > FAR_BEHIND;
  return [
    ...problems.map(({ path, reason }): Finding => ({
      part: 'logs',
      state: 'fault',
      message: isSentence(path, reason) ? reason : `${showPath(path)}: ${explainProblem(reason)}.`,
      remedy: isSentence(path, reason) ? 'Mend that, or take the file away.' : adviseOn(path, reason),
    })),
    ...(failure === null
      ? []
      : [
          {
            part: 'logs',
            state: 'fault',
            message: `Nothing could be taken in since ${stuck_since}. ${failure}`,
            remedy: 'Mend that; it is tried again every few seconds.',
          } as const,
        ]),
    {
      part: 'logs',
      state: isFarBehind ? 'warning' : 'ok',
      message: `${tellCount(files, 'file is', 'files are')} followed; ${formatBytes(lag_bytes)} behind; ${read_at === null ? 'no lines came since the start' : `lines last came in ${read_at}`}.`,
      ...(isFarBehind && {
        remedy: 'Wait for it to catch up; if it never does, the machine is too slow for these logs.',
      }),
    },
  ];
}

/** Whether what is said of a file that was refused names it itself. */
function isSentence(path: string, reason: string): boolean {
  return reason.includes(showPath(path));
}

function adviseOn(path: string, reason: string): string {
  return reason === 'ENOENT'
    ? 'See whether the path given to --watch is right, and whether the LMS writes there.'
    : `See it as the user of the server does: ls -l '${showPath(path)}'`;
}
