import { readCourseName } from './course-name.ts';
import { normalizeName } from './normalize-name.ts';
import type { Text } from './text.ts';

/** A course in words: what it is called, and what tells it from others that are called so. */
export interface ToldCourse {
  readonly title: string;
  readonly details: string;
}

/** @param name what the LMS calls it; null, or nothing that can be seen: it is called by its key */
export function tellCourse(courseId: string, name: string | null, say: Text['say']): ToldCourse {
  const { org, course, run, ccx } = readCourseName(courseId);
  // it goes into the subjects of messages, too
  const title = normalizeName(name)?.replaceAll(/ +/g, ' ').trim() ?? course;
  const details = [
    title === course ? '' : course,
    org === '' ? '' : say('course.meta', { org, run }),
    ccx === null ? '' : say('course.ccx', { ccx }),
  ];
  return { title, details: details.filter((detail) => detail !== '').join(' · ') };
}
