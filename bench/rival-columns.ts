import type { Learner } from '../src/client/answers.ts';
import { METRICS, type Metric } from '../src/engagement/metrics.ts';
import type { Segment } from '../src/engagement/segments.ts';

/** What a list of learners can be ordered by besides usernames, as columns of a rival. */
export const SORTABLE = [
  'name_folded',
  'email',
  'cohort',
  'enrollment_mode',
  'enrollment_date',
  'last_active',
  ...METRICS,
  'attempt_ratio_order',
] as const;

/** A learner as a database that only has to answer keeps it: the answer ready, beside what is looked for and sorted by. */
export type RivalRow = { readonly [column in (typeof SORTABLE)[number]]: string | number | null } & {
  readonly username: string;
  readonly segments: readonly Segment[];
  readonly search_text: string;
  readonly document: string;
};

export function describeRow(learner: Learner): RivalRow {
  const { engagements, username, name, email, segments } = learner;
  const { problem_attempts, problems_completed } = engagements;
  return {
    username,
    name_folded: name === null ? null : fold(name),
    email,
    cohort: learner.cohort,
    enrollment_mode: learner.enrollment_mode,
    enrollment_date: learner.enrollment_date,
    last_active: learner.last_active,
    ...(Object.fromEntries(METRICS.map((metric) => [metric, engagements[metric]])) as Record<Metric, number | null>),
    attempt_ratio_order: problems_completed > 0 ? problem_attempts : 0 - problem_attempts,
    segments,
    search_text: fold(`${username}\n${name ?? ''}\n${email ?? ''}`),
    document: JSON.stringify(learner),
  };
}

/** Letters that neither Unicode's case nor its accents make the same, and what the product takes them for (`foldSql`). */
const LETTERS: ReadonlyMap<string, string> = new Map(
  'ß=ss ς=σ æ=ae œ=oe ł=l ø=o đ=d ħ=h ŧ=t ı=i ð=d'.split(' ').map((pair) => pair.split('=') as [string, string]),
);

/** Text without case and accents, as the product compares it. */
export function fold(text: string): string {
  return text
    .normalize('NFKC')
    .normalize('NFD')
    .replaceAll(/[\p{Mn}\p{Cf}\u0640]/gu, '')
    .toLowerCase()
    .replaceAll(/[ßςæœłøđħŧıð]/g, (letter) => LETTERS.get(letter)!);
}
