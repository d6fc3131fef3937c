import assert from 'node:assert/strict';
import test from 'node:test';
import { RecordWriter } from './record-writer.ts';

const SHAPES: ReadonlyArray<readonly [paths: string, json: string]> = [
  ['a', '{"a":0}'],
  ['a b', '{"a":0,"b":1}'],
  ['a.b', '{"a":{"b":0}}'],
  ['a.b.c', '{"a":{"b":{"c":0}}}'],
  ['a b.c', '{"a":0,"b":{"c":1}}'],
  ['a.b c', '{"a":{"b":0},"c":1}'],
  ['a.b.c d', '{"a":{"b":{"c":0}},"d":1}'],
  ['a.b a.c', '{"a":{"b":0,"c":1}}'],
  ['a.b b.b', '{"a":{"b":0},"b":{"b":1}}'],
  ['x a.b.c a.b.d a.e a.f.g', '{"x":0,"a":{"b":{"c":1,"d":2},"e":3,"f":{"g":4}}}'],
];

for (const [paths, json] of SHAPES) {
  test(`values at ${paths} are in objects`, () => {
    const names = paths.split(' ');
    const out = new RecordWriter(1, names);
    // not only at the beginning
    for (const before of ['', ',']) {
      out.putAscii(before);
      out.begin();
      for (const index of names.keys()) {
        if (index > 0) out.next();
        out.putNumber(index);
      }
      out.end();
      const { json: written, starts, ends } = out.record;
      assert.equal(written.toString(), json);
      assert.deepEqual(
        names.map((_, index) => written.toString('utf8', starts[index], ends[index])),
        names.map((_, index) => String(index)),
      );
    }
    assert.equal(out.read().toString(), `${json},${json}`);
  });
}

test('values that are the same in several records are written at once', () => {
  const out = new RecordWriter(1, ['a', 'b.c', 'b.d', 'e']);
  const put = (value: number) => {
    out.next();
    out.putNumber(value);
  };
  const told = () => {
    const { json, starts, ends } = out.record;
    return [json.toString(), ...starts.map((start, index) => json.toString('utf8', start, ends[index]))];
  };
  out.begin();
  out.putNumber(1000);
  for (const value of [20, 3]) put(value);
  const passage = out.copy(1);
  put(4);
  out.end();
  const first = told();
  // what was copied does not change with what is written
  out.clear();
  out.putAscii('#'.repeat(100));
  out.begin();
  out.putNumber(5);
  out.repeat(passage);
  put(6);
  out.end();
  assert.deepEqual(first, ['{"a":1000,"b":{"c":20,"d":3},"e":4}', '1000', '20', '3', '4']);
  assert.deepEqual(told(), ['{"a":5,"b":{"c":20,"d":3},"e":6}', '5', '20', '3', '6']);
});
