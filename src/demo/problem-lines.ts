import { type Speaker, formatBrowserLine, formatLine, formatServerLine, HOST } from './format-line.ts';
import { quote } from './format-text.ts';
import type { Problem } from './plan-courses.ts';

/** One submission of an answer. */
export interface Attempt {
  readonly problem: Problem;
  /** How many submissions so far, this one included. */
  readonly tries: number;
  readonly correct: boolean;
  /** Index of the chosen answer. */
  readonly choice: number;
}

/** What an `Attempt` may say instead of the usual, as JSON texts. */
export interface AttemptQuirks {
  readonly success?: string;
  readonly problemId?: string;
}

const CHOICES = ['choice_0', 'choice_1', 'choice_2', 'choice_3'];
const BLANK_STATE = '"hint": "", "hintmode": null';

/** The server's `problem_check`: the line that counts. */
export function formatAttempt(speaker: Speaker, time: string, attempt: Attempt, quirks: AttemptQuirks = {}): string {
  const { problem, tries, correct, choice } = attempt;
  let answers = '';
  let map = '';
  let submission = '';
  for (let n = 0; n < problem.inputs; n += 1) {
    const input = `"${problem.hash}_${n + 2}_1"`;
    const right = correct || (n < problem.inputs - 1 && (choice + n) % 2 === 0);
    const answer = CHOICES[(choice + n) % 4]!;
    const comma = n === 0 ? '' : ', ';
    answers += `${comma}${input}: "${answer}"`;
    map += `${comma}${input}: {"correctness": "${right ? 'correct' : 'incorrect'}", "npoints": null, "msg": "", ${BLANK_STATE}, "queuestate": null, "answervariable": null}`;
    submission += `${comma}${input}: {"question": "", "answer": "${answer}", "response_type": "multiplechoiceresponse", "input_type": "choicegroup", "correct": ${right}, "variant": "", "group_label": ""}`;
  }
  const grade = correct ? problem.inputs : 0;
  return formatServerLine(speaker, time, 'problem_check', {
    page: '"x_module"',
    path: problem.pathText,
    context: `, "course_user_tags": {}, "module": {"display_name": "${problem.title}", "usage_key": ${problem.idText}}, "asides": {}`,
    payload:
      `{"state": {"seed": 1, "student_answers": {}, "has_saved_answers": false, "correct_map": {}, "input_state": {}, "done": ${tries > 1}}, ` +
      `"problem_id": ${quirks.problemId ?? problem.idText}, "answers": {${answers}}, "grade": ${grade}, "max_grade": ${problem.inputs}, ` +
      `"correct_map": {${map}}, "success": ${quirks.success ?? (correct ? '"correct"' : '"incorrect"')}, "attempts": ${tries}, "submission": {${submission}}}`,
  });
}

/** What else is logged around a submission, in order; none of it counts. */
export const ATTEMPT_COMPANIONS: readonly ((speaker: Speaker, time: string, attempt: Attempt) => string)[] = [
  (speaker, time, { problem, choice }) => {
    const form = `input_${problem.hash}_2_1=${CHOICES[choice]!}`;
    const all = problem.inputs > 1 ? `"${form}&input_${problem.hash}_3_1%5B%5D=choice_1"` : form;
    return formatBrowserLine(speaker, time, 'problem_check', quote(all));
  },
  (speaker, time, { problem, choice }) =>
    formatLine({ ...speaker, bus: false }, time, {
      name: null,
      type: problem.pathText.slice(1, -1),
      source: 'server',
      page: 'null',
      path: problem.pathText,
      payload: `"{\\"GET\\": {}, \\"POST\\": {\\"input_${problem.hash}_2_1\\": [\\"${CHOICES[choice]!}\\"]}}"`,
    }),
  (speaker, time, { problem, correct }) =>
    formatBrowserLine(
      speaker,
      time,
      'problem_graded',
      `["input_${problem.hash}_2_1=choice_0", ${quote(
        `\n\n<h3 class="hd hd-3 problem-header">${problem.title}</h3>\n<div class="problem-progress"></div>\n<div class="problem"><span class="status ${
          correct ? 'correct' : 'incorrect'
        }" data-tooltip="answer"></span></div>`,
      )}]`,
    ),
  (speaker, time, { problem, correct }) =>
    formatServerLine(speaker, time, 'edx.grades.problem.submitted', {
      path: `"https://${HOST}/event"`,
      payload: `{"course_id": ${speaker.courseIdText}, "problem_id": ${problem.idText}, "weighted_earned": ${correct ? 1 : 0}, "weighted_possible": 1, "event_transaction_type": "edx.grades.problem.submitted"}`,
    }),
];
