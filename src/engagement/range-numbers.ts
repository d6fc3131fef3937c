import type { CourseCopy, Numbers } from './copy/course-copy.ts';
import type { LearnerOrder } from './copy/learner-order.ts';
import type { Course } from './course.ts';
import type { DateRange } from './learner.ts';
import { type NumberColumns, measureNumbers } from './copy/measure-numbers.ts';
import type { Distributions } from './ranges.ts';
import type { RosterOrder } from './roster-order.ts';

/** The metrics of another range than the window, of the learners of one copy. */
export class RangeNumbers {
  readonly distributions: Distributions;
  /** Which copy numbers the learners so: its `serial`. */
  readonly serial: number;
  readonly #columns: NumberColumns;
  readonly #orders = new Map<RosterOrder, LearnerOrder>();

  constructor(columns: NumberColumns, serial: number) {
    this.#columns = columns;
    this.serial = serial;
    this.distributions = measureNumbers(columns);
  }

  readonly numbers: Numbers = (metric) => {
    const column = this.#columns.get(metric);
    if (column === undefined) throw new Error(`no numbers of ${metric}`);
    return column;
  };

  /** All learners of the copy in an order by these numbers. */
  ordered(copy: CourseCopy, orderBy: RosterOrder): LearnerOrder {
    const order = this.#orders.get(orderBy) ?? copy.sort(orderBy, this.numbers);
    this.#orders.set(orderBy, order);
    return order;
  }
}

/** Counts what the learners of a copy did in `range`, before the window's end. */
export async function computeNumbers(
  copy: CourseCopy,
  { window }: Pick<Course, 'window'>,
  range: DateRange,
): Promise<RangeNumbers> {
  const end = range.end < window.end ? range.end : window.end;
  const columns = await copy.use(async () => copy.history.count(range.start, end));
  return new RangeNumbers(columns, copy.serial);
}
