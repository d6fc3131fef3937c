import { asObject, asText, parseObject } from './truth-json.ts';
import { findCourseInUrl, isCourseKey, readInstant } from './truth-values.ts';

/** Why a line that should tell something was refused, in the order in which it is asked. */
export const REJECT_REASONS = [
  'not_json',
  'no_username',
  'bad_username',
  'no_course',
  'bad_course',
  'bad_time',
  'future_time',
  'bad_payload',
  'no_entity',
] as const;
export type RejectReason = (typeof REJECT_REASONS)[number];

/** One learner did one thing to one entity. */
export interface FactRecord {
  readonly what: 'attempted' | 'viewed' | 'contributed';
  /** Of an attempt: it was correct. */
  readonly completed: boolean;
  readonly username: string;
  readonly entity: string;
}

/** A change to a roster, by `username` or, where that is null, by `userId` alone. */
export interface RosterRecord {
  readonly what: 'activated' | 'deactivated' | 'mode_changed' | 'user_added' | 'user_removed';
  readonly username: string | null;
  readonly userId: string;
  /** The mode, or the name of the cohort. */
  readonly value: string;
}

/** What an accepted line tells. */
export interface LineRecord {
  /** The text of the JSON object: its identity. */
  readonly text: string;
  readonly courseId: string;
  /** Microseconds since 1970. */
  readonly at: number;
  readonly fact: FactRecord | null;
  readonly change: RosterRecord | null;
  /** User ids that the line shows together with a username. */
  readonly pairs: readonly { readonly userId: string; readonly username: string }[];
}

export type LineOutcome = LineRecord | 'irrelevant' | RejectReason;

const NAMES = [
  'problem_check',
  'play_video',
  'edx.video.played',
  'edx.forum.thread.created',
  'edx.forum.response.created',
  'edx.forum.comment.created',
  'edx.course.enrollment.activated',
  'edx.course.enrollment.deactivated',
  'edx.course.enrollment.mode_changed',
  'edx.cohort.user_added',
  'edx.cohort.user_removed',
];

/** Reads one line by the rules of docs/decisions/0002-what-silent-definitions-mean.md; times more than a day after `now` are refused. */
export function readLine(line: string, now: Date): LineOutcome {
  if (!NAMES.some((name) => line.includes(name))) return 'irrelevant';
  const brace = line.indexOf('{');
  if (brace < 0) return 'not_json';
  const text = line.slice(brace).trimEnd();
  const event = parseObject(text);
  if (event === null) return 'not_json';
  const context = asObject(event['context']) ?? {};

  const name = asText(event['name']);
  const type = asText(event['event_type']) || name;
  const source = asText(event['event_source']) || asText(context['event_source']);
  const kind = findKind(type, name, source);
  if (kind === null) return 'irrelevant';

  const payload = readPayload(event);
  const isChange = kind.startsWith('edx.course.enrollment.') || kind.startsWith('edx.cohort.');

  // Who
  const actor = asText(event['username']).trim() || asText(context['username']).trim();
  const actorFault = findUsernameFault(actor);
  const actorId = asText(context['user_id']).trim();
  const pairs = actorFault === null && actorId !== '' ? [{ userId: actorId, username: actor }] : [];
  let username: string | null = actor;
  let userId = actorId;
  let usernameFault = actorFault;
  if (isChange) {
    const named = asText(payload?.['username']).trim();
    const payloadId = asText(payload?.['user_id']).trim();
    if (named !== '') {
      username = named;
      userId = payloadId;
      usernameFault = findUsernameFault(named);
      if (usernameFault === null && payloadId !== '') pairs.push({ userId: payloadId, username: named });
    } else if (payloadId !== '' && (payloadId !== actorId || actorFault !== null)) {
      username = null;
      userId = payloadId;
      usernameFault = null;
    }
  }
  if (usernameFault !== null) return usernameFault;

  // Where
  let courseId = asText(context['course_id']).trim();
  if (isChange) courseId = asText(payload?.['course_id']).trim() || courseId;
  if (courseId !== '' && !isCourseKey(courseId)) return 'bad_course';
  if (courseId === '' && source === 'browser')
    courseId = findCourseInUrl(asText(event['page']) || asText(context['page']));
  if (courseId === '') return 'no_course';

  // When
  const at = readInstant(asText(event['time']) || asText(event['timestamp']));
  if (at === null) return 'bad_time';
  if (at > (now.getTime() + 86_400_000) * 1000) return 'future_time';

  // What
  if (payload === null) return 'bad_payload';
  const base = { text, courseId, at, pairs };
  if (isChange) {
    const what = kind.slice(kind.lastIndexOf('.') + 1) as RosterRecord['what'];
    const value = asText(payload[kind.startsWith('edx.cohort.') ? 'cohort_name' : 'mode']).trim();
    if (kind.startsWith('edx.cohort.') && value === '') return 'no_entity';
    return { ...base, fact: null, change: { what, username, userId, value } };
  }
  const fact = readFact(kind, actor, payload, courseId);
  return fact.entity === '' ? 'no_entity' : { ...base, fact, change: null };
}

