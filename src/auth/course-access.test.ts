import assert from 'node:assert/strict';
import { createServer, type IncomingMessage } from 'node:http';
import { mkdtemp, rm } from 'node:fs/promises';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after } from 'node:test';
import { AppError } from '../errors.ts';
import { openTestStore } from '../../test/temp-store.ts';
import { GrantedAccess, type Person } from './course-access.ts';
import { createCourseAccess } from './create-course-access.ts';
import { allows, readGrants } from './grants.ts';

const OWN = 'course-v1:edX+DemoX+2026';
const SIBLING = 'course-v1:edX+Other+2026';
const FOREIGN = 'course-v1:MITx+6.002x+2026';
const OLD = 'edX/Old/2012';
const CCX = 'ccx-v1:edX+DemoX+2026+ccx@1';

const ROLES: ReadonlyArray<readonly [role: string, courseId: string, org: string, sees: readonly string[]]> = [
  ['staff', OWN, 'edX', [OWN]],
  ['instructor', OWN, 'edX', [OWN]],
  ['staff', OLD, '', [OLD]],
  ['staff', CCX, 'edX', [CCX]],
  ['staff', '', 'edX', [OWN, SIBLING, OLD, CCX]],
  ['instructor', '', 'MITx', [FOREIGN]],
  ['staff', '', 'ed', []],
  ['staff', '', 'EDX', []],
  ['staff', '', '', []],
  ['global_staff', '', '', [OWN, SIBLING, FOREIGN, OLD, CCX]],
  ['limited_staff', OWN, 'edX', []],
  ['data_researcher', OWN, 'edX', []],
  ['beta_testers', OWN, 'edX', []],
  ['finance_admin', OWN, 'edX', []],
  ['org_course_creator_group', '', 'edX', []],
  ['Staff', OWN, 'edX', []],
];

for (const [role, course_id, org, sees] of ROLES) {
  test(`${role} of ${course_id || org || 'nothing'} sees ${sees.length} of five courses`, () => {
    const grants = readGrants([{ role, course_id, org }], []);
    assert.deepEqual(
      [OWN, SIBLING, FOREIGN, OLD, CCX].filter((courseId) => allows(grants, courseId)),
      sees,
    );
  });
}

test('further roles can be let in', () => {
  const grants = readGrants([{ role: 'limited_staff', course_id: OWN, org: 'edX' }], ['limited_staff']);
  assert.deepEqual([allows(grants, OWN), allows(grants, SIBLING)], [true, false]);
});

const person: Person = { username: 'prof', isGlobalStaff: false, lmsToken: 'the-token' };

/** An LMS that answers as it is told, and remembers what it was asked. */
const lms = { status: 200, body: '{}', asked: [] as IncomingMessage[] };
const server = createServer((request, response) => {
  lms.asked.push(request);
  if (lms.status === 0) response.destroy();
  else response.writeHead(lms.status, { 'content-type': 'application/json', location: '/elsewhere' }).end(lms.body);
}).listen(0, '127.0.0.1');
await once(server, 'listening');
const lmsUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

const dataDir = await mkdtemp(join(tmpdir(), 'access-'));
const store = await openTestStore(dataDir);
after(async () => {
  server.close();
  await store.close();
  await rm(dataDir, { recursive: true, maxRetries: 10 });
});

const CONFIG = { courseAccess: ['lms'], courseAccessRoles: [], courseAccessKeep: 120, lmsUrl } as const;

function answerRoles(roles: ReadonlyArray<Record<string, string | null>>, is_staff = false): void {
  lms.asked = [];
  lms.status = 200;
  lms.body = JSON.stringify({ is_staff, roles });
}

test('the LMS is asked once, with the token of the person and without a course', async () => {
  answerRoles([
    { role: 'staff', course_id: OWN, org: 'edX' },
    { role: 'instructor', course_id: null, org: 'MITx' },
    { role: 'beta_testers', course_id: SIBLING, org: 'edX' },
  ]);
  const access = createCourseAccess(CONFIG, store);
  const seen = await Promise.all([OWN, SIBLING, FOREIGN].map(async (courseId) => access.maySee(person, courseId)));
  assert.deepEqual(seen, [true, false, true]);
  assert.equal(await access.maySeeAll(person), false);
  assert.equal(lms.asked.length, 1);
  assert.equal(lms.asked[0]?.url, '/api/enrollment/v1/roles/');
  assert.equal(lms.asked[0]?.headers.authorization, 'JWT the-token');
});

