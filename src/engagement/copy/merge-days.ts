import {
  type HistoryEntry,
  KINDS,
  LAST_DAY,
  type RowWriter,
  type Rows,
  compareEntries,
  completedOf,
  dayOf,
  factsOf,
  kindOf,
} from './history-rows.ts';

const KIND_COUNT = Object.keys(KINDS).length;

/** Of a problem or video that has no entries. */
const NONE: readonly HistoryEntry[] = [];

/** A byte per day, set where there are entries; none of them between two learners. */
const isNew = new Uint8Array(LAST_DAY + 1);
/** The same for kinds of problems and videos, by their number. */
let hasEntries = new Uint8Array(0);

/**
 * Adds a learner's rows as they were, but for the days of which there are entries, and these, in order of kinds: each with the rows of
 * its problem or video. Those follow each other in any order: of a learner who was new, in that of hashes. Without an object or a look
 * into a map per row: five thousand learners have two million, nearly all of which stay.
 */
export function mergeDays(writer: RowWriter, { rows, entities }: Rows, entries: readonly HistoryEntry[]): void {
  const left = Map.groupBy(entries.toSorted(compareEntries), ({ kind, entity }) => keyOf(kind, entity));
  const most = entries.reduce((greatest, { entity }) => Math.max(greatest, entity), 0);
  const size = (most + 1) * KIND_COUNT;
  if (hasEntries.length < size) hasEntries = new Uint8Array(size * 2);
  for (const { kind, entity, day } of entries) {
    isNew[day] = 1;
    hasEntries[entity * KIND_COUNT + kind] = 1;
  }
  let kind: number = KINDS.day;
  let entity = -1;
  let own: readonly HistoryEntry[] = NONE;
  let next = 0;
  const add = (entry: HistoryEntry) => writer.add(entry.kind, entry.entity, entry.day, entry.facts, entry.completed);
  const addBefore = (day: number) => {
    for (; next < own.length && own[next]!.day < day; next += 1) add(own[next]!);
  };
  /** Adds the entries of the kinds before `end` whose problems and videos have no rows. */
  const addOthers = (end: number) => {
    for (const [key, some] of left) {
      if (key >= keyOf(end, 0)) return;
      for (const entry of some) add(entry);
      left.delete(key);
    }
  };
  let isFirst = true;
  for (let at = 0; at < rows.length; at += 1) {
    const row = rows[at]!;
    const rowKind = kindOf(row);
    const rowEntity = entities[at]!;
    const day = dayOf(row);
    if (rowKind === KINDS.day) continue;
    if (rowEntity !== entity || rowKind !== kind) {
      if (own !== NONE) addBefore(Infinity);
      if (rowKind !== kind) addOthers(rowKind);
      kind = rowKind;
      entity = rowEntity;
      own = NONE;
      next = 0;
      isFirst = true;
      if (rowEntity <= most && hasEntries[rowEntity * KIND_COUNT + rowKind] === 1) {
        own = left.get(keyOf(kind, entity)) ?? NONE;
        left.delete(keyOf(kind, entity));
      }
    }
    if (isNew[day] === 1) continue;
    if (own === NONE) writer.keep(row, entity, isFirst);
    else {
      addBefore(day);
      writer.add(kind, entity, day, factsOf(row), completedOf(row));
    }
    isFirst = false;
  }
  addBefore(Infinity);
  addOthers(Infinity);
  for (const { kind: each, entity: about, day } of entries) {
    isNew[day] = 0;
    hasEntries[about * KIND_COUNT + each] = 0;
  }
}

/** A number for each problem or video of a kind, in the order of `compareEntries`. */
function keyOf(kind: number, entity: number): number {
  return kind * 2 ** 32 + entity;
}
