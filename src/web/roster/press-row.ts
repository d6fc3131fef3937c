import type { MouseEvent } from 'react';

// A press anywhere in a row of the list is one on its learner's link. Nothing covers the row for that: what it says can be marked.

/** Px that a press may move and be none that marks. */
const STEADY = 4;

/** Where the press that goes on began. */
let begin: MouseEvent | undefined;

function caretAt({ clientX, clientY }: Pick<MouseEvent, 'clientX' | 'clientY'>): Range | null | undefined {
  // what is to replace it came to Safari in 2025; earlier versions of Firefox do without
  // oxlint-disable-next-line typescript/no-deprecated
  return document.caretRangeFromPoint?.(clientX, clientY);
}

/** The middle button scrolls nothing here. Of a link WebKit and Chromium mark nothing by themselves; Firefox does. */
export function beginPress(event: MouseEvent): void {
  begin = event;
  if (event.button === 1) event.preventDefault();
  // on a Mac a press with Ctrl opens a menu, and may never end
  if (event.button > 0 || event.ctrlKey || !(event.target as Element).closest('a')) return;
  // found at once: the list may be scrolled meanwhile
  const from = caretAt(event);
  const mark = (move: globalThis.MouseEvent) => {
    const to = caretAt(move);
    if (from && to)
      getSelection()?.setBaseAndExtent(from.startContainer, from.startOffset, to.startContainer, to.startOffset);
  };
  addEventListener('mousemove', mark);
  addEventListener('mouseup', () => removeEventListener('mousemove', mark), { once: true, capture: true });
}

/** Whoever marked text by a drag wanted to open nothing, on the link neither. A press by keys is at no place; one that chooses does so. */
export function withoutDrag(event: MouseEvent): void {
  if (begin === undefined || event.detail === 0 || getSelection()?.type !== 'Range') return;
  if ((event.target as Element).closest('.choose')) return;
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
