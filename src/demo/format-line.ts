import { formatMicrosecond, formatSecond, HOUR } from './format-text.ts';
import type { CoursePlan } from './plan-courses.ts';
import type { Random } from './random.ts';

/** Who is behind a line, and from where. Fields that end in `Text` are JSON texts, ready to be written. */
export interface Speaker {
  readonly course: CoursePlan;
  readonly usernameText: string;
  readonly userIdText: string;
  readonly courseIdText: string;
  readonly orgText: string;
  /** The URL of the page that the browser shows. */
  readonly pageText: string;
  readonly sessionText: string;
  readonly ip: string;
  readonly agentText: string;
  readonly languageText: string;
  /** Writes the shape of the event bus instead of that of the log file. */
  readonly bus: boolean;
  readonly mobile: boolean;
}

/** What a line says. */
export interface Saying {
  /** Null: the line has no `name`, as lines of old releases. */
  readonly name: string | null;
  readonly type: string;
  readonly source: 'server' | 'browser' | 'mobile';
  /** JSON text of the path that was requested. */
  readonly path: string;
  /** JSON text of the payload. */
  readonly payload: string;
  /** JSON text of the page, `null` for most server events. */
  readonly page: string;
  /** More members of the context, starting with a comma. */
  readonly context?: string;
}

export const HOST = 'learn.demo.example';

/** One line of the log, without its end. `time` is a JSON text. */
export function formatLine(speaker: Speaker, time: string, saying: Saying): string {
  return speaker.bus ? formatBusLine(speaker, time, saying) : formatFileLine(speaker, time, saying);
}

/** A line of the server that is called the same in all its fields, of no page unless `said` has one. */
export function formatServerLine(
  speaker: Speaker,
  time: string,
  name: string,
  said: Pick<Saying, 'path' | 'payload'> & Partial<Saying>,
): string {
  return formatLine(speaker, time, { name, type: name, source: 'server', page: 'null', ...said });
}

/** A line of the page that a browser shows. */
export function formatBrowserLine(speaker: Speaker, time: string, name: string, payload: string, type = name): string {
  return formatLine(speaker, time, {
    name,
    type,
    source: 'browser',
    page: speaker.pageText,
    path: '"/event"',
    payload,
  });
}

function formatFileLine(speaker: Speaker, time: string, saying: Saying): string {
  const name = saying.name === null ? '' : `"name": "${saying.name}", `;
  return (
    `{${name}"context": {"user_id": ${speaker.userIdText}, "path": ${saying.path}, "course_id": ${speaker.courseIdText}, ` +
    `"org_id": ${speaker.orgText}${saying.context ?? ''}}, "username": ${speaker.usernameText}, ` +
    `"session": ${speaker.sessionText}, "ip": "${speaker.ip}", "agent": ${speaker.agentText}, "host": "${HOST}", ` +
    `"referer": ${speaker.pageText}, "accept_language": ${speaker.languageText}, "event": ${saying.payload}, ` +
    `"time": ${time}, "event_type": "${saying.type}", "event_source": "${saying.source}", "page": ${saying.page}}`
  );
}

function formatBusLine(speaker: Speaker, time: string, saying: Saying): string {
  return (
    `{"name": "${saying.name ?? saying.type}", "timestamp": ${time}, "data": ${saying.payload}, "context": {` +
    `"course_id": ${speaker.courseIdText}, "course_user_tags": {}, "session": ${speaker.sessionText}, ` +
    `"user_id": ${speaker.userIdText}, "username": ${speaker.usernameText}, "ip": "${speaker.ip}", "host": "${HOST}", ` +
    `"agent": ${speaker.agentText}, "path": ${saying.path}, "referer": ${speaker.pageText}, ` +
    `"accept_language": ${speaker.languageText}, "client_id": null, "org_id": ${speaker.orgText}, ` +
    `"event_source": "${saying.source}", "page": ${saying.page}${saying.context ?? ''}}}`
  );
}

/** The JSON text of an instant: nearly always as Open edX writes it, now and then as other writers do. */
export function formatTime(instant: number, random: Random): string {
  if (random.next() < 0.97) return `"${formatMicrosecond(instant)}+00:00"`;
  return random.pick([
    () => `"${formatMicrosecond(instant)}Z"`,
    () => `"${formatMicrosecond(instant)}"`,
    () => `"${formatSecond(instant)}+00:00"`,
    () => `"${formatSecond(instant).replace('T', ' ')}"`,
    () => `"${formatMicrosecond(instant + 2 * HOUR)}+02:00"`,
    () => `"${formatMicrosecond(instant - 5 * HOUR)}-0500"`,
  ])();
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** What a syslog writes before the JSON object. */
export function formatPrefix(instant: number, user: string, ip: string): string {
  const text = formatSecond(instant);
  const date = `${MONTHS[Number(text.slice(5, 7)) - 1]} ${text.slice(8, 10).replace(/^0/, ' ')}`;
  return (
    `${date} ${text.slice(11)} demo-lms-1 [service_variant=lms][tracking][env:sandbox] INFO [demo-lms-1  1187] ` +
    `[user ${user}] [ip ${ip}] [logger.py:41] - `
  );
}
