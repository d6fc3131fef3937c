/** A number about one learner in one course in one window of days, and how it is computed from the rows of `facts`. */
export interface MetricDefinition {
  /** What the number means, for users; `docs/metrics.md` is made of it. */
  readonly meaning: string;
  /** SQL over the rows of `facts` of one learner, giving a UInt64. */
  readonly sql: string;
  /** Whether the high range of this metric makes a learner `highly_engaged`. */
  readonly leads: boolean;
}

/** The counted metrics, in the order in which they are always listed. */
export const COUNTED_METRICS = {
  problem_attempts: {
    meaning: 'How many times the learner tried a problem: each submitted answer counts.',
    sql: "countIf(kind = 'problem')",
    leads: false,
  },
  problems_attempted: {
    meaning: 'How many different problems the learner tried: submitted an answer to.',
    sql: "arrayUniq(groupArrayIf(entity, kind = 'problem'))",
    leads: true,
  },
  problems_completed: {
    meaning: 'How many different problems the learner solved: answered correctly.',
    sql: "arrayUniq(groupArrayIf(entity, kind = 'problem' AND completed))",
    leads: true,
  },
  videos_viewed: {
    meaning: 'How many different videos the learner played.',
    sql: "arrayUniq(groupArrayIf(entity, kind = 'video'))",
    leads: true,
  },
  discussion_contributions: {
    meaning: 'How many threads, responses and comments the learner wrote in the discussions.',
    sql: "countIf(kind = 'discussion')",
    leads: true,
  },
  days_active: {
    meaning: 'On how many different days (UTC) the learner did any of these.',
    sql: 'arrayUniq(groupArray(day))',
    leads: true,
  },
} as const satisfies Record<string, MetricDefinition>;

export type CountedMetric = keyof typeof COUNTED_METRICS;

export const COUNTED_METRIC_NAMES = Object.keys(COUNTED_METRICS) as CountedMetric[];

/** Attempts ÷ problems completed. */
export const RATIO_METRIC = 'problem_attempts_per_completed';

/** What the ratio means, for users. */
export const RATIO_MEANING =
  'Attempts divided by problems solved; nothing where none was solved. For ranges, and for who is struggling, attempts with nothing solved count as infinite.';

/**
 * SQL of the counted metrics, a column each, over rows of `factsSql`. Distinct entities are counted by a 64-bit hash:
 * counting the texts took 1.5 times the time; and from an array: a set per learner took 1.4 times the time and twice the memory.
 */
export function countedMetricsSql(): string {
  return COUNTED_METRIC_NAMES.map((name) => `${COUNTED_METRICS[name].sql} AS ${name}`).join(',\n  ');
}

/**
 * The facts that the metrics are counted over, each once; `where` chooses them by the columns of the table. `username` may
 * be SQL over `stated_name` and `user_id`: the name under which a fact is counted. Those of `few` learners are told apart by
 * hash, which is far cheaper than merging all that was read to find them. `more` is SQL of further columns, by name.
 */
export function factsSql(
  where: string,
  username: string,
  { few, more }: { readonly few: boolean; readonly more: Readonly<Record<string, string>> },
): string {
  const names = Object.keys(more).map((name) => `${name}, `);
  const columns = Object.entries(more).map(([name, sql]) => `${sql} AS ${name}, `);
  return `(
    SELECT ${names.join('')}${username} AS username, day, kind, completed, entity
    FROM (
      SELECT ${columns.join('')}username AS stated_name, user_id, day, kind, completed, cityHash64(entity) AS entity
      FROM facts ${few ? '' : 'FINAL'}
      WHERE ${where}
      ${few ? 'LIMIT 1 BY hash' : 'SETTINGS do_not_merge_across_partitions_select_final = 1'}
    )
  )`;
}

/** Lets counting per learner go on on disk above so much memory: a range of months in a large course would need gigabytes. */
export function spillSql(bytes: number): string {
  return `max_bytes_before_external_group_by = ${bytes}, max_bytes_ratio_before_external_group_by = 0`;
}

/** Every metric, in the order in which they are always listed. */
export const METRICS = [...COUNTED_METRIC_NAMES, RATIO_METRIC] as const;

export type Metric = CountedMetric | typeof RATIO_METRIC;

/** The metrics whose high range makes a learner `highly_engaged`. */
export const LEADING_METRICS = COUNTED_METRIC_NAMES.filter((metric) => COUNTED_METRICS[metric].leads);
