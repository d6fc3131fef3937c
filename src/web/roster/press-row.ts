import type { MouseEvent } from 'react';

// A press anywhere in a row of the list is one on its learner's link. Nothing covers the row for that: what it says can be marked.

/** Px that a press may move and be none that marks. */
const STEADY = 4;

/** Where the press that goes on began. */
let begin: MouseEvent | undefined;

/** The middle button scrolls nothing here. */
export function beginPress(event: MouseEvent): void {
  begin = event;
  if (event.button === 1) event.preventDefault();
}

/** Of a link WebKit and Chromium mark nothing by themselves; Firefox does, and has no such function. */
export function markName(event: MouseEvent): void {
  if (begin === undefined || event.buttons !== 1 || !(begin.target as Element).closest('a')) return;
  const [from, to] = [begin, event].map(({ clientX, clientY }) =>
    // what is to replace it came to Safari in 2025
    // oxlint-disable-next-line typescript/no-deprecated
    document.caretRangeFromPoint?.(clientX, clientY),
  );
  if (from && to)
    getSelection()?.setBaseAndExtent(from.startContainer, from.startOffset, to.startContainer, to.startOffset);
}

/** Whoever marked text by a drag wanted to open nothing, on the link neither. A press by keys is at no place. */
export function withoutDrag(event: MouseEvent): void {
  if (begin === undefined || event.detail === 0 || getSelection()?.type !== 'Range') return;
  if (Math.hypot(event.clientX - begin.clientX, event.clientY - begin.clientY) <= STEADY) return;
  event.preventDefault();
  event.stopPropagation();
}

/** Opens who is in the row, by the keys and buttons of links. */
export function openByRow(event: MouseEvent): void {
  const target = event.target as Element;
  const link = target.closest('tr')?.querySelector<HTMLAnchorElement>('a.open');
  if (!link || event.button > 1 || target.closest('a, .choose')) return;
  if (event.button === 1 || event.ctrlKey || event.metaKey || event.shiftKey) open(link.href, '_blank', 'noopener');
  else link.click();
}
