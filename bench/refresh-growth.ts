import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { addDays } from '../src/engagement/days.ts';
import { SITE_END, makeSite } from './make-site.ts';
import type { BenchContext, Outcome, Question, Row } from './question.ts';
import { NEW_FACTS, addNews, startTurns, writeNews } from './refresh.ts';
import { HOW_TIMED, describe, time } from './timed.ts';

/** What taking in the same number of facts, and telling of them, takes the larger the site is. */
export const REFRESH_GROWTH: Question = {
  name: 'refresh-growth',
  asks: 'How does it grow with the site what a refresh takes?',
  answer: run,
};

const SITES = [10_000, 100_000, 1_000_000, 10_000_000] as const;

async function run(context: BenchContext): Promise<Outcome> {
  const rows: Row[] = [];
  for (const size of context.quick ? SITES.slice(0, 1) : SITES) rows.push(...(await measureSite(context, size)));
  return {
    rows,
    goals: [],
    notes: [
      `${HOW_TIMED} The new facts are of the largest course: it has 4,500 learners at 10,000, 45,000 at 100,000, a million at the two largest sites.`,
    ],
  };
}

async function measureSite(context: BenchContext, size: number): Promise<Row[]> {
  const site = join(context.dir, `site-${size}`);
  await makeSite(site, size, context.say);
  const data = join(context.dir, 'refreshed-growth');
  const log = `${data}.log`;
  const found = startTurns();
  const product = async (argv: string) => time(argv, data, context.say);
  try {
    await rm(data, { recursive: true, force: true });
    await cp(site, data, { recursive: true });
    // what was copied was made by another version, perhaps
    await product(`refresh --as-of ${SITE_END}`);
    for (let round = 0; round < context.rounds; round += 1) {
      await writeNews(data, log, round);
      await addNews(found, product, log);
    }
    for (let round = 1; round <= context.rounds; round += 1) {
      found.turn.push(await product(`refresh --as-of ${addDays(SITE_END, round)}`));
    }
  } finally {
    await rm(data, { recursive: true, force: true });
    await rm(log, { force: true });
  }
  const of = `site of ${size.toLocaleString('en')}`;
  return [
    describe(`${of}: ingest of ${NEW_FACTS.toLocaleString('en')} new facts into it`, found.ingest),
    describe(`${of}: refresh after them`, found.changed),
    describe(`${of}: refresh with nothing to do`, found.nothing),
    describe(`${of}: refresh at the turn of the day, all learners computed anew`, found.turn),
  ];
}
