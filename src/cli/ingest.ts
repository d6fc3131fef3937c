import { AppError } from '../errors.ts';
import { type IngestResult, ingest as ingestPaths } from '../ingest/ingest.ts';
import { ingestStream } from '../ingest/ingest-stream.ts';
import { REJECT_REASONS, type RejectReason } from '../ingest/rejects.ts';
import { useMuchMemory } from '../store/connect-embedded.ts';
import { bringUpToDate } from './bring-up-to-date.ts';
import { parseDay } from './parse-day.ts';
import type { Command } from './command.ts';
import { resolvePath } from './resolve-path.ts';
import { tellCount } from './tell-count.ts';

export const ingest: Command = {
  summary: 'take in tracking logs: files, folders, globs, packed or plain, or standard input',
  usage: `learner-analytics ingest PATH… | -

  PATH                a log (plain, .gz, .zst, .xz), a folder of logs, or a glob pattern; - is standard input
  --no-refresh        leave the read model as it is
  --as-of DATE        the window ends before this day (default: with the current day, UTC)`,
  options: { 'no-refresh': { type: 'boolean' }, 'as-of': { type: 'string' } },
  async run(context, values, positionals) {
    if (positionals.length === 0) throw new AppError('usage', `Which logs?\n\n${this.usage}`);
    const fromInput = positionals.includes('-');
    if (fromInput && positionals.length > 1) throw new AppError('usage', '- stands alone: standard input, or paths.');
    const paths = positionals.map((path) => resolvePath(context.cwd, path, 'A path'));
    const asOf = parseDay(values['as-of'], '--as-of');
    useMuchMemory();
    const store = await context.openStore({ make: true });
    const result = fromInput
      ? await ingestStream(store, context.input)
      : await ingestPaths(store, paths, { onProgress: context.progress });
    if (values['no-refresh'] !== true) {
      await bringUpToDate(context, store, { asOf }).catch((error: unknown) => {
        if (!(error instanceof AppError)) throw error;
        const taken = `${describe(result)}\nThat is stored; the numbers that readers see could not be refreshed. `;
        throw new AppError(error.code, `${taken}${error.message}`, { cause: error });
      });
    }
    return { json: result, text: describe(result), exitCode: result.failed.length > 0 ? 1 : 0 };
  },
};

function describe(result: IngestResult): string {
  const rejected = Object.entries(result.rejected) as Array<[RejectReason, number]>;
  return [
    `${tellCount(result.lines, 'line')} of ${tellCount(result.files, 'file')} (${(result.bytes / 1e6).toFixed(1)} MB) in ${result.seconds.toFixed(1)} s.`,
    `${tellCount(result.accepted, 'gives', 'give')} ${tellCount(result.facts, 'fact')} (${result.new_facts} new) and ${tellCount(result.roster_changes, 'enrolment or cohort change')}; ${tellCount(result.irrelevant, 'is', 'are')} of no interest here.`,
    ...rejected.map(([reason, count]) => `${count} rejected as ${reason}: ${REJECT_REASONS[reason]}.`),
    ...result.failed.map(({ reason }) => `NOT TAKEN: ${reason}`),
  ].join('\n');
}
