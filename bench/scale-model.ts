import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { shardOf } from '../src/store/cluster-shards.ts';
import { type Proportions, readProportions, readSiteDisk, readSiteSize, SITES } from './measured-scale.ts';
import { type Answered, readAnswers } from './question.ts';
import { ANSWERS, formatTable } from './report.ts';

// What a site needs that nobody ran, from what was measured: the tables of docs/scale.md.
//   npx node bench/scale-model.ts [--write] [--core 25] [--memory 3.5] [--disk 0.1]     prices a month, of a core, a GB, a GB

const PAGE = join(import.meta.dirname, '../docs/scale.md');

const MILLION = 1e6;
const TARGET = {
  enrollments: 100 * MILLION,
  factsAMonth: 1000 * MILLION,
  courses: 9000,
  shards: 5,
  apiMachines: 2,
} as const;
/** Facts are kept so long. */
const MONTHS = 36;
const PEAK = 10;
/** Largest and smallest course, and how sizes fall between them, as the sites that are measured. */
const SIZES = { largest: MILLION, least: 200, power: 0.8 } as const;
/** Disk that is left free: the engine merges into new files, and so does who makes a copy. */
const ROOM = 1.4;
const DISK_STEP = 50;

export interface Prices {
  readonly core: number;
  readonly memory: number;
  readonly disk: number;
}

/** An assumption, in US dollars a month: about what large clouds ask for general machines by list, and for SSDs. */
const PRICES: Prices = { core: 25, memory: 3.5, disk: 0.1 };

/** The tables of the page by their names. */
export function describeScale(kept: ReadonlyMap<string, Answered>, prices: Prices = PRICES): Map<string, string> {
  const measured = readProportions(kept);
  return new Map([
    ['needs', describeNeeds(measured)],
    ['shards', describeShards(measured)],
    ['cost', describeCost(measured, prices)],
    ['proportions', describeProportions(kept)],
  ]);
}

const learners = TARGET.enrollments / MILLION;
const factsAMonth = TARGET.factsAMonth / MILLION;

/** GB of the target, on each machine that holds them. */
function computeDisk(of: Proportions) {
  const facts = (of.facts * factsAMonth) / 1000;
  const roster = (of.roster * learners) / 1000;
  const readModel = (of.readModel * learners) / 1000;
  const copyLearners = (of.copyLearners * learners) / 1000;
  const copies = (of.copyPersons * learners) / 1000 + copyLearners;
  const copyMonth = (of.copyDone * factsAMonth) / 1000;
  return { facts, roster, readModel, copies, copyLearners, copyMonth };
}

function describeNeeds(of: Proportions): string {
  const { facts, roster, readModel, copies, copyLearners, copyMonth } = computeDisk(of);
  const logs = (of.logBytes * TARGET.factsAMonth) / 1e12;
  const rate = (logs * 1e6) / (30 * 86_400);
  const minutes = computeMinutes(of, TARGET.enrollments, TARGET.courses);
  const rows = [
    ['', 'measured', '100 M enrolments, 1 B facts a month'],
    [
      'facts on disk',
      `${formatFew(of.facts)} MB a million`,
      `${formatFew(facts)} GB a month, ${formatFew(facts * 12)} GB a year`,
    ],
    [
      'roster (enrolments, people, changes, identities)',
      `${formatFew(of.roster)} MB a million learners in courses`,
      `${formatFew(roster)} GB`,
    ],
    [
      'read model in the engine',
      `${formatFew(of.readModel)} MB a million`,
      `${formatFew(readModel)} GB, ${formatFew(readModel * 2)} GB while it is replaced`,
    ],
    [
      'local copies: persons, and numbers of a snapshot',
      `${formatFew(of.copyPersons)} and ${formatFew(of.copyLearners)} MB a million learners in courses`,
      `${formatFew(copies)} GB, ${formatFew(copies + copyLearners)} GB while they are replaced, on each machine that serves the API`,
    ],
    [
      'local copies: what was done, by day',
      `${formatFew(of.copyDone)} MB a million facts`,
      `${formatFew(copyMonth)} GB more each month, ${formatFew(copyMonth * 12)} GB a year, on each machine that serves the API, as all days are kept`,
    ],
    [
      "taking in logs, in the demo's mix (85 % irrelevant lines)",
      `a gigabyte holds ${formatFew(1e6 / of.logBytes)} thousand facts; ${formatFew(of.ingestRate)} MB/s`,
      `${formatFew(logs)} TB a month: ${formatFew(rate)} MB/s on average, ${formatFew(rate * PEAK)} MB/s in a peak hour of ten times that`,
    ],
    [
      'refresh at the turn of the day: learners',
      `${of.turnSeconds.toFixed(1)} s for ${of.turnLearners.toLocaleString('en')} learners`,
      `${formatFew((TARGET.enrollments * of.turnSeconds) / of.turnLearners / 60)} minutes, on two cores`,
    ],
    [
      'refresh at the turn of the day: fixed part of each course',
      `${formatFew(of.fixed)} s`,
      `${formatFew((TARGET.courses * of.fixed) / 60)} minutes for ${TARGET.courses.toLocaleString('en')} courses`,
    ],
    ['refresh at the turn of the day: both', '', `${formatFew(minutes)} minutes, on one machine of two cores`],
  ];
  return formatTable(rows, '---').join('\n');
}

