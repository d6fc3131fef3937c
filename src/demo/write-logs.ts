import { createSpeaker } from './create-speaker.ts';
import { EventQueue } from './event-queue.ts';
import { type Speaker, formatTime } from './format-line.ts';
import { DAY, formatDay } from './format-text.ts';
import type { LogFolder } from './log-folder.ts';
import { LogScribe } from './log-scribe.ts';
import type { Enrollment, Period } from './plan-learners.ts';
import type { RosterChange } from './plan-roster-changes.ts';
import type { Staff } from './plan-staff.ts';
import { planStart, planVisit } from './plan-visit.ts';
import { type Random, createRandom } from './random.ts';
import { formatCohort, formatEnrollment } from './roster-lines.ts';

/** What happens on the site, to be written down. */
export interface Site {
  readonly seed: number;
  readonly period: Period;
  readonly enrollments: readonly Enrollment[];
  readonly staff: Staff;
  readonly changes: readonly RosterChange[];
  /** Irrelevant lines per relevant one. */
  readonly noiseRatio: number;
}

/**
 * Writes the tracking logs of the whole period in the order of time, a file a day, and holds no more than a day's visits.
 * Gives the ids of the courses that the logs tell of.
 */
export async function writeLogs(site: Site, folder: LogFolder): Promise<ReadonlySet<string>> {
  const { period } = site;
  const queue = new EventQueue();
  const random = createRandom(site.seed, 'logs');
  const scribe = new LogScribe({
    folder,
    queue,
    random: createRandom(site.seed, 'scribe'),
    end: period.end,
    noiseRatio: site.noiseRatio * 0.3,
  });
  const takeNoise = createNoiseCounter(site.noiseRatio * 0.7);
  const everyone = [...site.enrollments, ...site.staff.enrollments];
  let changed = 0;
  for (let day = period.start; day < period.end; day += DAY) {
    const dayEnd = Math.min(day + DAY, period.end);
    for (const enrollment of everyone) {
      const start = planStart(random, enrollment, day);
      if (start !== null) queue.add(openVisit({ site, random, scribe, takeNoise }, enrollment, start));
    }
    for (; changed < site.changes.length && site.changes[changed]!.at < dayEnd; changed += 1) {
      queue.add(openChange({ site, random, scribe }, site.changes[changed]!));
    }
    while (queue.runNext(dayEnd)) if (scribe.isFull()) await folder.flush();
    if (day + DAY < period.end) await folder.rotate(formatDay(day + DAY));
  }
  scribe.finish();
  await folder.close();
  return scribe.courses;
}

/** Turns a ratio such as 3.6 into whole numbers with that mean: 3, 4, 3, 4, 4, … */
function createNoiseCounter(ratio: number): () => number {
  let owed = 0;
  return () => {
    owed += ratio;
    const whole = Math.floor(owed);
    owed -= whole;
    return whole;
  };
}

interface Desk {
  readonly site: Site;
  readonly random: Random;
  readonly scribe: LogScribe;
}

function openVisit(desk: Desk & { readonly takeNoise: () => number }, enrollment: Enrollment, start: number) {
  const { site, random, scribe } = desk;
  let acts: ReturnType<typeof planVisit> | null = null;
  let speaker: Speaker;
  let done = 0;
  // Planned when it begins, so that only the visits that go on at one time are in memory.
  const step = (): number => {
    if (acts === null) {
      speaker = createSpeaker(
        random,
        enrollment.person,
        enrollment.course,
        Math.floor((start - site.period.start) / (7 * DAY)),
      );
      acts = planVisit(random, enrollment, speaker, start, { period: site.period, takeNoise: desk.takeNoise });
    } else {
      const act = acts[done]!;
      done += 1;
      const author = {
        learner: speaker,
        staff: site.staff.speakers[enrollment.course.index]!,
        person: enrollment.person,
      };
      if (act.relevant) scribe.writeRelevant(act.write(), act.at, author);
      else scribe.writeNoise(act.write(), act.at, author);
    }
    return acts[done]?.at ?? Infinity;
  };
  return { at: start, step };
}

function openChange({ site, random, scribe }: Desk, change: RosterChange) {
  const { person, course } = change.enrollment;
  const step = (): number => {
    const learner = createSpeaker(random, person, course, 0);
    const speakers = { learner, staff: site.staff.speakers[course.index]! };
    const time = formatTime(change.at, random);
    const line =
      change.event === 'user_added' || change.event === 'user_removed'
        ? formatCohort(speakers, time, person, { event: change.event, cohort: change.value, actor: change.actor })
        : formatEnrollment(speakers, time, person, { event: change.event, mode: change.value, actor: change.actor });
    scribe.writeRelevant(line, change.at, { ...speakers, person });
    return Infinity;
  };
  return { at: change.at, step };
}
