/** Something that is due at an instant: `step` does it, and answers when more is due, or Infinity for never. */
export interface Due {
  readonly at: number;
  readonly step: () => number;
}

/**
 * A binary heap of what is due. Ties are settled by the order of adding, so that a run can be repeated. A step may add
 * what is due at its own instant or later, never earlier.
 */
export class EventQueue {
  #heap: { at: number; rank: number; step: () => number }[] = [];
  #added = 0;

  add(due: Due): void {
    this.#heap.push({ at: due.at, rank: this.#added, step: due.step });
    this.#added += 1;
    this.#rise(this.#heap.length - 1);
  }

  /** Does the earliest thing that is due before `end`; false when there is none. */
  runNext(end: number): boolean {
    const first = this.#heap[0];
    if (first === undefined || first.at >= end) return false;
    first.at = first.step();
    if (first.at === Infinity) {
      const last = this.#heap.pop()!;
      if (last === first) return true;
      this.#heap[0] = last;
    }
    this.#sink(0);
    return true;
  }

  #isBefore(a: number, b: number): boolean {
    const [x, y] = [this.#heap[a]!, this.#heap[b]!];
    return x.at < y.at || (x.at === y.at && x.rank < y.rank);
  }

  #swap(a: number, b: number): void {
    [this.#heap[a], this.#heap[b]] = [this.#heap[b]!, this.#heap[a]!];
  }

  #rise(place: number): void {
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if (!this.#isBefore(place, parent)) return;
      this.#swap(place, parent);
      place = parent;
    }
  }

  #sink(place: number): void {
    for (;;) {
      let least = place;
      for (const child of [2 * place + 1, 2 * place + 2]) {
        if (child < this.#heap.length && this.#isBefore(child, least)) least = child;
      }
      if (least === place) return;
      this.#swap(least, place);
      place = least;
    }
  }
}
