import { splitByRanges } from './split-by-ranges.ts';

/** A text with what matched the search marked. */
export function Highlighted(props: {
  readonly text: string;
  readonly ranges: readonly (readonly [number, number])[] | undefined;
}) {
  return splitByRanges(props.text, props.ranges ?? []).map(({ start, text, matched }) =>
    matched ? <mark key={start}>{text}</mark> : <span key={start}>{text}</span>,
  );
}
