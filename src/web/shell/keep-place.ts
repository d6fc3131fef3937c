interface Kept {
  /** How far down it was when it was left, in px. */
  readonly top?: number;
}

const INPUTS = ['wheel', 'pointerdown', 'keydown'] as const;

/**
 * A page that is loaded anew, or come back to from another site, begins where it was as soon as it is long enough for that: a browser
 * looks only while it loads, when nothing of the list is there. Whoever does something meanwhile stays where they are.
 */
export function keepPlace(): void {
  // later, on `pagehide`, browsers take nothing down any more
  addEventListener('beforeunload', () => history.replaceState({ top: scrollY } satisfies Kept, ''));
  const { top = 0 } = (history.state ?? {}) as Kept;
  if (top === 0) return;
  const stop = () => {
    observer.disconnect();
    for (const input of INPUTS) removeEventListener(input, stop);
  };
  const observer = new ResizeObserver(() => {
    if (document.documentElement.scrollHeight < top + innerHeight) return;
    scrollTo(0, top);
    stop();
  });
  observer.observe(document.body);
  for (const input of INPUTS) addEventListener(input, stop);
}
