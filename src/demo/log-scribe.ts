import { forgetLogin, inventAddress } from './create-speaker.ts';
import type { EventQueue } from './event-queue.ts';
import { type Speaker, formatPrefix, formatTime } from './format-line.ts';
import { DAY, HOUR } from './format-text.ts';
import type { LogFolder } from './log-folder.ts';
import { IRRELEVANT, STRANGE } from './odd-lines.ts';
import { formatStrayLine } from './page-lines.ts';
import type { Person } from './plan-learners.ts';
import type { Random } from './random.ts';
import { REJECTS } from './reject-lines.ts';

/** Whose line it is. */
export interface Author {
  readonly learner: Speaker;
  readonly staff: Speaker;
  readonly person: Person;
}

/** One odd line for so many relevant ones. */
const ODD_EVERY = 36;
/** One day in five, the whole file has a prefix before each object. */
const isPrefixedDay = (at: number): boolean => Math.floor(at / DAY) % 5 === 2;

/**
 * Puts lines into the logs as a real site does: some late, some twice, some behind a prefix, with the requests of strangers
 * in between and now and then a line that is broken.
 */
export class LogScribe {
  readonly #folder: LogFolder;
  readonly #queue: EventQueue;
  readonly #random: Random;
  readonly #end: number;
  readonly #noiseRatio: number;
  readonly #odd = mixOddLines();
  readonly #courses = new Set<string>();
  #noiseOwed = 0;
  #relevant = 0;
  #oddWritten = 0;
  #full = false;
  #last: { author: Author; at: number } | null = null;

  constructor(options: { folder: LogFolder; queue: EventQueue; random: Random; end: number; noiseRatio: number }) {
    this.#folder = options.folder;
    this.#queue = options.queue;
    this.#random = options.random;
    this.#end = options.end;
    this.#noiseRatio = options.noiseRatio;
  }

  /** Ids of the courses of which a line that counts was written. */
  get courses(): ReadonlySet<string> {
    return this.#courses;
  }

  /** True once after the folder asked to be flushed. */
  isFull(): boolean {
    const full = this.#full;
    this.#full = false;
    return full;
  }

  /** A line of a learner's visit that does not count. */
  writeNoise(line: string, at: number, author: Author): void {
    this.#add(line, at, author);
  }

  /** A line that counts: perhaps late, perhaps twice, with its share of strangers' and odd lines after it. */
  writeRelevant(line: string, at: number, author: Author): void {
    const random = this.#random;
    this.#last = { author, at };
    const late = random.chance(author.learner.mobile ? 0.08 : 0.01);
    if (late) this.#defer(line, at + random.between(0.5 * HOUR, 3 * DAY), author);
    else {
      this.#courses.add(author.learner.course.id);
      this.#add(line, at, author);
    }
    if (random.chance(0.008)) this.#repeat(line, at, author);
    this.#relevant += 1;
    if (this.#relevant % ODD_EVERY === 0) this.#addOdd(author, at);
    this.#noiseOwed += this.#noiseRatio;
    for (; this.#noiseOwed >= 1; this.#noiseOwed -= 1) this.#addStray(author, at);
  }

  /** Makes sure, on a site however small, that each kind of odd line was written once. */
  finish(): void {
    while (this.#last !== null && this.#oddWritten < this.#odd.length) this.#addOdd(this.#last.author, this.#last.at);
  }

  #addOdd({ learner, staff }: Author, at: number): void {
    const write = this.#odd[this.#oddWritten % this.#odd.length]!;
    this.#oddWritten += 1;
    this.#full = this.#folder.add(write({ learner, staff, at, random: this.#random })) || this.#full;
  }

  #addStray({ learner }: Author, at: number): void {
    const random = this.#random;
    const visitor = { ...forgetLogin(learner), ip: inventAddress(random), sessionText: `"${random.hex(32)}"` };
    this.#full = this.#folder.add(formatStrayLine(visitor, formatTime(at, random), random)) || this.#full;
  }

  /** The same object again: at once, with a prefix or with spaces behind it, or days later in another file. */
  #repeat(line: string, at: number, author: Author): void {
    const random = this.#random;
    const again = random.pick([
      line,
      formatPrefix(at, String(author.person.userId), author.learner.ip) + line,
      `${line}  `,
    ]);
    if (random.chance(0.5)) this.#full = this.#folder.add(again) || this.#full;
    else this.#defer(again, at + random.between(HOUR, 2.5 * DAY), author);
  }

  /** Nothing is written after the end of the logs: what would be late beyond it has not arrived yet. */
  #defer(line: string, at: number, author: Author): void {
    if (at >= this.#end) return;
    const step = (): number => {
      this.#add(line, at, author);
      return Infinity;
    };
    this.#queue.add({ at, step });
  }

  #add(line: string, at: number, { learner, person }: Author): void {
    const prefixed = line.startsWith('{') && (isPrefixedDay(at) || this.#random.next() < 0.02);
    const text = prefixed ? formatPrefix(at, String(person.userId), learner.ip) + line : line;
    this.#full = this.#folder.add(text) || this.#full;
  }
}

/** All kinds of odd lines in one round, each reject beside something strange. */
function mixOddLines() {
  const others = [...STRANGE, ...IRRELEVANT];
  return REJECTS.flatMap((reject, n) => (n < others.length ? [reject, others[n]!] : [reject]));
}
