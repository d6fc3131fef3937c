import { type RefObject, useEffect, useRef } from 'react';
import { hasMoved } from '../router.ts';

/** For the heading of a page: who came by a link that is gone with the page before goes on from there. */
export function useHeading(isThere = true): RefObject<HTMLHeadingElement | null> {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (isThere && hasMoved() && document.activeElement?.matches('body, main') === true)
      heading.current?.focus({ preventScroll: true });
  }, [isThere]);
  return heading;
}
