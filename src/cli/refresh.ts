import { AppError } from '../errors.ts';
import { useMuchMemory } from '../store/connect-embedded.ts';
import { bringUpToDate } from './bring-up-to-date.ts';
import { parseDay } from './parse-day.ts';
import type { Command } from './command.ts';
import { tellCount } from './tell-count.ts';
import { BRING_ROSTER, tellWithheld } from './tell-withheld.ts';

export const refresh: Command = {
  summary: 'bring what readers see up to date; ingest and lms do it too',
  usage: `learner-analytics refresh

  --as-of DATE        the window ends before this day (default: with the current day, UTC)
  --full              compute every course from all facts, also those that nothing happened to, and repair what differs`,
  options: { full: { type: 'boolean' }, 'as-of': { type: 'string' } },
  async run(context, values, positionals) {
    if (positionals.length > 0) throw new AppError('usage', `refresh takes no arguments.\n\n${this.usage}`);
    const asOf = parseDay(values['as-of'], '--as-of');
    useMuchMemory();
    const store = await context.openStore();
    const result = await bringUpToDate(context, store, { asOf, full: values['full'] === true });
    const text = `${result.refreshed} of ${tellCount(result.courses, 'course')} with ${tellCount(result.learners, 'learner')} refreshed (${result.recomputed} computed anew) in ${result.seconds.toFixed(1)} s; the window ends before ${result.as_of}.`;
    const lacking = ((await store.cluster?.status()) ?? []).filter(({ up, lacks }) => up && lacks);
    const note = [
      ...(result.withheld === 0 ? [] : [`${tellWithheld(result.withheld)} ${BRING_ROSTER}`]),
      ...lacking.map(
        ({ node, fault }) => `${node} could not be brought what it missed.${fault === null ? '' : ` ${fault}`}`,
      ),
    ].join('\n');
    return { json: result, text, ...(note !== '' && { note }) };
  },
};
