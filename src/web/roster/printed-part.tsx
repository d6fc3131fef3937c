import type { LearnerPage } from '../../client/answers.ts';
import { useText } from '../text.ts';

/** Which part of a list of several pages this is, on paper, which has nothing to turn them. */
export function PrintedPart({ list }: { readonly list: LearnerPage }) {
  const { say } = useText();
  const { page, num_pages: pages, count, results } = list;
  if (pages < 2) return null;
  const last = page === pages ? count : page * results.length;
  const first = last - results.length + 1;
  return <p className="print-only">{say('roster.part', { rows: results.length, first, last, count, page, pages })}</p>;
}
