import {
  type HistoryEntry,
  KINDS,
  type RowWriter,
  type Rows,
  compareEntries,
  completedOf,
  dayOf,
  factsOf,
  kindOf,
} from './history-rows.ts';

/**
 * Adds a learner's rows as they were, but for the days of which there are entries, and these, in order of kinds: each with the rows of
 * its problem or video. Those follow each other in any order: of a learner who was new, in that of hashes. Without an object per row:
 * ten thousand learners have a million.
 */
export function mergeDays(writer: RowWriter, { rows, entities }: Rows, entries: readonly HistoryEntry[]): void {
  const days = new Set(entries.map(({ day }) => day));
  const left = Map.groupBy(entries.toSorted(compareEntries), ({ kind, entity }) => keyOf(kind, entity));
  let [key, own, next] = [0, [] as readonly HistoryEntry[], 0];
  const add = (entry: HistoryEntry) => writer.add(entry.kind, entry.entity, entry.day, entry.facts, entry.completed);
  const addBefore = (day: number) => {
    for (; next < own.length && own[next]!.day < day; next += 1) add(own[next]!);
  };
  /** Ends a problem or video; of those that have no rows, adds the ones of the kinds before `kind`. */
  const begin = (kind: number) => {
    addBefore(Infinity);
    for (const [each, some] of left) {
      if (each >= keyOf(kind, 0)) return;
      for (const entry of some) add(entry);
      left.delete(each);
    }
  };
  for (let at = 0; at < rows.length; at += 1) {
    const row = rows[at]!;
    const [kind, entity, day] = [kindOf(row), entities[at]!, dayOf(row)];
    if (kind === KINDS.day) continue;
    if (key !== keyOf(kind, entity)) {
      begin(kind);
      key = keyOf(kind, entity);
      [own, next] = [left.get(key) ?? [], 0];
      left.delete(key);
    }
    if (days.has(day)) continue;
    addBefore(day);
    writer.add(kind, entity, day, factsOf(row), completedOf(row));
  }
  begin(Infinity);
}

/** A number for each problem or video of a kind, in the order of `compareEntries`. */
function keyOf(kind: number, entity: number): number {
  return kind * 2 ** 32 + entity;
}
