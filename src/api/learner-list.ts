import { Hono } from 'hono';
import type { z } from 'zod';
import { highlightLearners } from '../engagement/highlight.ts';
import type { Learner } from '../engagement/learner.ts';
import type { RosterFilter } from '../engagement/roster-filter.ts';
import { listLearners, tellPage } from '../engagement/roster.ts';
import type { Store } from '../store/store.ts';
import { aboutCourse } from './access.ts';
import type { ApiDeps, ApiEnv } from './api-env.ts';
import { createPicker } from './fields.ts';
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
    const { page = 1, page_size: size = DEFAULT_PAGE_SIZE } = params;
    return aboutCourse(c, deps, params, async (course, own) => {
      const query = buildRosterQuery(params, course);
      if (format === 'text/csv' && params.page === undefined && params.page_size === undefined)
        return answerRosterCsv(c, { ...deps, store: own }, course, query, params.fields);
      const publicUrl = readPublicUrl(c.req.raw, deps.config);
      const held = await tagRoster(c, own, course, query, [format, publicUrl.href, deps.config.lmsUrl]);
      if (held !== null) return held;
      const asked = { ...query, offset: (page - 1) * size, limit: size };
      const frame = (count: number) => {
        const pages = Math.max(1, Math.ceil(count / size));
        if (page > pages) {
          c.set('refusalTells', true);
          throw refuseFields({ page: `"${page}" is past the last page, ${pages}.` });
        }
        const links = linkPages(publicUrl, course, page, pages);
        if (links.next !== null || links.previous !== null) c.header('Link', formatLinkHeader(links));
        return { count, num_pages: pages, page, ...links };
      };
      if (format === 'application/json' && isPlain(params)) {
        const json = await tellPage(own, asked, deps.config, frame);
        return c.body(json, 200, { 'Content-Type': 'application/json' });
      }
      const { count, learners } = await listLearners(own, asked, deps.config);
      const framed = frame(count);
      if (format === 'text/csv') return answerPageCsv(c, course.courseId, learners, params.fields);
      return c.json({ ...framed, results: await reshape(own, params, query, learners) });
    });
  });
}

type ListParams = z.infer<typeof listParams>;

/** Whether learners are told of as they are. */
function isPlain({ fields = [], highlight }: ListParams): boolean {
  return fields.length === 0 && highlight !== 'true';
}

/** The learners with the fields that are asked for alone, or with where the search occurs in them. */
async function reshape(
  store: Store,
  { fields, highlight }: ListParams,
  { terms = [] }: RosterFilter,
  learners: readonly Learner[],
): Promise<object[]> {
  const highlights = highlight === 'true' ? await highlightLearners(store, learners, terms) : null;
  const pickFields = createPicker(fields);
  return learners.map((learner, index) => {
    const told = pickFields(learner);
    return highlights === null ? told : { ...told, highlights: highlights[index] ?? {} };
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
      bom,
      ...filters
    } = parseQuery(downloadParams, c.req.url);
    return aboutCourse(c, deps, filters, async (course, own) => {
      const query = buildRosterQuery({ ...filters, order_by, sort_order }, course);
      return answerRosterCsv(c, { ...deps, store: own }, course, query, filters.fields, bom === 'true');
    });
  });
}
