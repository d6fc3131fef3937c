import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRandom } from './random.ts';

function draw(...labels: (string | number)[]): string {
  return createRandom(...labels).hex(64);
}

test('the same labels give the same draws, others do not', () => {
  assert.equal(draw(1, 'a'), draw(1, 'a'));
  assert.equal(new Set([draw(1, 'a'), draw(1, 'b'), draw(2, 'a'), draw('1', 'a', ''), draw()]).size, 5);
});

test('draws keep to their limits and weights', () => {
  const random = createRandom('limits');
  const counts = new Map<string, number>();
  for (let n = 0; n < 10_000; n += 1) {
    assert.ok(random.int(3) < 3);
    const value = random.between(-1, 2);
    assert.ok(value >= -1 && value < 2);
    const picked = random.weigh([
      ['often', 9],
      ['seldom', 1],
    ]);
    counts.set(picked, (counts.get(picked) ?? 0) + 1);
  }
  const often = counts.get('often')! / 10_000;
  assert.ok(often > 0.88 && often < 0.92, String(often));
});
