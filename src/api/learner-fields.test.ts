import assert from 'node:assert/strict';
import test from 'node:test';
import { LEARNERS, openSampleApi } from '../../test/sample-api.ts';
import { highlightLearners } from '../engagement/highlight.ts';
import type { Learner } from '../engagement/learner.ts';
import { createPicker } from './fields.ts';

const { deps, get } = await openSampleApi();

async function list(query: string): Promise<ReadonlyArray<Record<string, unknown>>> {
  const response = await get(`${LEARNERS}${query}`);
  assert.equal(response.status, 200);
  return ((await response.json()) as { results: Array<Record<string, unknown>> }).results;
}

const FIELDS: ReadonlyArray<readonly [fields: string, json: string]> = [
  ['username,segments.0,segments.length', '{"username":"maria"}'],
  ['username', '{"username":"maria"}'],
  ['name,username', '{"name":"María Núñez","username":"maria"}'],
  [
    'engagements.videos_viewed,username,engagements.levels.days_active',
    '{"engagements":{"videos_viewed":1,"levels":{"days_active":"average"}},"username":"maria"}',
  ],
  ['nonsense,username,engagements.nonsense,username.length,__proto__,constructor', '{"username":"maria"}'],
  ['nonsense', '{}'],
];

for (const [fields, json] of FIELDS) {
  test(`fields=${fields} gives ${json}`, async () => {
    assert.equal(JSON.stringify((await list(`&text_search=maria&fields=${fields}`))[0]), json);
  });
}

/** The fields of a record that have a value by themselves, dotted. */
function listFields(record: object, above = ''): string[] {
  return Object.entries(record).flatMap(([name, value]: [string, unknown]) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? [`${above}${name}`, ...listFields(value, `${above}${name}.`)]
      : [`${above}${name}`],
  );
}

test('every field that a learner has can be asked for', async () => {
  const learners = await list('');
  const fields = new Set(learners.flatMap((learner) => listFields(learner)));
  assert.ok(fields.has('segment_reasons.inactive') && fields.has('engagements.date_range'));
  for (const field of fields) {
    const told = await list(`&fields=${field}`);
    assert.ok(
      told.some((learner) => listFields(learner).includes(field)),
      field,
    );
  }
});

test('names that are no fields cost the same for a thousand learners as for one', () => {
  const nonsense = Array.from({ length: 400 }, (_, index) => `engagements.x${index}`);
  let looks = 0;
  const counted = new Proxy({}, { getOwnPropertyDescriptor: () => void (looks += 1) });
  assert.deepEqual(createPicker([...nonsense, 'name'])(counted), {});
  assert.equal(looks, 1);
});

test('no fields are all fields', async () => {
  for (const more of ['', '&highlight=true']) assert.deepEqual(await list(`&fields=${more}`), await list(more));
});

test('highlights tell where a search matched; without a search there are none', async () => {
  const [maria] = await list('&text_search=NUNEZ+maria&highlight=true&fields=username');
  assert.deepEqual(maria, {
    username: 'maria',
    highlights: {
      username: [[0, 5]],
      name: [
        [0, 5],
        [6, 11],
      ],
      email: [[0, 5]],
    },
  });
  assert.deepEqual((await list('&highlight=true'))[0]?.['highlights'], {});
  const each = await list('&text_search=e&highlight=true&fields=username,name,email');
  for (const { highlights, ...fields } of each)
    for (const [field, ranges] of Object.entries(highlights as Record<string, Array<[number, number]>>))
      for (const [start, end] of ranges)
        assert.match(Array.from(String(fields[field])).slice(start, end).join(''), /^[eéÉE]+$/u);
  assert.equal((await list('&text_search=maria'))[0]?.['highlights'], undefined);
});

const HIGHLIGHTS: ReadonlyArray<
  readonly [name: string, search: string, ranges: ReadonlyArray<readonly [number, number]>]
> = [
  ['Straße 7', 'strasse', [[0, 6]]],
  [
    'Łucja Øre',
    'lucja øRE',
    [
      [0, 5],
      [6, 9],
    ],
  ],
  [
    'Caesar Æsop',
    'æs',
    [
      [1, 4],
      [7, 9],
    ],
  ],
  [
    'Straße 7',
    's',
    [
      [0, 1],
      [4, 5],
    ],
  ],
  ['STRASSE', 'straße', [[0, 7]]],
  ['Mari\u0301a Nu\u0301n\u0303ez', 'nunez', [[7, 14]]],
  ['Mari\u0301a', 'mar\u00EDa', [[0, 6]]],
  ['İstanbul', 'istanbul', [[0, 8]]],
  ['ISTANBUL', 'İst', [[0, 3]]],
  ['😀 Zoë 😀', 'zoe', [[2, 5]]],
  ['𝒜 Zo\u00EB', 'zoe', [[2, 5]]],
  [
    'ﬁlip ﬁ',
    'fi',
    [
      [0, 1],
      [5, 6],
    ],
  ],
  ['aaa', 'aa', [[0, 3]]],
  ['abcd', 'bc ab', [[0, 3]]],
  ['ΣΊΣΥΦΟΣ', 'σισυφος', [[0, 7]]],
  [
    '100% _x_',
    '% _',
    [
      [3, 4],
      [5, 6],
      [7, 8],
    ],
  ],
  ['한글', '\u1112\u1161\u11AB', [[0, 1]]],
  // half a width, with the mark on it, which is a letter of its own
  ['\uFF76\uFF9E\uFF77\uFF9E', '\u30AC', [[0, 2]]],
  ['nothing', 'zzz', []],
];

for (const [name, search, ranges] of HIGHLIGHTS) {
  test(`"${search}" is found in "${name}" at ${JSON.stringify(ranges)}`, async () => {
    const learner = { username: '-', name, email: null } as unknown as Learner;
    const [highlights] = await highlightLearners(deps.store, [learner], search.split(' '));
    assert.deepEqual(highlights?.name ?? [], ranges);
  });
}

test('others have their turn while many learners are looked at, each of whom is told what is theirs', async () => {
  const learners = Array.from(
    { length: 250 },
    (_, index) => ({ username: `${'x'.repeat(index % 7)}maria`, name: null, email: null }) as unknown as Learner,
  );
  let turned = false;
  setImmediate(() => (turned = true));
  const found = await highlightLearners(deps.store, learners, ['maria']);
  assert.ok(turned);
  assert.deepEqual(
    found.map(({ username }) => username),
    learners.map((_, index) => [[index % 7, (index % 7) + 5]]),
  );
});
