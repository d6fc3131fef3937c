import { useQuery } from '@tanstack/react-query';
import { Suspense } from 'react';
import { CoursesPage } from './courses/courses-page.tsx';
import { LateLearnerPage } from './learner/late-learner-page.ts';
import { Link } from './link.tsx';
import { sessionQuery } from './queries.ts';
import { RosterPage } from './roster/roster-page.tsx';
import { parseRoute } from './routes.ts';
import { useLocation } from './router.ts';
import { Boundary } from './shell/boundary.tsx';
import { Shell } from './shell/shell.tsx';
import { SignIn } from './shell/sign-in.tsx';
import { Failure, Notice, Skeleton } from './shell/states.tsx';
import { useTitle } from './shell/use-title.ts';
import { useText } from './text.ts';

export function App() {
  const session = useQuery(sessionQuery);
  return (
    <Shell>
      {session.isPending && <Skeleton lines={6} />}
      {session.isError && <Failure alone error={session.error} retry={() => void session.refetch()} />}
      {session.data === null && <SignIn />}
      {session.data && <Page />}
    </Shell>
  );
}

function Page() {
  const { path, query } = useLocation();
  return (
    <Boundary key={path}>
      <Route path={path} query={query} />
    </Boundary>
  );
}

function Route({ path, query }: { readonly path: string; readonly query: URLSearchParams }) {
  const route = parseRoute(path);
  if (route.page === 'courses') return <CoursesPage query={query} />;
  if (route.page === 'roster') return <RosterPage key={route.courseId} courseId={route.courseId} query={query} />;
  if (route.page === 'learner') {
    const { courseId, username } = route;
    return (
      <Suspense fallback={<Skeleton lines={6} />}>
        <LateLearnerPage key={`${courseId} ${username}`} courseId={courseId} username={username} query={query} />
      </Suspense>
    );
  }
  return <MissingPage />;
}

function MissingPage() {
  const { say } = useText();
  const title = say('state.missingPage.title');
  useTitle(title);
  return (
    <Notice alone title={title}>
      <p>{say('state.missingPage.text')}</p>
      <p className="actions">
        <Link className="button primary" to="?all">
          {say('app.home')}
        </Link>
      </p>
    </Notice>
  );
}
