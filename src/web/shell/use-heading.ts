import { type RefObject, useEffect, useRef } from 'react';
import { hasMoved } from '../router.ts';

/**
 * For the heading of a page: who came by a link that is gone with the page before goes on from there, and whoever waits for it at
 * the content, by a failure that was tried again or the link past the head.
 */
export function useHeading(isThere = true): RefObject<HTMLHeadingElement | null> {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (isThere && document.activeElement?.matches(hasMoved() ? 'body, main' : 'main') === true)
      heading.current?.focus({ preventScroll: true });
  }, [isThere]);
  return heading;
}