/** The name in the list of docs/architecture.md that an event falls under, or null. */
function findKind(type: string, name: string, source: string): string | null {
  if (type.startsWith('/') || type.startsWith('http://') || type.startsWith('https://')) return null;
  if ([type, name].some((text) => text.startsWith('edx.video.bumper.'))) return null;
  if ([type, name].some((text) => text === 'play_video' || text === 'edx.video.played')) return 'play_video';
  if (type === 'problem_check') return source === 'server' ? type : null;
  // anybody's browser may send any event, about anybody
  if (/^edx\.(?:course\.enrollment|cohort)\./.test(type) && ['browser', 'mobile'].includes(source)) return null;
  return NAMES.includes(type) ? type : null;
}

function readFact(kind: string, username: string, payload: Record<string, unknown>, courseId: string): FactRecord {
  if (kind === 'play_video') {
    return { what: 'viewed', completed: false, username, entity: normalizeVideoId(asText(payload['id']), courseId) };
  }
  if (kind === 'problem_check') {
    const completed = asText(payload['success']).toLowerCase() === 'correct';
    return { what: 'attempted', completed, username, entity: asText(payload['problem_id']).trim() };
  }
  return { what: 'contributed', completed: false, username, entity: asText(payload['commentable_id']).trim() };
}

/** What the ids of one video have in common. */
function normalizeVideoId(text: string, courseId: string): string {
  const id = text.trim();
  if (id.startsWith('i4x://') && id.includes('/video/')) return toHtmlId(sliceAfter(id, '/video/'));
  if (!id.startsWith('i4x-')) return sliceAfter(id, 'type@video+block@');
  const [org, course] = courseId.slice(courseId.indexOf(':') + 1).split(/[+/]/);
  const own = toHtmlId(`i4x-${org}-${course}-video-`);
  const html = toHtmlId(id);
  return html.startsWith(own) ? html.slice(own.length) : sliceAfter(html, '-video-');
}

/** What the LMS makes of an old name for its pages. */
function toHtmlId(name: string): string {
  return name.replaceAll(/[^\p{L}\p{N}-]+/gu, '_');
}

/** What follows the last `mark`; all of it where there is none. */
function sliceAfter(text: string, mark: string): string {
  return text.includes(mark) ? text.slice(text.lastIndexOf(mark) + mark.length) : text;
}

function findUsernameFault(username: string): 'no_username' | 'bad_username' | null {
  if (username === '') return 'no_username';
  if (username === 'anonymous' || username === 'unknown' || Array.from(username).length > 30) return 'bad_username';
  return null;
}

/** An object that says something comes before a text, `event` before `data`; of two texts the one of the line's own shape counts. */
function readPayload(event: Record<string, unknown>): Record<string, unknown> | null {
  const given = [event['event'], event['data']];
  const objects = given.map(asObject).filter((value) => value !== null);
  const texts = given.filter((value) => typeof value === 'string');
  const text = texts.length === 2 && asText(event['time']) === '' ? texts[1] : texts[0];
  const parsed = text === undefined ? null : parseObject(text);
  return objects.find((object) => Object.keys(object).length > 0) ?? parsed ?? objects[0] ?? null;
}
