interface Kept {
  /** How far down it was when it was left, in px. */
  readonly top?: number;
}

const INPUTS = ['wheel', 'pointerdown', 'click', 'keydown', 'popstate'] as const;

/** Who loads a page anew once more, as nothing comes, moves nothing. */
const RELOAD_KEYS = /^(F5|Control|Meta|Shift|r)$/i;

/**
 * A page that is loaded anew, or come back to from another site, begins where it was as soon as it is long enough for that: a browser
 * looks only while it loads, when nothing of the list is there. Whoever does something meanwhile stays where they are.
 */
export function keepPlace(): void {
  /** Where it is to be still; 0: it is, or is not to be any more. */
  let { top: wanted = 0 } = (history.state ?? {}) as Kept;
  // later, on `pagehide`, browsers take nothing down any more; of a part of a px the end of a page may be too short
  addEventListener('beforeunload', () => {
    history.replaceState({ top: wanted || Math.floor(scrollY) } satisfies Kept, '');
  });
  if (wanted === 0) return;
  const stop = () => {
    wanted = 0;
    observer.disconnect();
    for (const input of INPUTS) removeEventListener(input, stopFor);
  };
  const stopFor = (event: Event) => {
    if (!(event instanceof KeyboardEvent && RELOAD_KEYS.test(event.key))) stop();
  };
  const observer = new ResizeObserver(() => {
    if (document.documentElement.scrollHeight < wanted + innerHeight) return;
    scrollTo(0, wanted);
    stop();
  });
  observer.observe(document.body);
  for (const input of INPUTS) addEventListener(input, stopFor);
}
