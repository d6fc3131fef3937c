import { readCourseName } from './course-name.ts';
import type { Text } from './text.ts';

/** A course in words: what it is called, and what tells it from others that are called so. */
export interface ToldCourse {
  readonly title: string;
  readonly details: string;
}

/** @param name what the LMS calls it; null, or nothing that can be seen: it is called by its key */
export function tellCourse(courseId: string, name: string | null, say: Text['say']): ToldCourse {
  const { org, course, run, ccx } = readCourseName(courseId);
  // it goes into the subjects of messages, too, which are a line in one direction
  const title = isVisible(name) ? name.replaceAll(/[\s\p{Cc}\u202a-\u202e\u2066-\u2069]+/gu, ' ').trim() : course;
  const details = [
    title === course ? '' : course,
    org === '' ? '' : say('course.meta', { org, run }),
    ccx === null ? '' : say('course.ccx', { ccx }),
  ];
  return { title, details: details.filter((detail) => detail !== '').join(' · ') };
}

/** Whether anything of a name is to be seen: else it would make a link of which nothing is. */
export function isVisible(name: string | null): name is string {
  return name !== null && !/^[\p{Z}\p{C}\p{M}]*$/u.test(name);
}
