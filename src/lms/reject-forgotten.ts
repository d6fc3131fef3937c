import { isForgottenSql, readForgetSalt } from '../store/forgotten.ts';
import type { Store } from '../store/store.ts';
import type { StagedTable } from './scratch.ts';

/** Marks the rows of people who are to be forgotten, so that they are counted and not taken. */
export async function rejectForgotten(store: Store, { table, columns }: StagedTable): Promise<void> {
  const salt = await readForgetSalt(store);
  if (salt === null) return;
  // as it is stored: 007 is 7
  const userId = columns.includes('user_id') ? "toString(toUInt64OrZero(ifNull(user_id, '')))" : null;
  await store.run(
    `ALTER TABLE ${table} UPDATE reject = 'forgotten'
     WHERE reject = '' AND ${isForgottenSql('username', userId)}
     SETTINGS mutations_sync = 1`,
    { salt },
  );
}
