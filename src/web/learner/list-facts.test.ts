import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Account } from '../../client/answers.ts';
import type { KnownLearner } from '../answers.ts';
import type { Text } from '../text.ts';
import { listFacts } from './list-facts.ts';

/** Says the id of a message and its values. */
const text = {
  say: (id: string, values?: object) => (values === undefined ? id : `${id} ${JSON.stringify(values)}`),
  day: (iso: string) => iso.slice(0, 10),
  mode: (code: string) => `mode ${code}`,
  nameOf: (type: string, code: string) => `${type} ${code}`,
  has: (id: string) => id === 'education.b',
} as unknown as Text;

const LEARNER = {
  last_updated: '2026-11-25',
  enrollment_mode: 'audit',
  enrollment_date: '2026-10-01T08:00:00.000000Z',
  last_active: null,
  cohort: null,
  country: null,
  city: '',
  location: null,
  language: null,
  level_of_education: null,
  year_of_birth: null,
  gender: null,
  goals: null,
  bio: null,
  mailing_address: null,
} as unknown as KnownLearner;

const ACCOUNT: Account = {
  photo_url: null,
  bio: 'I teach.',
  country: 'ES',
  language: 'es',
  level_of_education: 'b',
  year_of_birth: 1990,
};

test('what is not known is not there', () => {
  assert.deepEqual(listFacts(LEARNER, undefined, text), [
    ['column.enrollment_mode', 'mode audit'],
    ['column.enrollment_date', '2026-10-01'],
    ['column.last_active', 'learner.never'],
  ]);
});

test('what the LMS tells fills in, and does not replace', () => {
  const facts = listFacts({ ...LEARNER, country: 'MX' }, ACCOUNT, text);
  assert.deepEqual(facts.slice(3), [
    ['learner.country', 'region MX'],
    ['learner.language', 'language es'],
    ['learner.education', 'education.b'],
    ['learner.age', 'learner.ageThisYear {"age":36}'],
    ['learner.bio', 'I teach.'],
  ]);
});

test('an unknown code is shown as it is, a birth in the future not at all', () => {
  const facts = listFacts({ ...LEARNER, gender: 'x', year_of_birth: 2027 }, undefined, text);
  assert.deepEqual(facts.slice(3), [['learner.gender', 'x']]);
});
