import { type Speaker, formatLine, HOST } from './format-line.ts';
import { quote } from './format-text.ts';
import { formatClick, formatRequest } from './page-lines.ts';
import type { CoursePlan, Video } from './plan-courses.ts';
import type { Random } from './random.ts';

/** One use of a video, at a position in seconds. */
export interface Viewing {
  readonly video: Video;
  /** The id as this player writes it. */
  readonly id: string;
  readonly position: number;
}

/** What the players log, and how the mobile ones call it. */
const MOBILE_NAMES = {
  play_video: 'edx.video.played',
  load_video: 'edx.video.loaded',
  pause_video: 'edx.video.paused',
  seek_video: 'edx.video.position.changed',
  stop_video: 'edx.video.stopped',
};

/** The id of a video as web or mobile players write it; all of them end in the same hash. */
export function formatVideoId(random: Random, course: CoursePlan, video: Video, mobile: boolean): string {
  const key = `${course.org}+${course.number}+${course.run}`;
  const block = `block-v1:${key}+type@video+block@${video.hash}`;
  const html = `i4x-${course.org}-${course.number}-video-${video.hash}`;
  if (mobile) return course.index % 2 === 0 ? html : block;
  if (random.chance(0.004)) return ` ${video.hash} `;
  if (course.style !== 'old') return random.chance(0.2) ? block : video.hash;
  return random.chance(0.05) ? `i4x://${course.org}/${course.number}/video/${video.hash}` : html;
}

/** A played video: the line that counts. */
export function formatPlay(speaker: Speaker, time: string, viewing: Viewing): string {
  return formatPlayer(speaker, time, viewing, 'play_video');
}

function formatPlayer(
  speaker: Speaker,
  time: string,
  viewing: Viewing,
  name: keyof typeof MOBILE_NAMES,
  more = '',
): string {
  const { video, id, position } = viewing;
  if (!speaker.mobile) {
    const payload = `{"duration": ${video.seconds}, "code": "${video.code}", "id": ${JSON.stringify(id)}, "currentTime": ${position}${more}}`;
    return formatClick(speaker, time, name, payload);
  }
  return formatLine({ ...speaker, bus: false }, time, {
    name: MOBILE_NAMES[name],
    type: name,
    source: 'mobile',
    page: `"https://${HOST}/courses/${encodeURI(speaker.course.id)}/jump_to_id/${video.hash}"`,
    path: '"/segmentio/event"',
    context:
      `, "application": {"name": "org.demo.mobile", "version": "5.1.0"}, "client": {"os": {"name": "Android", "version": "14"}, ` +
      `"network": {"wifi": true, "cellular": false}, "locale": "en"}, "component": "videoplayer", "received_at": ${time}`,
    payload: quote(
      `{"id": ${JSON.stringify(id)}, "code": "mobile", "currentTime": ${position}, "duration": ${video.seconds}${more}}`,
    ),
  });
}

/** What else players log, in order; none of it counts. */
export const VIEWING_COMPANIONS: readonly ((speaker: Speaker, time: string, viewing: Viewing) => string)[] = [
  (speaker, time, viewing) => formatPlayer(speaker, time, { ...viewing, position: 0 }, 'load_video'),
  (speaker, time, viewing) =>
    formatPlayer(speaker, time, { ...viewing, position: advance(viewing, 74.25) }, 'pause_video'),
  (speaker, time, { video }) => {
    const path = `/courses/${speaker.course.id}/xblock/${video.hash}/handler/transcript/translation/en`;
    return formatRequest(speaker, time, path, `{"videoId": ["${video.code}"]}`);
  },
  (speaker, time, viewing) => {
    const more = `, "new_time": ${advance(viewing, 31.5)}, "old_time": ${viewing.position}, "type": "onSlideSeek"`;
    return formatPlayer(speaker, time, viewing, 'seek_video', more);
  },
  (speaker, time, viewing) =>
    formatPlayer(speaker, time, { ...viewing, position: advance(viewing, 140.5) }, 'pause_video'),
  (speaker, time, viewing) => formatPlayer(speaker, time, viewing, 'stop_video'),
];

/** A position some seconds later, with the milliseconds that players write. */
function advance({ video, position }: Viewing, seconds: number): number {
  return Math.floor(Math.min(video.seconds, position + seconds) * 1000) / 1000;
}

/** An advertisement before a video was played; it does not count as a video. */
export function formatBumper(speaker: Speaker, time: string, viewing: Viewing): string {
  const payload = `{"host_component_id": "${viewing.video.hash}", "bumper_id": "https://${HOST}/static/intro.mp4", "code": "html5", "currentTime": 0, "duration": 12, "id": "${viewing.video.hash}"}`;
  return formatClick({ ...speaker, bus: false }, time, 'edx.video.bumper.played', payload);
}
