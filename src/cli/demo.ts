import { writeDemo } from '../demo/write-demo.ts';
import { AppError } from '../errors.ts';
import type { Command, CommandValues } from './command.ts';
import { resolvePath } from './resolve-path.ts';
import { tellCount } from './tell-count.ts';

export const demo: Command = {
  summary: 'write a made-up site as files: tracking logs, LMS tables, and the right answers',
  usage: `learner-analytics demo --out DIR

  --out DIR           where to; logs/, lms/ and truth.json are made in it
  --learners N        over all courses (default 2000)
  --courses N         (default 3)
  --days N            of activity, up to now (default 28)
  --seed S            a whole number from 0; the same seed and end give the same site (default 1)
  --until INSTANT     when the logs end, like 2026-11-23T20:00:00Z (default: now)
  --no-truth          leave out truth.json, which needs the site in memory
  --plain             do not pack the rotated logs`,
  options: {
    out: { type: 'string' },
    learners: { type: 'string', default: '2000' },
    courses: { type: 'string', default: '3' },
    days: { type: 'string', default: '28' },
    seed: { type: 'string', default: '1' },
    until: { type: 'string' },
    'no-truth': { type: 'boolean' },
    plain: { type: 'boolean' },
  },
  async run(context, values, positionals) {
    if (positionals.length > 0) throw new AppError('usage', `demo takes no arguments.\n\n${this.usage}`);
    if (typeof values['out'] !== 'string') throw new AppError('usage', `Where to?\n\n${this.usage}`);
    const out = resolvePath(context.cwd, values['out'], '--out');
    const result = await writeDemo({
      out,
      learners: parseCount(values, 'learners'),
      courses: parseCount(values, 'courses'),
      days: parseCount(values, 'days', { most: MOST_DAYS }),
      seed: parseCount(values, 'seed', { least: 0 }),
      until: parseInstant(values['until']),
      truth: values['no-truth'] !== true,
      gzipRotated: values['plain'] !== true,
    });
    const text = `${tellCount(result.learners, 'learner')} of ${tellCount(result.courses.length, 'course')} in ${tellCount(result.lines, 'line')} (${(result.bytes / 1e6).toFixed(0)} MB) under ${out}.`;
    return { json: result, text };
  },
};

/** Ten years: all of them are in memory, learner by learner. */
const MOST_DAYS = 3660;

function parseCount(
  values: CommandValues,
  name: string,
  { least = 1, most = Number.MAX_SAFE_INTEGER }: { readonly least?: number; readonly most?: number } = {},
): number {
  // an empty text is no zero
  const count = Number(String(values[name]).trim() || NaN);
  if (Number.isSafeInteger(count) && count >= least && count <= most) return count;
  const range = most === Number.MAX_SAFE_INTEGER ? `from ${least}` : `from ${least} to ${most}`;
  throw new AppError('usage', `--${name} is ${JSON.stringify(values[name])}; it must be a whole number ${range}.`);
}

const INSTANT = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?$/;

function parseInstant(value: CommandValues[string]): Date {
  if (value === undefined) return new Date();
  const instant = new Date(INSTANT.test(String(value)) ? String(value) : NaN);
  if (!Number.isNaN(instant.getTime())) return instant;
  throw new AppError('usage', `--until is ${JSON.stringify(value)}; it must be an instant like 2026-11-23T20:00:00Z.`);
}