function computeMinutes(of: Proportions, enrolled: number, courses: number): number {
  return ((enrolled * of.turnSeconds) / of.turnLearners + courses * of.fixed) / 60;
}

/** Each course goes where the product would put it: the turn of the day ends when the fullest shard is through. */
function describeShards(of: Proportions): string {
  const courses = planCourses();
  const rows = [1, 2, 3, TARGET.shards, 10].map((shards) => {
    const each = Array.from({ length: shards }, () => ({ enrolled: 0, courses: 0 }));
    for (const { id, enrolled } of courses) {
      const shard = each[shardOf(id, shards)]!;
      shard.enrolled += enrolled;
      shard.courses += 1;
    }
    const minutes = each.map((shard) => computeMinutes(of, shard.enrolled, shard.courses));
    const mean = minutes.reduce((sum, one) => sum + one, 0) / shards;
    return [String(shards), `${formatFew(mean)} min`, `${formatFew(Math.max(...minutes))} min`];
  });
  return formatTable([['shards', 'turn of the day, on average', 'the slowest shard'], ...rows]).join('\n');
}

function sizeOf(rank: number, scale: number): number {
  return Math.min(SIZES.largest, Math.max(SIZES.least, scale / rank ** SIZES.power));
}

/** Courses whose sizes fall by a power law, and are as many enrolments as the target has. */
function planCourses(): { readonly id: string; readonly enrolled: number }[] {
  const ranks = Array.from({ length: TARGET.courses }, (_, index) => index + 1);
  const sum = (scale: number) => ranks.reduce((total, rank) => total + sizeOf(rank, scale), 0);
  let [low, high] = [0, TARGET.enrollments];
  for (let step = 0; step < 60; step += 1) {
    const middle = (low + high) / 2;
    if (sum(middle) < TARGET.enrollments) low = middle;
    else high = middle;
  }
  return ranks.map((rank) => ({ id: `course-v1:Org${rank % 40}+C${rank}+2026`, enrolled: sizeOf(rank, high) }));
}

interface Machine {
  readonly what: string;
  readonly count: number;
  readonly cores: number;
  readonly memory: number;
  readonly disk: number;
}

