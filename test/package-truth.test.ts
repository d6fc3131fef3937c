import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import type { Truth } from '../src/demo/truth.ts';
import { writeDemo } from '../src/demo/write-demo.ts';
import { refresh } from '../src/engagement/refresh.ts';
import { ingest } from '../src/ingest/ingest.ts';
import { importPackage } from '../src/lms/import-package.ts';
import { findDifferences } from './compare-truth.ts';
import { openSite } from './open-site.ts';

const UNTIL = new Date('2026-04-20T11:00:00Z');

test('a site whose LMS is known from its data package: the API says what is true', async () => {
  const site = await mkdtemp(join(tmpdir(), 'package-truth-'));
  const options = { learners: 400, courses: 4, days: 15, seed: 77, until: UNTIL, noise: 0.2 };
  await writeDemo({ out: site, ...options, truth: true, gzipRotated: false });
  const truth = JSON.parse(await readFile(join(site, 'truth.json'), 'utf8')) as Truth;
  const { store, ask, close } = await openSite();
  try {
    const result = await importPackage(store, join(site, 'lms/package'));
    assert.deepEqual(result.rejected, {});
    await ingest(store, [join(site, 'logs')], { now: UNTIL });
    await refresh(store, { asOf: truth.as_of });
    const { differences, learners } = await findDifferences(ask, truth);
    assert.deepEqual(differences, []);
    assert.ok(learners > 200);
    assert.equal((await importPackage(store, join(site, 'lms/package'))).changed, 0);
  } finally {
    await close();
    await rm(site, { recursive: true, maxRetries: 10 });
  }
});
