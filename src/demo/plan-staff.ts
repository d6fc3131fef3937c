import { HOUR } from './format-text.ts';
import { createSpeaker } from './create-speaker.ts';
import type { Speaker } from './format-line.ts';
import type { CoursePlan } from './plan-courses.ts';
import { type Enrollment, type Period, type Person, planEnrollment } from './plan-learners.ts';
import { createRandom } from './random.ts';

/** A row of the export of roles. */
export interface Role {
  readonly username: string;
  readonly role: string;
  readonly courseId: string;
  readonly org: string;
}

/** The people who run the courses. */
export interface Staff {
  readonly roles: readonly Role[];
  /** What they do in the courses themselves: previews, answers in the forum. */
  readonly enrollments: readonly Enrollment[];
  /** Per course index, the member of staff who enrols others. */
  readonly speakers: readonly Speaker[];
}

const NAMES = ['Okafor', 'Lindqvist', 'Marchetti', 'Yamane', 'Castellan', 'Dubrovska', 'Abara', 'Whitlock'];

/** Plans an instructor and a teaching assistant per course, one person for the first org, and one for the whole site. */
export function planStaff(
  seed: number,
  courses: readonly CoursePlan[],
  learners: readonly Enrollment[],
  period: Period,
): Staff {
  const random = createRandom(seed, 'staff');
  const roles: Role[] = [];
  const enrollments: Enrollment[] = [];
  const speakers: Speaker[] = [];
  const assistants: Person[] = [];
  let count = 0;
  const hire = (prefix: string): Person => {
    const family = NAMES[count % NAMES.length]!;
    const username = `${prefix}_${family.toLowerCase()}${count >= NAMES.length ? count : ''}`;
    count += 1;
    return {
      index: -count,
      userId: count,
      given: 'Robin',
      family,
      username,
      locale: count % 5,
      shift: 0,
      mobile: false,
    };
  };
  const join = (person: Person, course: CoursePlan): void => {
    const plan = planEnrollment(random, person, course, period);
    enrollments.push({
      ...plan,
      archetype: 'talks',
      energy: 1.5,
      enrolledAt: period.start - HOUR,
      activeFrom: period.start,
      activeUntil: period.end,
      mode: 'audit',
      upgradedAt: null,
      unenrolledAt: null,
      returnedAt: null,
      cohort: null,
      inExport: plan.known,
    });
  };
  for (const course of courses) {
    const instructor = hire('prof');
    const assistant = hire('ta');
    roles.push({ username: instructor.username, role: 'instructor', courseId: course.id, org: course.org });
    roles.push({ username: assistant.username, role: 'staff', courseId: course.id, org: course.org });
    join(instructor, course);
    join(assistant, course);
    speakers.push({ ...createSpeaker(random, instructor, course, 0), bus: false });
    // The assistant of one course is an ordinary learner of the one before.
    if (course.index > 0) join(assistant, courses[course.index - 1]!);
    assistants.push(assistant);
  }
  const first = courses[0]!;
  const last = courses.at(-1)!;
  const isShown = ({ course, known, archetype }: Enrollment) =>
    course === last && (known || archetype !== 'never_starts');
  // With fewer learners than courses there would be nobody in the last.
  if (last !== first && !learners.some(isShown)) join(assistants[0]!, last);
  const dean = hire('dean');
  roles.push({ username: dean.username, role: 'staff', courseId: '', org: first.org });
  join(dean, first);
  const operator = hire('ops');
  roles.push({ username: operator.username, role: 'global_staff', courseId: '', org: '' });
  for (const course of courses) join(operator, course);
  // Roles that make nobody staff.
  for (const [n, role] of ['beta_testers', 'data_researcher', 'limited_staff'].entries()) {
    const tester = learners[n * 3];
    if (tester !== undefined)
      roles.push({ username: tester.person.username, role, courseId: tester.course.id, org: tester.course.org });
  }
  return { roles, enrollments, speakers };
}
