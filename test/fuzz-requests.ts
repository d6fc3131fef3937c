import { describeApi } from '../src/api/openapi.ts';
import { METRICS } from '../src/engagement/metrics.ts';
import { DEMO_COURSE, OLD_COURSE } from './sample-site.ts';

/** A request as it could come over the wire. */
export interface FuzzRequest {
  readonly method: string;
  /** Path and query below the mount, as a client would send them. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** A small generator of reproducible numbers (mulberry32). */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d_2b_79_f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

// prettier-ignore
const HOSTILE = [
  '', ' ', '\t', '\n', '\0', '0', '-1', '-0', '1e309', '0x10', '٣', 'NaN', 'Infinity', 'null', 'undefined', 'true',
  '__proto__', 'constructor', 'toString', "' OR 1=1 --", '"; DROP TABLE learners', '{x:String}', '{course:String}', '?', '%',
  '%25', '%00', '%0d%0aX-Evil: 1', '../../etc/passwd', '..%2f..%2f', '.', '..', '%2e%2e', '<script>alert(1)</script>', '\\', '\\N', "\\'", '\\x00',
  '😀', 'e\u0301', 'İ', 'ß', '\uFFFF', '\u202E', '\uFEFF', '%ED%A0%80', '%FF', '%zz', '*', '**', '_', '[]', '[', ',,,,', ';', '#', '&',
  '=', '+', '++', 'a'.repeat(300), '9'.repeat(40), '2026-02-30', '9999-12-31', '0001-01-01', '10000-01-01', '2026-10-19T00:00', '2026-1-1 ', '1970-01-01', '2149-06-07',
  '2299-12-31', '$(id)', '{{7*7}}', 'course-v1:a+b+c', 'ccx-v1:edX+DemoX+2026+ccx@1', 'a/b/c', 'a//c', '=1+1', '@SUM(A1)', '4.5', '1.', '.5', '999999999999999', '0.000000000000001',
  '9007199254740991', '9007199254740993', '18446744073709551616',
];

/** What the parameters may well be, besides the choices and examples of the description. */
const GOOD: Readonly<Record<string, readonly string[]>> = {
  course_id: [DEMO_COURSE, DEMO_COURSE, DEMO_COURSE, OLD_COURSE, 'a/b/c'],
  username: ['maria', 'maria', 'idle', 'gone', 'Ωmega.ünï+1@x-y_z', 'learner_07', 'nobody'],
  start_date: ['2026-10-19', '2026-10-1', '2024-2-29', '2025-01-01'],
  end_date: ['2026-10-26', '2026-10-20', '2026-11-30', '2026-1-1'],
  text_search: ['maria', 'nunez', 'crowd 1', 'a e i', 'example.com', 'learner_1', '100% _real_'],
  segments: ['struggling', 'inactive,disengaging', 'highly_engaged', 'unenrolled', 'struggling,struggling'],
  ignore_segments: ['struggling', 'inactive,disengaging', ''],
  cohort: ['Cohort A', 'B & C, "d"', ''],
  enrollment_mode: ['honor', 'audit', 'verified', ''],
  page: ['1', '2', '3', '01'],
  page_size: ['1', '10', '25', '1000'],
  fields: [
    'engagements.videos_viewed,username',
    'username',
    'engagements',
    'segment_reasons,segments',
    'engagements.levels.days_active',
    'nonsense',
  ],
  snapshot: ['1', '1779012345678901'],
  ...Object.fromEntries(
    METRICS.flatMap((metric) => [
      [`${metric}_min`, ['0', '1', '2.5']],
      [`${metric}_max`, ['0', '3', '100']],
    ]),
  ),
};

// prettier-ignore
const HEADERS: Readonly<Record<string, readonly string[]>> = {
  accept: ['application/json', 'text/csv', '*/*', 'text/html', '', 'application/json;q=x', ';;;,', 'text/*;q=0.1,*/*;q=0', 'text/csv;q=0.5, application/json;q=0.4', 'a'.repeat(500)],
  'accept-encoding': ['gzip', 'br', 'gzip;q=0', '*', 'x'.repeat(200)],
  'if-none-match': ['*', '"x"', 'W/"x"', '"', ',,,', 'x'.repeat(1000)],
  'x-request-id': ['mine', 'a b', '\t', 'x'.repeat(300), '<b>'],
  origin: ['https://evil.example', 'null', ':', 'http://127.0.0.1'],
  host: ['evil.example', '[::1]', 'a:99999'],
  'x-forwarded-host': ['evil.example', '"'],
  cookie: ['la_session=x', 'la_session=', '=;;=', 'edx-jwt-cookie-header-payload=a.b; edx-jwt-cookie-signature=c'],
  range: ['bytes=0-1'],
  authorization: ['', 'Token', 'Token  x', `Token la_${'A'.repeat(43)}`, `token la_${'é'.repeat(43)}`, 'JWT', 'JWT a.b.c', 'Bearer ..', 'Bearer eyJhbGciOiJub25lIn0.e30.', 'JWT eyJhbGciOiJIUzI1NiJ9.e30.x', `JWT ${'A'.repeat(9000)}.A.A`, 'Basic dTpw', 'Token a b c', '"'],
};

const OPERATIONS = Object.entries(describeApi().paths).map(([path, { get }]) => ({ path, parameters: get.parameters }));
const PARAMETERS = [...new Set(OPERATIONS.flatMap(({ parameters }) => parameters.map(({ name }) => name)))];

/** Makes requests out of the description of the API, and spoils many of them. */
export function createFuzzer(seed: number): () => FuzzRequest {
  const random = createRandom(seed);
  const chance = (share: number): boolean => random() < share;
  const upTo = (count: number): number => Math.floor(random() * count);

  function pick<Value>(values: readonly Value[]): Value {
    const value = values[upTo(values.length)];
    if (value === undefined) throw new Error('nothing to pick from');
    return value;
  }

  function choose(name: string, schema: object | boolean): string {
    const choices = typeof schema === 'object' && 'enum' in schema && Array.isArray(schema.enum) ? schema.enum : [];
    const good = [...choices.map(String), ...(GOOD[name] ?? [])];
    if (good.length > 0 && chance(0.75)) return pick(good);
    return chance(0.7) ? pick(HOSTILE) : pick(Object.values(GOOD).flat());
  }

  /** As clients write it: escaped, half escaped, or not at all. */
  function write(text: string): string {
    if (!text.isWellFormed()) return 'x';
    const way = random();
    if (way < 0.6) return encodeURIComponent(text);
    return way < 0.8 ? encodeURI(text).replaceAll('#', '%23').replaceAll('&', '%26') : text;
  }

  /** One character gone, doubled, or another in its place. */
  function spoil(text: string): string {
    const at = upTo(text.length);
    const other = pick([
      '',
      '%',
      '/',
      '//',
      '.',
      '+',
      ' ',
      '&',
      '=',
      '?',
      '\\',
      ';',
      '\0',
      'é',
      '\u{1F600}',
      text[at] ?? '',
    ]);
    return text.slice(0, at) + other + text.slice(at + upTo(2));
  }

  return function makeRequest(): FuzzRequest {
    const { path, parameters } = pick(OPERATIONS);
    const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => write(choose(name, {})));
    const share = pick([0, 0.1, 0.3, 0.6]);
    const pairs = parameters
      .filter(({ in: place, required }) => place === 'query' && (required ? chance(0.95) : chance(share)))
      .map(({ name, schema }) => `${name}=${write(choose(name, schema))}`);
    if (chance(0.01)) pairs.push(`x=${'x'.repeat(7000 + upTo(3000))}`);
    if (chance(0.1)) pairs.push(`${write(chance(0.5) ? pick(PARAMETERS) : pick(HOSTILE))}=${write(pick(HOSTILE))}`);
    if (chance(0.05) && pairs.length > 0) pairs.push(pick(pairs));
    if (chance(0.2)) pairs.reverse();
    let target = `${chance(0.3) ? filled.replace(/\/$/, '') : filled}${pairs.length > 0 ? `?${pairs.join('&')}` : ''}`;
    for (let left = chance(0.15) ? 1 + upTo(4) : 0; left > 0; left -= 1) target = spoil(target);
    // no server ever sees these raw: parsers of URLs drop some, those of HTTP refuse them
    target = target.replaceAll(/[\0-\u0020\u007F]/g, encodeURIComponent);
    const headers = Object.entries(HEADERS).filter(([name]) => chance(name === 'accept' ? 0.3 : 0.05));
    return {
      method: chance(0.92) ? 'GET' : pick(['HEAD', 'HEAD', 'POST', 'OPTIONS', 'DELETE', 'PUT', 'PATCH']),
      target: target.startsWith('/') ? target : `/${target}`,
      headers: Object.fromEntries(headers.map(([name, values]) => [name, pick(values)])),
    };
  };
}
