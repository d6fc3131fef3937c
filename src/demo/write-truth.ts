import type { Truth } from './truth.ts';
import { writeTexts } from './write-texts.ts';

/** Writes the answers as JSON, learner by learner, so that a large site does not have to fit into one string. */
export async function writeTruth(path: string, truth: Truth): Promise<void> {
  await writeTexts(path, formatTruth(truth));
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
