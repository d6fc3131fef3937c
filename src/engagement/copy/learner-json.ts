import type { CourseCopy } from './course-copy.ts';
import { findNear } from './near-persons.ts';
import { type TellOptions, makePieces, out, putLearner } from './put-learner.ts';
import type { JsonRecord } from './record-writer.ts';
import { RECORD_WORDS } from './state-records.ts';
import type { Course } from '../course.ts';

/**
 * Learners of a copy as the API tells of them, in the order of `numbers`, with the metrics of the course's range.
 * @returns a JSON array of `Learner`s, in UTF-8, valid until the next call
 */
export function tellLearners(
  copy: CourseCopy,
  course: Course,
  numbers: Uint32Array,
  options: TellOptions,
): Buffer<ArrayBuffer> {
  out.clear();
  // of another range they are told as seldom as it is asked for
  const kept = course.numbers === undefined ? copy.kept.require(`${course.lastUpdated} ${options.lmsUrl}`) : null;
  let tell: ReturnType<typeof openTeller> | undefined;
  for (let index = 0; index < numbers.length; index += 1) {
    out.putAscii(index === 0 ? '[' : ',');
    const number = numbers[index]!;
    const known = kept?.get(number);
    if (known !== undefined) {
      out.put(known);
      continue;
    }
    tell ??= openTeller(copy, course, numbers, options);
    const start = out.length;
    tell(index);
    kept?.note(number, out, start);
  }
  out.putAscii(numbers.length === 0 ? '[]' : ']');
  return out.read();
}

/** The same one by one: `take` gets the values of `LEARNER_VALUES`, valid until it returns. */
export function tellEach(
  copy: CourseCopy,
  course: Course,
  numbers: Uint32Array,
  options: TellOptions,
  take: (learner: JsonRecord) => void,
): void {
  const tell = openTeller(copy, course, numbers, options);
  for (let index = 0; index < numbers.length; index += 1) {
    out.clear();
    tell(index);
    take(out.record);
  }
}

/** What tells of each of these learners, by its place among them. */
function openTeller(copy: CourseCopy, course: Course, numbers: Uint32Array, options: TellOptions) {
  const pieces = makePieces(copy, course, options);
  let near = findNear(copy.people, numbers, 0);
  let docs = copy.people.docs(near.first, near.end);
  const [words, base] = near.isAll ? [copy.records(near.first, near.end), near.first] : [copy.allRecords(), 0];
  const record = new Uint32Array(RECORD_WORDS);
  return (index: number): void => {
    const number = numbers[index]!;
    if (number < near.first || number >= near.end) {
      near = findNear(copy.people, numbers, index);
      docs = copy.people.docs(near.first, near.end);
    }
    // a view of each would take longer
    for (let word = 0, at = (number - base) * RECORD_WORDS; word < RECORD_WORDS; word += 1, at += 1)
      record[word] = words[at]!;
    putLearner(pieces, { number, record, doc: docs(number - near.first) });
  };
}
