import { Hono } from 'hono';
import { highlightLearners } from '../engagement/highlight.ts';
import { listLearners } from '../engagement/roster.ts';
import { requireCourse } from './access.ts';
import type { ApiDeps, ApiEnv } from './api-env.ts';
import { describeLearner } from './describe-learner.ts';
import { pickFields } from './fields.ts';
import { requireFormat } from './negotiate.ts';
import { formatLinkHeader, linkPages } from './page-links.ts';
import { DEFAULT_PAGE_SIZE, downloadParams, listParams } from './params.ts';
import { readPublicUrl } from './public-url.ts';
import { parseQuery, refuseFields } from './query.ts';
import { answerPageCsv, answerRosterCsv } from './roster-csv.ts';
import { buildRosterQuery } from './roster-query.ts';
import { tagRoster } from './snapshot-tag.ts';

/** `learners/`: a page of the learners of a course; as CSV all of them, unless a page is asked for. */
export function createLearnerListRoute(deps: ApiDeps) {
  return new Hono<ApiEnv>().get('/', async (c) => {
    const params = parseQuery(listParams, c.req.url);
    const format = requireFormat(c.req.raw.headers.get('accept'));
    const course = await requireCourse(c, deps, params.course_id, params.snapshot);
    const query = buildRosterQuery(params, course);
    if (format === 'text/csv' && params.page === undefined && params.page_size === undefined) {
      return answerRosterCsv(c, deps, query, params.fields);
    }
    const { page = 1, page_size: size = DEFAULT_PAGE_SIZE } = params;
    const publicUrl = readPublicUrl(c.req.raw, deps.config);
    const held = await tagRoster(c, deps, query, [format, publicUrl.href, deps.config.lmsUrl]);
    if (held !== null) return held;
    const { count, learners } = await deps.store.about(course.courseId, async (own) =>
      listLearners(own, { ...query, offset: (page - 1) * size, limit: size }),
    );
    const pages = Math.max(1, Math.ceil(count / size));
    if (page > pages) throw refuseFields({ page: `"${page}" is past the last page, ${pages}.` });

    const links = linkPages(publicUrl, course, page, pages);
    if (links.next !== null || links.previous !== null) c.header('Link', formatLinkHeader(links));
    if (format === 'text/csv') return answerPageCsv(c, deps, course.courseId, learners, params.fields);
    const highlights =
      params.highlight === 'true' ? await highlightLearners(deps.store, learners, query.textSearch) : null;
    const results = learners.map((learner, index) => {
      const told = pickFields(describeLearner(learner, deps.config), params.fields);
      return highlights === null ? told : { ...told, highlights: highlights[index] ?? {} };
    });
    return c.json({ count, num_pages: pages, page, ...links, results });
  });
}

/** `learners.csv`: everyone who matches, whatever `page` and `page_size` say. */
export function createLearnersCsvRoute(deps: ApiDeps) {
  return new Hono<ApiEnv>().get('/', async (c) => {
    const {
      sortKey,
      order,
      order_by = sortKey ?? 'username',
      sort_order = order ?? 'asc',
      ...filters
    } = parseQuery(downloadParams, c.req.url);
    const course = await requireCourse(c, deps, filters.course_id);
    return answerRosterCsv(c, deps, buildRosterQuery({ ...filters, order_by, sort_order }, course), filters.fields);
  });
}