function describeCost(of: Proportions, prices: Prices): string {
  const { facts, roster, readModel, copies, copyLearners, copyMonth } = computeDisk(of);
  // who people are is on every shard whole
  const shardDisk = roundUp((facts * MONTHS + 2 * readModel) / TARGET.shards + roster);
  const apiDisk = roundUp(copies + copyLearners + copyMonth * MONTHS);
  const shard: Machine = { what: 'shard', count: TARGET.shards, cores: 4, memory: 16, disk: shardDisk };
  const machines: Machine[] = [
    shard,
    { what: 'serves the API', count: TARGET.apiMachines, cores: 2, memory: 8, disk: apiDisk },
    { what: 'ships logs', count: 1, cores: 2, memory: 4, disk: 50 },
  ];
  const replicas: Machine = { ...shard, what: 'replica of each shard, where reads must go on without one' };
  const price = ({ count, cores, memory, disk }: Machine) =>
    count * (cores * prices.core + memory * prices.memory + disk * prices.disk);
  const total = machines.reduce((sum, machine) => sum + price(machine), 0);
  const describe = (machine: Machine) => [
    machine.what,
    String(machine.count),
    String(machine.cores),
    `${machine.memory} GB`,
    `${machine.disk.toLocaleString('en')} GB`,
    formatPrice(price(machine)),
  ];
  return [
    ...formatTable([
      ['machine', 'how many', 'cores', 'memory', 'disk, three years of facts', 'all of them, a month'],
      ...machines.map(describe),
      ['together', '', '', '', '', formatPrice(total)],
      describe(replicas),
      ['together with replicas', '', '', '', '', formatPrice(total + price(replicas))],
    ]),
    '',
    `Prices are an assumption, not an offer: $${prices.core} a core, $${prices.memory.toFixed(2)} a GB of memory and $${prices.disk.toFixed(2)} a GB of disk, each for a month; without traffic, backups and the work of people. \`npx node bench/scale-model.ts --core 10 --memory 2 --disk 0.05\` prints the table with others.`,
  ].join('\n');
}

/** With room, in steps that one can buy. */
function roundUp(gigabytes: number): number {
  return Math.ceil((gigabytes * ROOM) / DISK_STEP) * DISK_STEP;
}

/** Whether what is proportional is so: each site from the proportions of the one before. */
function describeProportions(kept: ReadonlyMap<string, Answered>): string {
  const rows = SITES.map((site, index) => {
    const own = readSiteDisk(kept, site);
    const size = readSiteSize(kept, site);
    const sum = (of: typeof own) => size.facts * of.facts + size.learners * (of.roster + of.readModel);
    const before = SITES[index - 1];
    return [
      site.toLocaleString('en'),
      ...[own.facts, own.roster, own.readModel].map((megabytes) => `${formatFew(megabytes)} MB`),
      `${formatFew(sum(own))} MB`,
      before === undefined ? '' : `${formatFew(sum(readSiteDisk(kept, before)))} MB`,
    ];
  });
  return formatTable([
    [
      'learners in courses',
      'facts, a million',
      'roster, a million learners',
      'read model, a million learners',
      'in the engine',
      'by the proportions of the site before',
    ],
    ...rows,
  ]).join('\n');
}

function formatPrice(dollars: number): string {
  return `$${(Math.round(dollars / 10) * 10).toLocaleString('en')}`;
}

/** Two digits, or three. */
function formatFew(value: number): string {
  if (value >= 100) return Math.round(value).toLocaleString('en');
  return value >= 20 ? value.toFixed(0) : value.toFixed(value >= 1 ? 1 : 2);
}

/** The page with the tables of today. @throws where it has no place for one */
export function fillPage(page: string, tables: ReadonlyMap<string, string>): string {
  let text = page;
  for (const [name, table] of tables) {
    const place = new RegExp(`(<!-- bench/scale-model.ts: ${name} -->\n)[^]*?(<!-- end -->)`);
    if (!place.test(text)) throw new Error(`docs/scale.md has no place for ${name}.`);
    text = text.replace(place, (_, begin: string, end: string) => `${begin}\n${table}\n\n${end}`);
  }
  return text;
}

/** Puts the tables into docs/scale.md. */
export async function writeScale(): Promise<void> {
  const tables = describeScale(await readAnswers(ANSWERS));
  await writeFile(PAGE, fillPage(await readFile(PAGE, 'utf8'), tables));
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      write: { type: 'boolean', default: false },
      core: { type: 'string', default: String(PRICES.core) },
      memory: { type: 'string', default: String(PRICES.memory) },
      disk: { type: 'string', default: String(PRICES.disk) },
    },
  });
  if (values.write) return writeScale();
  const prices = { core: Number(values.core), memory: Number(values.memory), disk: Number(values.disk) };
  for (const [name, table] of describeScale(await readAnswers(ANSWERS), prices)) console.log(`${name}\n\n${table}\n`);
}

if (import.meta.main) await main();
