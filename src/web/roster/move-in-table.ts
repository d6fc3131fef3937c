import type { KeyboardEvent } from 'react';

/** Arrow keys among the rows of a table: up and down within a column of controls, left and right between them, Home and End. */
export function moveInTable(event: KeyboardEvent<HTMLTableElement>): void {
  if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
  const row = (event.target as HTMLElement).closest('tr');
  const body = event.currentTarget.tBodies[0];
  if (row === null || body === undefined) return;
  const rows = Array.from(body.rows);
  const at = rows.indexOf(row);
  const onBox = (event.target as HTMLElement).matches('input');
  const rtl = document.documentElement.dir === 'rtl';
  const focus = (index: number, box: boolean) =>
    rows[index]?.querySelector<HTMLElement>(box ? 'input' : 'a.open')?.focus();

  if (event.key === ' ' && at >= 0 && !onBox) row.querySelector<HTMLElement>('input')?.click();
  else if (event.key === 'ArrowDown') focus(at + 1, at >= 0 && onBox);
  else if (event.key === 'ArrowUp' && at > 0) focus(at - 1, onBox);
  else if (event.key === 'Home' && at >= 0) focus(0, onBox);
  else if (event.key === 'End' && at >= 0) focus(rows.length - 1, onBox);
  else if (event.key === (rtl ? 'ArrowLeft' : 'ArrowRight') && at >= 0) focus(at, false);
  else if (event.key === (rtl ? 'ArrowRight' : 'ArrowLeft') && at >= 0) focus(at, true);
  else return;
  event.preventDefault();
}
