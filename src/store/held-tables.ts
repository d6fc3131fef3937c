export interface HeldTable {
  /** SQL of the columns that say whose a row is; `id` is null where there is none. */
  readonly name: string;
  readonly id: string | null;
  /** Whether rows of one key are put together as they are read. */
  readonly final: boolean;
  /** Whether its rows are where the course is, and not in every ClickHouse of several. */
  readonly byCourse: boolean;
}

/**
 * Every table with rows about people. What tells who somebody is comes last, so that a removal that was broken off
 * finds the rest when it is run again.
 */
export const HELD_TABLES = {
  facts: { name: 'username', id: 'user_id', final: true, byCourse: true },
  learner_activity: { name: 'username', id: 'user_id', final: true, byCourse: true },
  roster_changes: { name: 'username', id: 'user_id', final: true, byCourse: true },
  lms_enrollments: { name: 'username', id: 'user_id', final: true, byCourse: true },
  course_roles: { name: 'username', id: null, final: false, byCourse: false },
  learners: { name: 'username', id: 'user_id', final: false, byCourse: true },
  learner_scopes: { name: 'username', id: null, final: false, byCourse: true },
  touched_learners: { name: 'username', id: null, final: true, byCourse: true },
  audit_log: { name: "if(kind = 'person', name, '')", id: null, final: false, byCourse: false },
  lms_users: { name: 'username', id: 'user_id', final: true, byCourse: false },
  identities: { name: 'username', id: 'user_id', final: true, byCourse: false },
} as const satisfies Record<string, HeldTable>;

export type HeldTableName = keyof typeof HELD_TABLES;

export const HELD_TABLE_NAMES = Object.keys(HELD_TABLES) as HeldTableName[];
