import type { QueryClient } from '@tanstack/react-query';
import { loadLearnerPage } from './learner/late-learner-page.ts';
import { courseQuery, coursesQuery, learnerQuery, rosterQuery, sessionQuery } from './queries.ts';
import { parseRosterState } from './roster/roster-state.ts';
import { readPlace } from './router.ts';
import { parseRoute } from './routes.ts';

/** Whoever needs an answer that failed asks again, and says so. */
function ignore(): void {}

/** Asks for what the page at this address is going to need, while the app is still being set up. */
export function askAhead(queries: QueryClient): void {
  const { path, query } = readPlace();
  const route = parseRoute(path);
  const state = parseRosterState(query);
  queries.query(sessionQuery).catch(ignore);
  loadLearnerPage().catch(ignore);
  if (route.page === 'courses') queries.query(coursesQuery).catch(ignore);
  if (route.page !== 'roster' && route.page !== 'learner') return;
  const { courseId } = route;
  queries.query(courseQuery(courseId)).catch(ignore);
  if (route.page === 'learner') queries.query(learnerQuery(courseId, route.username, state)).catch(ignore);
  else queries.query(rosterQuery(courseId, state)).catch(ignore);
}
