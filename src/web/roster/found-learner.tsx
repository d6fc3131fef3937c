import type { ListedLearner } from '../../client/answers.ts';
import { splitByRanges } from './split-by-ranges.ts';

/** A text with what matched the search marked, in its own direction. */
function Highlighted(props: {
  readonly text: string;
  readonly ranges: readonly (readonly [number, number])[] | undefined;
}) {
  return (
    <bdi>
      {splitByRanges(props.text, props.ranges ?? []).map(({ start, text, matched }) =>
        matched ? <mark key={start}>{text}</mark> : <span key={start}>{text}</span>,
      )}
    </bdi>
  );
}

/** What a learner is called, as a list has it. */
export function FoundName({ learner: { name, username, highlights } }: { readonly learner: ListedLearner }) {
  return <Highlighted text={name ?? username} ranges={name === null ? highlights?.username : highlights?.name} />;
}

/** The username beside the name, and the address where it is what the search matched. */
export function FoundBeside({ learner }: { readonly learner: ListedLearner }) {
  const { name, username, email, highlights } = learner;
  return (
    <span className="beside quiet small">
      {name !== null && <Highlighted text={username} ranges={highlights?.username} />}
      {email !== null && highlights?.email && <Highlighted text={email} ranges={highlights.email} />}
    </span>
  );
}
