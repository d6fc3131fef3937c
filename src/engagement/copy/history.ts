import { closeSync, openSync } from 'node:fs';
import { setImmediate as takeTurns } from 'node:timers/promises';
import { join } from 'node:path';
import { numberDay } from '../days.ts';
import { COUNTED_METRIC_NAMES, type CountedMetric } from '../metrics.ts';
import { readAll } from './binary-files.ts';
import { ENTITIES_FILE, type Entity, HistoryFiles } from './history-files.ts';
import { type HistoryEntry, countRows, readEntries } from './history-rows.ts';

/** Learners that are counted before others have their turn: some milliseconds. */
const TURN = 16_384;

/** What the learners of a copy did, day by day, up to when the copy was made. */
export class History {
  readonly #files: HistoryFiles;
  /** The open file of the ids of problems and videos. */
  readonly #entitiesFile: number;
  /** Those ids, while they are in memory. */
  #entities: readonly string[] | null = null;
  #bytes = 0;

  /** @throws Error where a file is absent or has another length */
  constructor(folder: string, count: number) {
    this.#files = new HistoryFiles(folder);
    try {
      if (this.#files.count !== count)
        throw new Error(`${folder} tells of ${this.#files.count} learners, not ${count}`);
      this.#entitiesFile = openSync(join(folder, ENTITIES_FILE), 'r');
    } catch (error) {
      this.#files.close();
      throw error;
    }
  }

  /** Bytes held in memory, about. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Gives the memory back; what is needed again is read again. */
  forget(): void {
    this.#entities = null;
    this.#bytes = 0;
  }

  close(): void {
    this.#files.close();
    closeSync(this.#entitiesFile);
  }

  /** Everything that a learner did before the day `end` (`YYYY-MM-DD`), problem by problem and day by day. */
  entries(learner: number, end: string): HistoryEntry[] {
    const place = this.#files.place(learner);
    if (place.length === 0) return [];
    const last = numberDay(end);
    const entries = readEntries(this.#files.read(place)).filter(({ day }) => day < last);
    this.#files.forget();
    return entries;
  }

  /** The id of a problem or video by its number. */
  entity(number: number): string {
    this.#entities ??= this.#readEntities();
    const entity = this.#entities[number - 1];
    if (entity === undefined) throw new Error(`there is no problem or video ${number}`);
    return entity;
  }

  /** The metrics of all learners in the days `[start, end)`, by the numbers of the learners. */
  async count(start: string, end: string): Promise<Map<CountedMetric, Uint32Array>> {
    const { count } = this.#files;
    const columns = COUNTED_METRIC_NAMES.map(() => new Uint32Array(count));
    const days = [numberDay(start), numberDay(end)] as const;
    for (let turn = 0; turn < count; turn += TURN) {
      this.#files.scan(turn, Math.min(turn + TURN, count), (learner, rows, from, to) => {
        countRows(rows, from, to, days, columns, learner);
      });
      await takeTurns();
    }
    this.#files.forget();
    return new Map(COUNTED_METRIC_NAMES.map((name, index) => [name, columns[index]!]));
  }

  #readEntities(): string[] {
    const json = readAll(this.#entitiesFile);
    this.#bytes = json.length;
    return (JSON.parse(json.toString()) as Entity[]).map(([, id]) => id);
  }
}
