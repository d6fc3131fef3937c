import { DAY, HOUR, SECOND } from './format-text.ts';
import { type Speaker, formatTime } from './format-line.ts';
import { formatPost, inventPost, POST_COMPANIONS } from './forum-lines.ts';
import { formatPageLine } from './page-lines.ts';
import type { Archetype, Enrollment, Period } from './plan-learners.ts';
import { ATTEMPT_COMPANIONS, formatAttempt } from './problem-lines.ts';
import type { Random } from './random.ts';
import { formatBumper, formatPlay, formatVideoId, VIEWING_COMPANIONS } from './video-lines.ts';

/** One line of a visit, made when its time has come. */
export interface Act {
  readonly at: number;
  /** It tells what a learner did; the others are there because real logs are full of them. */
  readonly relevant: boolean;
  readonly write: () => string;
}

interface Habit {
  /** Chance of a visit on an ordinary day. */
  readonly visit: number;
  /** Mean number of things done in a visit. */
  readonly acts: number;
  /** Chance that an answer is correct. */
  readonly success: number;
  /** Attempts after which a problem is left for the next. */
  readonly patience: number;
  /** Chance that a thing done is a post in the forum. */
  readonly post: number;
}

const HABITS: Readonly<Record<Archetype, Habit>> = {
  never_starts: { visit: 0, acts: 0, success: 0, patience: 1, post: 0 },
  drops_out: { visit: 0.14, acts: 1.3, success: 0.76, patience: 4, post: 0.02 },
  steady: { visit: 0.16, acts: 1.5, success: 0.8, patience: 5, post: 0.03 },
  stuck: { visit: 0.21, acts: 2.3, success: 0.05, patience: 40, post: 0.03 },
  excels: { visit: 0.28, acts: 2.8, success: 0.93, patience: 9, post: 0.06 },
  talks: { visit: 0.2, acts: 1.6, success: 0.75, patience: 5, post: 0.55 },
};

/** Sunday to Saturday. */
const WEEK_RHYTHM = [1.15, 1.05, 1, 0.95, 0.9, 0.7, 0.85];

/** When, in the day that starts at `day`, this learner comes to the course; null: not today. */
export function planStart(random: Random, enrollment: Enrollment, day: number): number | null {
  if (day + DAY <= enrollment.activeFrom || day >= enrollment.activeUntil) return null;
  const weekday = (day / DAY + 4) % 7;
  const daysLeft = (enrollment.course.deadline - weekday + 7) % 7;
  const rhythm = WEEK_RHYTHM[weekday]! * (daysLeft === 0 ? 1.7 : daysLeft === 1 ? 1.4 : 0.85);
  const chance = HABITS[enrollment.archetype].visit * rhythm * enrollment.energy ** 0.3;
  if (!random.chance(Math.min(0.97, chance))) return null;
  // Most come in the evening of where they live.
  const hour = 18.5 + (random.next() + random.next() + random.next() - 1.5) * 8 - enrollment.person.shift;
  const at = Math.floor(day + ((hour + 48) % 24) * HOUR);
  return at >= enrollment.activeFrom && at < enrollment.activeUntil ? at : null;
}

/** What happens in a visit. `takeNoise` says how many other lines go with the next relevant one. */
export function planVisit(
  random: Random,
  enrollment: Enrollment,
  speaker: Speaker,
  start: number,
  options: {
    readonly period: Period;
    readonly takeNoise: () => number;
  },
): Act[] {
  const habit = HABITS[enrollment.archetype];
  let count = Math.min(80, 1 + Math.floor(-Math.log(1 - random.next()) * habit.acts * enrollment.energy ** 0.6));
  const week = Math.floor((start - options.period.start) / (7 * DAY));
  const acts: Act[] = [];
  let at = start;
  for (let n = 0; n < count; n += 1) {
    const [main, companions] = planDeed(random, enrollment, speaker, week);
    const noise = options.takeNoise();
    const before = Math.min(2, noise);
    for (let i = 0; i <= noise; i += 1) {
      at += Math.floor(random.between(0.2, i < 3 ? 4 : 40) * SECOND);
      const now = at;
      if (i === before) {
        acts.push({ at: now, relevant: true, write: () => main(formatTime(now, random)) });
        continue;
      }
      const companion = companions[i < before ? i : i - 1];
      const write =
        companion !== undefined && random.chance(0.55)
          ? () => companion(formatTime(now, random))
          : () => formatPageLine(speaker, formatTime(now, random), random);
      acts.push({ at: now, relevant: false, write });
    }
    at += Math.floor(random.between(5, 160) * SECOND);
    // Few leave while an answer is wrong.
    if (n + 1 === count && enrollment.tries > 0 && enrollment.tries < 6 && random.chance(0.8)) count += 1;
  }
  return acts;
}

type Write = (time: string) => string;

/** The next thing the learner does: its line, and the lines that may go with it. */
function planDeed(random: Random, enrollment: Enrollment, speaker: Speaker, week: number): [Write, readonly Write[]] {
  const { course } = enrollment;
  const habit = HABITS[enrollment.archetype];
  const bind = <T>(list: readonly ((speaker: Speaker, time: string, deed: T) => string)[], deed: T): Write[] =>
    list.map((format) => (time) => format(speaker, time, deed));
  if (random.chance(habit.post)) {
    const post = inventPost(random, random.pick(course.topics));
    return [(time) => formatPost(speaker, time, post), bind(POST_COMPANIONS, post)];
  }
  const released = Math.min(course.problems.length, course.problemsPerWeek * (week + 1));
  if (!speaker.mobile && random.chance(enrollment.tries > 0 ? 0.9 : 0.6) && enrollment.problem < released) {
    const problem = course.problems[enrollment.problem]!;
    const correct = random.chance(habit.success);
    enrollment.tries += 1;
    const attempt = { problem, tries: enrollment.tries, correct, choice: random.int(4) };
    if (correct || enrollment.tries >= habit.patience) {
      enrollment.problem += 1;
      enrollment.tries = 0;
    }
    const quirks = correct && random.chance(0.01) ? { success: '"CORRECT"' } : {};
    return [(time) => formatAttempt(speaker, time, attempt, quirks), bind(ATTEMPT_COMPANIONS, attempt)];
  }
  const limit = Math.min(course.videos.length, course.videosPerWeek * (week + 1));
  const video = course.videos[enrollment.video < limit ? enrollment.video : random.int(limit)]!;
  if (enrollment.video < limit && random.chance(0.8)) enrollment.video += 1;
  const position = random.chance(0.6) ? 0 : Math.floor(random.between(1, video.seconds) * 1000) / 1000;
  const viewing = { video, id: formatVideoId(random, course, video, speaker.mobile), position };
  const bumper: Write = (time) => formatBumper(speaker, time, viewing);
  const companions = bind(VIEWING_COMPANIONS, viewing);
  return [(time) => formatPlay(speaker, time, viewing), random.chance(0.1) ? [bumper, ...companions] : companions];
}
