import { formatBrowserLine, formatLine, formatTime, HOST } from './format-line.ts';
import { formatMicrosecond, quote } from './format-text.ts';
import { formatPageLine, formatRequest, formatSearch } from './page-lines.ts';
import { type OddLine, formatOddPlay } from './reject-lines.ts';
import { formatEnrollment } from './roster-lines.ts';

/** Lines that look strange and are right: each is accepted, though some list nobody. */
export const STRANGE: readonly OddLine[] = [
  // The course stands in the URL of the page only, in each of its forms.
  (occasion) => formatOddPlay(occasion, { courseIdText: '""', orgText: '""' }),
  (occasion) => {
    const path = `/courses/${encodeURIComponent(occasion.learner.course.id).replaceAll('%2F', '/')}/courseware/`;
    return formatOddPlay(occasion, { courseIdText: '""' }, { page: `"https://${HOST}${path}?next=%2Fabout#top"` });
  },
  (occasion) => {
    const { style, id } = occasion.learner.course;
    const hash = occasion.random.hex(32);
    const path =
      style !== 'old' && encodeURI(id) === id
        ? `/xblock/${id.replace('course-', 'block-').replace('ccx-', 'ccx-block-')}+type@vertical+block@${hash}`
        : encodeURI(`/courses/${id}/`);
    return formatOddPlay(
      occasion,
      { courseIdText: 'null' },
      { page: `"https://${HOST}${path}?show_title=0&view=student_view"` },
    );
  },
  // The username stands in the context only.
  (occasion) =>
    formatOddPlay(occasion, { usernameText: '""' }, { context: `, "username": ${occasion.learner.usernameText}` }),
  (occasion) => formatOddPlay(occasion, { usernameText: `" ${occasion.learner.usernameText.slice(1, -1)} "` }),
  (occasion) => formatOddPlay(occasion, { userIdText: '""' }),
  // Old lines have no name; new ones may have an empty type.
  (occasion) => formatOddPlay(occasion, {}, { name: null }),
  (occasion) => formatOddPlay(occasion, {}, { type: '' }),
  // Written through a pipe of another system: CRLF, spaces at the end.
  (occasion) => `${formatOddPlay(occasion)}\r`,
  (occasion) => `${formatOddPlay(occasion)}   `,
  // Somebody was enrolled whom no other line and no export knows: accepted, but there is no name to list.
  ({ learner, staff, at, random }) =>
    formatEnrollment(
      { learner, staff },
      formatTime(at, random),
      { userId: 999_001, username: '' },
      { event: 'activated', mode: 'audit', actor: 'staff' },
    ),
];

/** Lines that mention what counts, or nothing readable, and are irrelevant. */
export const IRRELEVANT: readonly OddLine[] = [
  () => '',
  () => '   ',
  () => 'Traceback (most recent call last):',
  ({ learner, at, random }) => formatPageLine(learner, formatTime(at, random), random).slice(0, 40),
  () => '\u0000'.repeat(64),
  // Requests and searches that only speak of events.
  ({ learner, at, random }) =>
    formatRequest(
      learner,
      formatTime(at, random),
      `/courses/${learner.course.id}/jump_to_id/problem_check`,
      '{"name": ["play_video"]}',
    ),
  ({ learner, at, random }) =>
    formatLine({ ...learner, bus: false }, formatTime(at, random), {
      name: null,
      type: `https://${HOST}/event/play_video`,
      source: 'server',
      page: 'null',
      path: '"/event"',
      payload: '"{}"',
    }),
  ({ learner, at, random }) =>
    formatSearch(
      learner,
      formatTime(at, random),
      '{"search_term": "edx.forum.thread.created problem_check", "page_size": 20, "page_number": 0}',
    ),
  // An implicit event of the very handler whose payload looks like a fact.
  ({ learner, at, random }) =>
    formatLine({ ...learner, bus: false }, formatTime(at, random), {
      name: null,
      type: `/courses/${quote(learner.course.id).slice(1, -1)}/xblock/play_video/handler/publish`,
      source: 'server',
      page: 'null',
      path: '"/event"',
      payload: `{"id": "${random.hex(32)}", "success": "correct", "problem_id": "${random.hex(32)}"}`,
    }),
  ({ learner, at, random }) =>
    formatBrowserLine({ ...learner, bus: true }, formatTime(at, random), 'problem_check', '"input_2_1=choice_0"'),
  ({ learner, at }) => `# rotated at ${formatMicrosecond(at)} by ${learner.ip}`,
];
