import { readPlace } from '../router.ts';
import { parseRoute } from '../routes.ts';

const readKind = () => parseRoute(readPlace().path).page;

/** As systems do it with clicks: nobody sees in less what the first tap opened, and means it by the second. */
const TWICE_MS = 500;
/** As far apart as two taps of a finger on one thing are. */
const TWICE_PX = 30;

/**
 * The second press of a double click, or of two taps, which not every system counts, does nothing on a page that the first one opened,
 * unless that is of the same kind: from learner to learner one goes as fast as one likes.
 */
export function followDoubleClicks(): void {
  let kind = readKind();
  let last = { clientX: 0, clientY: 0, timeStamp: -TWICE_MS };
  const follow = (event: MouseEvent) => {
    // by keys
    if (event.detail === 0) return;
    const isSecond =
      event.detail > 1 ||
      (event.timeStamp - last.timeStamp < TWICE_MS &&
        Math.hypot(event.clientX - last.clientX, event.clientY - last.clientY) < TWICE_PX);
    if (isSecond && kind !== readKind()) {
      event.preventDefault();
      event.stopPropagation();
    } else {
      kind = readKind();
      last = event;
    }
  };
  // below `document`, where React Aria looks for the click: one that it misses it makes itself. A list to choose from opens on `mousedown`
  const { documentElement: page } = document;
  for (const type of ['mousedown', 'click'] as const) page.addEventListener(type, follow, true);
}
