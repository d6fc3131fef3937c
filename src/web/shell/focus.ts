// Where the focus goes from what was pressed and is gone.

/** Whether what has the focus was reached by keys, and not by a pointer. */
export function isByKeys(): boolean {
  return document.activeElement?.matches(':focus-visible') === true;
}

/** Of a page that has none but that of what is gone, to the content. */
export function focusHeading(): void {
  document.querySelector<HTMLElement>('h1[tabindex], main:not(:has(h1[tabindex]))')?.focus({ preventScroll: true });
}

/**
 * As `ref` of what goes away when it is pressed: whoever has the focus in it goes on from the heading of the page, or in a dialog from
 * what is written there.
 */
export function passFocusOn(element: HTMLElement | null): () => void {
  return () => {
    if (element?.contains(document.activeElement) !== true) return;
    const dialog = element.closest('[role=dialog]');
    if (dialog === null) focusHeading();
    else dialog.querySelector('textarea')?.focus({ preventScroll: true });
  };
}
