import { Hono } from 'hono';
import type { Course } from '../engagement/course.ts';
import { showInRange } from '../engagement/course-in-range.ts';
import type { DateRange } from '../engagement/learner.ts';
import { METRICS, type Metric } from '../engagement/metrics.ts';
import { describeRanges } from '../engagement/ranges.ts';
import { perName } from '../per-name.ts';
import { aboutCourse } from './access.ts';
import type { ApiDeps, ApiEnv } from './api-env.ts';
import { chooseRange } from './date-range.ts';
import { metadataParams } from './params.ts';
import { parseQuery } from './query.ts';
import { tagRoster, tagSnapshot } from './snapshot-tag.ts';

/** `course_learner_metadata/<course_id>/`: what a list of the course's learners can be filtered and compared by. */
export function createMetadataRoute(deps: ApiDeps) {
  // a course key of the old form holds slashes
  return new Hono<ApiEnv>().get('/:course_id{[^]+}', async (c) => {
    const params = parseQuery(metadataParams, c.req.url, { course_id: c.req.param('course_id') });
    return aboutCourse(c, deps, params, async (course, own) => {
      const range = chooseRange(params, course.window) ?? undefined;
      // numbers of other days are those of the copy, which is made anew without whoever is forgotten
      const held =
        range === undefined ? tagSnapshot(c, course, {}, []) : await tagRoster(c, own, course, { range }, []);
      return held ?? c.json(describeCourse(await showInRange(own, course, range)));
    });
  });
}

function describeCourse(course: Course) {
  const { distributions, range } = course;
  return {
    name: course.name,
    cohorts: course.cohorts,
    enrollment_modes: course.enrollmentModes,
    segments: course.segments,
    engagement_ranges: perMetric(range, (metric) => describeRanges(metric, distributions[metric])),
    engagement_averages: perMetric(range, (metric) => {
      const { mean, median, averaged } = distributions[metric];
      return { mean, median, learners: averaged };
    }),
    learner_count: course.learnerCount,
    last_updated: course.lastUpdated,
    data_until: course.dataUntil,
  };
}

function perMetric<Value>(range: DateRange, describe: (metric: Metric) => Value) {
  return { date_range: range, ...perName(METRICS, describe) };
}
