import { COUNTED_METRICS, COUNTED_METRIC_NAMES, LEADING_METRICS, RATIO_MEANING, RATIO_METRIC } from './metrics.ts';
import { SEGMENTS, SEGMENT_MEANINGS } from './segments.ts';
import { TIDBITS } from './tidbits.ts';

/** The definitions of all numbers, as Markdown for users; docs/metrics.md is this text. */
export function describeMetrics(): string {
  return `# What each number means

Made from the definitions in the code by \`npm run docs\`; do not edit it by hand.
How a log line becomes a fact is in [decisions/0002](decisions/0002-what-silent-definitions-mean.md).

## Who is listed

Everyone who is or was enrolled in the course, by the LMS or by the logs, less its staff. Of a course of which no enrolment is known from
anywhere, those who were active in it. What the LMS says is of the time of its import: as of a day of the past (\`--as-of\`), whoever it has
enrolled since is listed and counted too, as \`inactive\`.

## The window

The metrics are of the seven UTC days before the window's end, which is the end of the current UTC day; a request may ask
for any other range. Segments are always of the current window.

## Metrics

| metric | meaning |
|---|---|
${COUNTED_METRIC_NAMES.map((name) => `| \`${name}\` | ${COUNTED_METRICS[name].meaning} |`).join('\n')}
| \`${RATIO_METRIC}\` | ${RATIO_MEANING} |

A list can also be ordered by \`attempt_ratio_order\`: the number of problem attempts, negative where no problem was
completed. It is the second key in the order by \`${RATIO_METRIC}\`, in the opposite direction, so that the most stuck of
those without any completed problem come first or last.

## Ranges

Per metric, over the learners of the course who were active in the window, also those who have left the course since: the 15th and the 85th percentile, linearly
interpolated between closest ranks. Low is below the 15th, high from the 85th on, and normal is between them. Where the two are the same,
everything from there on is normal and there is no high range. For \`${RATIO_METRIC}\`, learners without attempts are left
out, and attempts with nothing completed count as infinite.

\`below_average\`, \`average\` and \`above_average\` follow the number. \`class_rank_bottom\`, \`class_rank_average\` and
\`class_rank_top\` follow the judgement: few attempts per completed problem are good, so that low is the top there.

## Averages

Mean and median over the same learners; of \`${RATIO_METRIC}\`, over those who completed something.

## Segments

A segment describes what was; it does not predict. A learner may be in several.

| segment | when | reasons given |
|---|---|---|
${SEGMENTS.map((segment) => `| \`${segment}\` | ${SEGMENT_MEANINGS[segment]} | ${REASONS[segment]} |`).join('\n')}

The metrics that can make a learner \`highly_engaged\`: ${LEADING_METRICS.map((name) => `\`${name}\``).join(', ')}.

## Tidbits

Facts to open a message with, at most five, the most useful first.

| code | when |
|---|---|
${Object.entries(TIDBITS)
  .map(([code, meaning]) => `| \`${code}\` | ${meaning} |`)
  .join('\n')}
`;
}

const REASONS = {
  highly_engaged: 'those metrics',
  disengaging: 'the last active day',
  struggling: 'that metric',
  inactive: 'the last active day, or `never`',
  unenrolled: 'the day, where it is known',
} as const;
