import { type AuditQuestion, type AuditRow, readAudit } from '../src/auth/audit-log.ts';
import type { Store } from '../src/store/store.ts';

/** The entries of the audit log, oldest first. */
export async function listAudit(store: Store, question: AuditQuestion = {}): Promise<AuditRow[]> {
  const entries: AuditRow[] = [];
  for await (const entry of readAudit(store, question)) entries.push(entry);
  return entries;
}
