import { AppError } from '../../errors.ts';
import { bringUpToDate } from '../bring-up-to-date.ts';
import type { Command, CommandOutcome } from '../command.ts';
import { parseDay } from '../parse-day.ts';
import { exportPerson } from './export-person.ts';
import { type Forgotten, forgetPerson, forgetRetired, rememberPerson } from './forget-person.ts';
import { tellCount } from '../tell-count.ts';

export const learner: Command = {
  summary: 'export all that is held about one person as JSON, or forget it for good',
  usage: `learner-analytics learner export USERNAME | forget USERNAME | forget --retired | remember USERNAME

  export USERNAME     all that is held about the person of that name, under former names too, as JSON
  forget USERNAME     removes it, and lets no log and no roster bring it back: a salted hash of names and ids is kept for that
  forget --retired    the same of everybody whose account the LMS has retired
  remember USERNAME   ends that; what was removed comes back when logs and roster are taken in again
  --as-of DATE        the window ends before this day (default: with the current day, UTC)

docs/personal-data.md says what is held, and what forgetting does not reach.`,
  options: { retired: { type: 'boolean' }, 'as-of': { type: 'string' } },
  async run(context, values, positionals): Promise<CommandOutcome> {
    const [action, username, ...rest] = positionals;
    const asOf = parseDay(values['as-of'], '--as-of');
    if (values['retired'] === true) {
      if (action !== 'forget' || username !== undefined)
        throw new AppError('usage', `--retired goes with forget, in place of a username.\n\n${this.usage}`);
      const store = await context.openStore();
      const forgotten = await forgetRetired(store);
      await bringUpToDate(context, store, { asOf });
      const text = forgotten.people === 0 ? 'The LMS has retired nobody who is still here.' : describe(forgotten);
      return { json: forgotten, text };
    }
    if (username === undefined || username === '' || rest.length > 0)
      throw new AppError('usage', `One username.\n\n${this.usage}`);
    if (action === 'export') {
      const all = await exportPerson(await context.openStore(), username);
      return { json: all, text: JSON.stringify(all, null, 2) };
    }
    if (action === 'forget') {
      const store = await context.openStore();
      const forgotten = await forgetPerson(store, username);
      await bringUpToDate(context, store, { asOf });
      const { removed, courses, unfinished } = forgotten;
      return { json: { username, removed, courses, unfinished }, text: describe(forgotten) };
    }
    if (action === 'remember') {
      const remembered = await rememberPerson(await context.openStore(), username);
      const text = remembered
        ? 'No longer forgotten. Take in the logs and the roster again to bring back what they say.'
        : 'Nobody of that name was forgotten.';
      return { json: { username, remembered }, text, exitCode: remembered ? 0 : 1 };
    }
    throw new AppError('usage', `export, forget or remember?\n\n${this.usage}`);
  },
};

function describe({ people, removed, courses, unfinished }: Forgotten): string {
  const counts = Object.entries(removed).map(([table, rows]) => `${tellCount(rows, 'row')} of ${table}`);
  return [
    ...(people === 1 ? [] : [`${tellCount(people, 'person', 'people')} whom the LMS has retired.`]),
    counts.length === 0 ? 'Nothing was held.' : `Removed: ${counts.join(', ')}.`,
    ...(courses.length === 0 ? [] : [`Refreshed: ${courses.join(', ')}.`]),
    ...(unfinished === 0
      ? []
      : [
          `${tellCount(unfinished, 'table')} of ingests or imports that are under way, or were broken off within two days, may hold more: run this again when there are none.`,
        ]),
    'Logs and rosters bring nothing of it back, until: learner-analytics learner remember USERNAME',
  ].join('\n');
}
