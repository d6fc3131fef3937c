import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Truth } from './truth.ts';

/** Writes the answers as JSON, learner by learner, so that a large site does not have to fit into one string. */
export async function writeTruth(path: string, truth: Truth): Promise<void> {
  await pipeline(Readable.from(formatTruth(truth)), createWriteStream(path));
}

function* formatTruth({ courses, ...site }: Truth): Generator<string> {
  yield `${JSON.stringify(site).slice(0, -1)},\n"courses":{`;
  let before = '\n';
  for (const [courseId, { learners, ...course }] of Object.entries(courses)) {
    yield `${before}${JSON.stringify(courseId)}:${JSON.stringify(course).slice(0, -1)},\n"learners":{`;
    before = '\n';
    for (const [username, learner] of Object.entries(learners)) {
      yield `${before}${JSON.stringify(username)}:${JSON.stringify(learner)}`;
      before = ',\n';
    }
    yield '}}';
    before = ',\n';
  }
  yield '}}\n';
}
