import { formatQueryParams } from '@clickhouse/client-common';
import type { Params } from './store.ts';

/** A listening ClickHouse takes 131,072 bytes of one parameter, unless its own configuration (`http_max_field_value_size`) says otherwise. */
const LONGEST = 100_000;

type Value = Params[string];

/**
 * The same statement with parameters that a listening ClickHouse takes: texts and lists that are longer become several, which the
 * statement puts together.
 */
export function splitParams(sql: string, params: Params): { sql: string; params: Params } {
  const split: Record<string, Value> = {};
  let text = sql;
  for (const [name, value] of Object.entries(params)) {
    if (!isLong(value)) {
      split[name] = value;
      continue;
    }
    text = text.replaceAll(new RegExp(`\\{${name}:([^}]+)\\}`, 'g'), (_, type: string) =>
      typeof value === 'string' ? joinText(split, name, value) : joinList(split, name, value, type),
    );
  }
  return { sql: text, params: split };
}

function isLong(value: Value): value is string | readonly string[] | readonly number[] {
  return (typeof value === 'string' || Array.isArray(value)) && sizeOf(value) > LONGEST;
}

/** Bytes of a value as it is sent. */
function sizeOf(value: Value): number {
  return Buffer.byteLength(formatQueryParams({ value }));
}

/** SQL of a long text, whose parts are put in `params`. */
function joinText(params: Record<string, Value>, name: string, value: string): string {
  const parts: string[] = [];
  // a code unit has at most three bytes, and an escaped one two
  const length = Math.floor(LONGEST / 3);
  for (let at = 0; at < value.length;) {
    const end = at + length;
    // not between the two halves of a character
    const size = /^[\uD800-\uDBFF]$/.test(value.charAt(end - 1)) ? length - 1 : length;
    const part = `${name}_${parts.length}`;
    params[part] = value.slice(at, at + size);
    parts.push(`{${part}:String}`);
    at += size;
  }
  return `concat(${parts.join(', ')})`;
}

/** SQL of a long list, whose parts are put in `params`. */
function joinList(
  params: Record<string, Value>,
  name: string,
  values: readonly string[] | readonly number[],
  type: string,
): string {
  const parts: string[] = [];
  let [list, bytes]: [Array<string | number>, number] = [[], 0];
  const endPart = () => {
    if (list.length === 0) return;
    const part = `${name}_${parts.length}`;
    params[part] = list as readonly string[] | readonly number[];
    parts.push(`{${part}:${type}}`);
    [list, bytes] = [[], 0];
  };
  for (const value of values) {
    const size = sizeOf([value] as Value);
    if (bytes + size > LONGEST) endPart();
    if (size > LONGEST) parts.push(`[${joinText(params, `${name}_${parts.length}`, String(value))}]`);
    else {
      list.push(value);
      bytes += size;
    }
  }
  endPart();
  return `arrayConcat(${parts.join(', ')})`;
}
