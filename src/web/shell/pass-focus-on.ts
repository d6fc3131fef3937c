/**
 * As `ref` of what goes away when it is pressed: whoever has the focus in it goes on from the heading of the page, or in a dialog from
 * what is written there.
 */
export function passFocusOn(element: HTMLElement | null): () => void {
  return () => {
    if (element?.contains(document.activeElement) !== true) return;
    const dialog = element.closest('[role=dialog]');
    const next = dialog === null ? document.querySelector<HTMLElement>('h1') : dialog.querySelector('textarea');
    next?.focus({ preventScroll: true });
  };
}
