// Coming back from a learner, the list is where it was: the browser keeps the scroll position, this the focus.

let last: { readonly courseId: string; readonly username: string } | null = null;

export function rememberOpened(courseId: string, username: string): void {
  last = { courseId, username };
}

export function focusLastOpened(courseId: string): void {
  if (last?.courseId !== courseId) return;
  const link = document.querySelector<HTMLElement>(`a.open[data-username="${CSS.escape(last.username)}"]`);
  link?.focus({ preventScroll: true });
  last = null;
}
