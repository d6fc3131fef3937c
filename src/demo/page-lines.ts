import { type Speaker, formatBrowserLine, formatLine, formatServerLine, HOST } from './format-line.ts';
import { quote } from './format-text.ts';
import type { Random } from './random.ts';

/** A page request as the server logs it: `type` is the path itself. */
export function formatRequest(speaker: Speaker, time: string, path: string, get = '{}'): string {
  const text = quote(path);
  return formatLine({ ...speaker, bus: false }, time, {
    name: path.startsWith('/api/') ? text.slice(1, -1) : null,
    type: text.slice(1, -1),
    source: 'server',
    page: 'null',
    path: text,
    payload: quote(`{"GET": ${get}, "POST": {}}`),
  });
}

/** What somebody did on a page, as its scripts tell it. */
export function formatClick(speaker: Speaker, time: string, name: string, payload: string, type = name): string {
  return formatBrowserLine(speaker, time, name, speaker.bus ? payload : quote(payload), type);
}

/** A search in the catalogue. */
export function formatSearch(speaker: Speaker, time: string, payload: string): string {
  return formatServerLine(speaker, time, 'edx.course_discovery.search.initiated', {
    path: '"/search/course_discovery/"',
    payload,
  });
}

type PageLine = (speaker: Speaker, time: string, random: Random) => string;

const PAGE_LINES: readonly (readonly [PageLine, number])[] = [
  [(speaker, time, random) => formatRequest(speaker, time, random.pick(speaker.course.pages)), 9],
  [(speaker, time) => formatRequest(speaker, time, `/courses/${speaker.course.id}/progress`), 3],
  [(speaker, time) => formatRequest(speaker, time, `/courses/${speaker.course.id}/course/`), 4],
  [
    (speaker, time, random) =>
      formatRequest(
        speaker,
        time,
        `/api/courseware/sequence/${random.pick(speaker.course.pages).slice(-33)}`,
        '{"preview": ["0"]}',
      ),
    5,
  ],
  [(speaker, time) => formatRequest(speaker, time, '/api/course_home/outline/'), 4],
  [
    (speaker, time, random) =>
      formatClick(
        speaker,
        time,
        'edx.ui.lms.sequence.tab_selected',
        `{"target_tab": ${random.int(6)}, "current_tab": 1, "tab_count": 6, "widget_placement": "top", "id": "${random.pick(speaker.course.pages).slice(-33, -1)}"}`,
        'seq_goto',
      ),
    5,
  ],
  [
    (speaker, time, random) =>
      formatClick(
        speaker,
        time,
        'edx.ui.lms.sequence.next_selected',
        `{"current_tab": ${1 + random.int(5)}, "tab_count": 6, "widget_placement": "bottom", "id": "${random.pick(speaker.course.pages).slice(-33, -1)}"}`,
        'seq_next',
      ),
    6,
  ],
  [(speaker, time) => formatClick(speaker, time, 'page_close', '{}'), 7],
  [
    (speaker, time) =>
      formatClick(
        speaker,
        time,
        'edx.ui.lms.outline.selected',
        `{"target_url": ${speaker.pageText}, "target_name": "Week", "widget_placement": "accordion"}`,
      ),
    3,
  ],
  [
    (speaker, time) =>
      formatClick(
        speaker,
        time,
        'edx.ui.lms.link_clicked',
        `{"current_url": ${speaker.pageText}, "target_url": "https://${HOST}/dashboard"}`,
      ),
    5,
  ],
  [
    (speaker, time, random) =>
      formatClick(
        speaker,
        time,
        'textbook.pdf.page.scrolled',
        `{"chapter": "https://${HOST}/static/week.pdf", "page": ${random.int(90)}, "direction": "down"}`,
        'book',
      ),
    2,
  ],
];

/** One line of somebody looking around in a course; never counts. */
export function formatPageLine(speaker: Speaker, time: string, random: Random): string {
  return random.weigh(PAGE_LINES)(speaker, time, random);
}

/** Requests of programs that look for weak places. */
const SCANS = [
  '/wp-login.php',
  '/.env',
  '/xmlrpc.php',
  '/.git/config',
  '/phpmyadmin/index.php',
  '/cgi-bin/luci',
  '/admin.php?id=1%27',
  '/wp-content/plugins/',
];
const SCANNERS = ['"Mozilla/5.0 zgrab/0.x"', '"python-requests/2.31.0"', '"curl/8.5.0"', '""'];
const PUBLIC_PATHS = [
  '/',
  '/courses',
  '/login',
  '/heartbeat',
  '/api/mobile/v3/course_info/blocks/',
  '/csrf/api/v1/token',
  '/register',
  '/asset-v1:DemoX+ML101+2026_T1+type@asset+block/logo.png',
];

/** One line that belongs to no session of a learner; never counts. `visitor` has no login. */
export function formatStrayLine(visitor: Speaker, time: string, random: Random): string {
  const stranger: Speaker = { ...visitor, courseIdText: '""', orgText: '""', pageText: '""', languageText: '""' };
  const kind = random.next();
  if (kind < 0.25) {
    return formatRequest(
      { ...stranger, agentText: random.pick(SCANNERS), sessionText: '""' },
      time,
      random.pick(SCANS),
    );
  }
  if (kind < 0.75) return formatRequest(stranger, time, random.pick(PUBLIC_PATHS));
  if (kind < 0.9) return formatRequest(visitor, time, `/courses/${visitor.course.id}/about`);
  const term = random.pick(['statistics', 'data', 'biology', 'écrire'].map(quote));
  return formatSearch(stranger, time, `{"search_term": ${term}, "page_size": 20, "page_number": 0, "facets": {}}`);
}
