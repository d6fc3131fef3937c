// Coming back from a learner, the list is where it was: a browser that goes back keeps the scroll position, this the focus.

let last: { readonly courseId: string; readonly username: string } | null = null;

/** Until the page is loaded anew, or the focus came back to it. */
export function rememberOpened(courseId: string, username: string): void {
  last = { courseId, username };
}

/** Gives the focus back to the link by which a learner of this course was opened, once, and shows it where it is out of sight. */
export function focusLastOpened(courseId: string): void {
  if (last?.courseId !== courseId) return;
  const link = document.querySelector<HTMLElement>(`a.open[data-username="${CSS.escape(last.username)}"]`);
  last = null;
  if (link === null) return;
  link.focus({ preventScroll: true });
  // a link back begins at the top of the page
  requestAnimationFrame(() => {
    const { top, bottom } = link.getBoundingClientRect();
    if (top < 0 || bottom > innerHeight) link.scrollIntoView({ block: 'center' });
  });
}
