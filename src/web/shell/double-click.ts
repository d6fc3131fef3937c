import { readPlace } from '../router.ts';
import { parseRoute } from '../routes.ts';

const readKind = () => parseRoute(readPlace().path).page;

/**
 * The second press of a double click, as the system counts it, does nothing on a page that the first one opened, unless that is of the
 * same kind: from learner to learner one goes as fast as one likes.
 */
export function followDoubleClicks(): void {
  let kind = readKind();
  const follow = (event: MouseEvent) => {
    if (event.detail === 1) kind = readKind();
    else if (event.detail > 1 && kind !== readKind()) {
      event.preventDefault();
      event.stopPropagation();
    }
  };
  // below `document`, where React Aria looks for the click: one that it misses it makes itself. A list to choose from opens on `mousedown`
  const { documentElement: page } = document;
  for (const type of ['mousedown', 'click'] as const) page.addEventListener(type, follow, true);
}