for (const course_id of ['', 'None', null]) {
  test(`a role in an organisation with the course ${JSON.stringify(course_id)} is one in all its courses`, async () => {
    answerRoles([{ role: 'staff', course_id, org: 'edX' }]);
    const access = createCourseAccess(CONFIG, store);
    assert.deepEqual([await access.maySee(person, SIBLING), await access.maySee(person, FOREIGN)], [true, false]);
  });
}

test('site staff of the LMS see everything; a role that only sounds so does not', async () => {
  answerRoles([], true);
  assert.equal(await createCourseAccess(CONFIG, store).maySeeAll(person), true);
  answerRoles([{ role: 'global_staff', course_id: null, org: null }]);
  assert.equal(await createCourseAccess(CONFIG, store).maySeeAll(person), false);
});

for (const [status, body] of [
  [0, ''],
  [500, '{}'],
  [429, '{}'],
  [403, '{}'],
  [404, '{}'],
  [302, ''],
  [200, '<html>'],
  [200, '{"roles":"all"}'],
  [200, '{"roles":[],"is_staff":"true"}'],
] as const) {
  test(`an LMS that answers ${status} ${body} grants nothing and is 503`, async () => {
    answerRoles([{ role: 'staff', course_id: OWN, org: 'edX' }]);
    const good = lms.body;
    Object.assign(lms, { status, body });
    const access = createCourseAccess(CONFIG, store);
    await assert.rejects(access.maySee(person, OWN), { code: 'store_unavailable' });
    // and is asked again with the next request
    Object.assign(lms, { status: 200, body: good });
    assert.equal(await access.maySee(person, OWN), true);
  });
}

test('a token that the LMS refuses is no credential; without a token the LMS can tell nothing', async () => {
  answerRoles([], true);
  lms.status = 401;
  await assert.rejects(createCourseAccess(CONFIG, store).maySee(person, OWN), { code: 'invalid_credentials' });
  lms.status = 200;
  const access = createCourseAccess(CONFIG, store);
  assert.equal(await access.maySee({ ...person, lmsToken: null }, OWN), false);
  assert.equal(await access.maySee(person, OWN), true);
});

test('imported roles are looked up by username, and what they grant does not need the LMS', async () => {
  await store.insert('course_roles', [
    { source: 'mysql', username: 'prof', role: 'staff', course_id: OWN, org: 'edX' },
    { source: 'csv', username: 'prof', role: 'instructor', course_id: '', org: 'MITx' },
    { source: 'csv', username: 'ops', role: 'global_staff', course_id: '', org: '' },
  ]);
  lms.status = 0;
  const access = createCourseAccess({ ...CONFIG, courseAccess: ['synced', 'lms'] }, store);
  assert.equal(await access.maySee(person, OWN), true);
  assert.equal(await access.maySee(person, FOREIGN), true);
  await assert.rejects(access.maySee(person, SIBLING), { code: 'store_unavailable' });
  assert.equal(await access.maySeeAll({ ...person, username: 'ops' }), true);
  const synced = createCourseAccess({ ...CONFIG, courseAccess: ['synced'] }, store);
  assert.equal(await synced.maySee({ ...person, username: "prof' OR 1 --" }, OWN), false);
  assert.equal(await synced.maySee({ ...person, username: 'nobody', isGlobalStaff: true }, SIBLING), true);
});

test('a yes is kept for the configured time, a no for 15 seconds, a failure not at all', async () => {
  let now = 0;
  let reads = 0;
  let courseIds = [OWN];
  let fail = false;
  const source = {
    read: async () => {
      reads += 1;
      if (fail) throw new AppError('store_unavailable', 'away');
      return { everything: false, courseIds: new Set(courseIds), orgs: new Set<string>() };
    },
  };
  const access = new GrantedAccess([source], 120, () => now);
  const ask = async (at: number, courseId: string): Promise<readonly [boolean, number]> => {
    now = at * 1000;
    return [await access.maySee(person, courseId), reads];
  };
  assert.deepEqual(await ask(0, OWN), [true, 1]);
  assert.deepEqual(await ask(14, SIBLING), [false, 1]);
  assert.deepEqual(await ask(15, SIBLING), [false, 2]);
  courseIds = [SIBLING];
  assert.deepEqual(await ask(29, SIBLING), [false, 2]);
  assert.deepEqual(await ask(30, SIBLING), [true, 3]);
  assert.deepEqual(await ask(149, SIBLING), [true, 3]);
  courseIds = [];
  assert.deepEqual(await ask(150, SIBLING), [false, 4]);
  fail = true;
  await assert.rejects(ask(166, SIBLING));
  fail = false;
  assert.deepEqual(await ask(166, SIBLING), [false, 6]);
  // of somebody else nothing is known
  assert.equal(await access.maySee({ ...person, username: 'other' }, OWN), false);
  assert.equal(reads, 7);
});
