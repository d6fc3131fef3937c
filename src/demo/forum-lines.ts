import { type Speaker, formatServerLine, HOST } from './format-line.ts';
import { quote } from './format-text.ts';
import type { Random } from './random.ts';

/** One contribution to the discussion. */
export interface Post {
  readonly what: 'thread' | 'response' | 'comment';
  readonly topic: string;
  /** Ids of the thread, and of the post itself. */
  readonly thread: string;
  readonly id: string;
  readonly title: string;
  readonly body: string;
}

const OPENINGS = [
  'Does anyone else',
  'Quick question:',
  'I think',
  'For week two,',
  'Sorry if this was asked before,',
  'Merci, 谢谢,',
];
const MIDDLES = [
  'see a different result in the last exercise',
  'find the second video hard to follow',
  'wonder why the answer is 0.45 and not 0.5',
  'have notes to share — mine are “done”',
];
const ENDINGS = ['?', ' :)', '\n\nThanks!', ' 🙂', '.\n\n> as the text says'];

/** Invents a contribution; `what` is most often a response. */
export function inventPost(random: Random, topic: string): Post {
  const title = `${random.pick(OPENINGS)} ${random.pick(MIDDLES)}`;
  const what = random.weigh([
    ['thread', 25],
    ['response', 45],
    ['comment', 30],
  ] as const);
  return { what, topic, thread: random.hex(24), id: random.hex(24), title, body: title + random.pick(ENDINGS) };
}

/** A created thread, response or comment: the line that counts. `topic` is a JSON text in place of the usual one. */
export function formatPost(speaker: Speaker, time: string, post: Post, topic = `"${post.topic}"`): string {
  const own = {
    thread: `"thread_type": "discussion", "title": ${quote(post.title)}, "title_truncated": false, "anonymous": false, "anonymous_to_peers": false, "group_id": null, "options": {"followed": true}`,
    response: `"discussion": {"id": "${post.thread}"}, "options": {"followed": false}`,
    comment: `"discussion": {"id": "${post.thread}"}, "response": {"id": "${post.thread.slice(4)}a1f0"}, "options": {"followed": false}`,
  }[post.what];
  return formatServerLine(speaker, time, `edx.forum.${post.what}.created`, {
    path: `"/api/discussion/v1/${post.what === 'thread' ? 'threads' : 'comments'}/"`,
    context: ', "course_user_tags": {}',
    payload:
      `{"body": ${quote(`<p>${post.body}</p>`)}, "truncated": false, "url": "${linkThread(speaker, post)}", "commentable_id": ${topic}, ` +
      `"category_id": "${post.topic}", "category_name": "Week / Exercises", ${own}, "id": "${post.id}", "user_forums_roles": ["Student"], "user_course_roles": []}`,
  });
}

/** What else is logged around a contribution, in order; none of it counts. */
export const POST_COMPANIONS = ['thread.viewed', 'thread.voted', 'response.voted', 'searched'].map(
  (kind) => (speaker: Speaker, time: string, post: Post) =>
    formatServerLine(speaker, time, `edx.forum.${kind}`, {
      path: '"/api/discussion/v1/threads/"',
      payload: `{"commentable_id": "${post.topic}", "target_username": "${kind}", "undo_vote": false, "vote_value": "up", "id": "${post.thread}", "url": "${linkThread(speaker, post)}", "user_forums_roles": ["Student"], "user_course_roles": []}`,
    }),
);

function linkThread({ course }: Speaker, { topic, thread }: Post): string {
  return `https://${HOST}/courses/${encodeURI(course.id)}/discussion/forum/${topic}/threads/${thread}`;
}
