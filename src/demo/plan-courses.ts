import { quote } from './format-text.ts';
import { createRandom } from './random.ts';

/** A graded problem of a course. */
export interface Problem {
  readonly hash: string;
  readonly title: string;
  /** Number of inputs, 1 to 3. */
  readonly inputs: number;
  /** JSON text of its id. */
  readonly idText: string;
  /** JSON text of the path of the handler that the browser posts an answer to. */
  readonly pathText: string;
}

/** A video of a course; its hash is what web and mobile ids have in common. */
export interface Video {
  readonly hash: string;
  readonly seconds: number;
  readonly code: string;
}

/** What a course of the demo is made of. */
export interface CoursePlan {
  readonly index: number;
  readonly id: string;
  readonly org: string;
  readonly number: string;
  readonly run: string;
  /** What the LMS calls it. */
  readonly title: string;
  /** The key of the block that is the course. */
  readonly courseBlock: string;
  /** `old`: `org/course/run` and `i4x` ids. */
  readonly style: 'new' | 'old' | 'ccx';
  /** Share of the learners, 0 to 1. */
  readonly share: number;
  /** False: no enrolment of this course is written anywhere. */
  readonly enrollmentsKnown: boolean;
  /** The day of the week of its deadlines, 0 is Sunday. */
  readonly deadline: number;
  /** Content is released week by week: so many of each a week. */
  readonly problemsPerWeek: number;
  readonly videosPerWeek: number;
  readonly problems: readonly Problem[];
  readonly videos: readonly Video[];
  readonly topics: readonly string[];
  readonly cohorts: readonly string[];
  /** The URL path of a courseware page per week. */
  readonly pages: readonly string[];
  /** JSON texts of `id` and `org`. */
  readonly idText: string;
  readonly orgText: string;
}

const CATALOGUE = [
  ['new', 'DemoX', 'ML101', '2026_T1', 'Machine Learning: First Steps'],
  ['old', 'DemoX', 'Statistics', 'Autumn', 'Statistics, and How Not to Lie with Them'],
  ['new', 'OrchardU', 'BIO-2', '2026', 'Biology II – Cells & Genes'],
  ['new', 'OrchardU', 'Química', '2026_T1', 'Química general'],
  ['ccx', 'DemoX', 'CS50.x', '2026_T1', 'Programming, "hands-on"'],
  ['new', 'HarbourX', 'WRITE1', 'self_paced', 'Academic Writing'],
] as const;

const SOME_COHORTS = ['Default Group', 'Cohort A', 'Night owls, "late"', 'Café ☕'];
const MANY_COHORTS = Array.from({ length: 13 }, (_, n) => `Tutorial ${n + 1}`);

/** Plans `count` courses of `weeks` weeks; the first has about 60 % of the learners, the last of three or more has no known enrolments. */
export function planCourses(seed: number, count: number, weeks: number): CoursePlan[] {
  const rest = Array.from({ length: count - 1 }, (_, n) => 0.6 ** n);
  const total = rest.reduce((sum, weight) => sum + weight, 0);
  const shares = count === 1 ? [1] : [0.6, ...rest.map((weight) => (0.4 * weight) / total)];
  return shares.map((share, index) => planCourse(seed, { index, share, count, weeks }));
}

function planCourse(seed: number, spec: { index: number; share: number; count: number; weeks: number }): CoursePlan {
  const { index, share, count, weeks } = spec;
  const random = createRandom(seed, 'course', index);
  const [style, org, number, run, name] =
    CATALOGUE[index] ?? (['new', 'DemoX', `C${index + 1}`, '2026_T1', `Seminar ${index + 1}`] as const);
  const key = `${org}+${number}+${run}`;
  const id = { new: `course-v1:${key}`, old: `${org}/${number}/${run}`, ccx: `ccx-v1:${key}+ccx@${index}` }[style];
  const blockKey = style === 'ccx' ? `ccx-block-v1:${key}+ccx@${index}` : `block-v1:${key}`;
  const problemsPerWeek = 12 + random.int(8);
  const videosPerWeek = 6 + random.int(4);
  const problems = Array.from({ length: problemsPerWeek * weeks }, (_, n): Problem => {
    const hash = random.hex(32);
    const problemId =
      style === 'old' ? `i4x://${org}/${number}/problem/${hash}` : `${blockKey}+type@problem+block@${hash}`;
    const usage = style === 'old' ? problemId.replaceAll('/', ';_') : problemId;
    const path = `/courses/${id}/xblock/${usage}/handler/xmodule_handler/problem_check`;
    const title = `Exercise ${1 + Math.floor(n / problemsPerWeek)}.${1 + (n % problemsPerWeek)}`;
    return {
      hash,
      title,
      inputs: random.weigh([
        [1, 6],
        [2, 3],
        [3, 1],
      ]),
      idText: quote(problemId),
      pathText: quote(path),
    };
  });
  return {
    index,
    id,
    org,
    number,
    run,
    title: name,
    courseBlock: style === 'old' ? `i4x://${org}/${number}/course/${run}` : `${blockKey}+type@course+block@course`,
    style,
    share,
    enrollmentsKnown: !(count >= 3 && index === count - 1),
    deadline: [0, 3, 5][index % 3]!,
    problemsPerWeek,
    videosPerWeek,
    problems,
    videos: Array.from({ length: videosPerWeek * weeks }, () => ({
      hash: random.hex(32),
      seconds: 60 + random.int(840),
      code: random.hex(11),
    })),
    topics: ['course', ...Array.from({ length: 7 }, () => random.hex(random.chance(0.5) ? 32 : 40))],
    cohorts: [SOME_COHORTS, MANY_COHORTS, []][index % 3]!,
    pages: Array.from({ length: weeks }, (_, n) => `/courses/${id}/courseware/week_${n + 1}/${random.hex(32)}/`),
    idText: quote(id),
    orgText: quote(org),
  };
}
