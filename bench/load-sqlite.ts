import { closeSync, createReadStream, fsyncSync, openSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { createInterface } from 'node:readline';
import type { CourseAnswers } from './read-course.ts';
import { SORTABLE, type RivalRow } from './rival-columns.ts';
import { INDEXES, packSegments, spellBytes, TABLES } from './sqlite-tables.ts';

/** What it takes to write a file that nobody reads before it has its name: no journal, and on disk once at the end. */
const WRITING = `
  PRAGMA page_size = 8192; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA locking_mode = EXCLUSIVE;
  PRAGMA cache_size = -500000; PRAGMA threads = 2; PRAGMA temp_store = MEMORY`;

/** The search keeps this much in memory before it writes. */
const SEARCH_BYTES = 256 * 1024 ** 2;

/**
 * Writes a course, with what its learners did day by day in a file of usernames and lists. Each step's time is in the table
 * `build`: SQLite's own alone, not that of what the rows come from.
 */
export async function writeSqlite(path: string, course: CourseAnswers, daysPath: string): Promise<void> {
  const database = new DatabaseSync(path);
  const build = new Map<string, number>();
  const time = (step: string, run: () => void) => {
    const began = performance.now();
    run();
    build.set(step, (build.get(step) ?? 0) + (performance.now() - began) / 1000);
  };
  try {
    database.exec(
      `${WRITING}; ${TABLES}; INSERT INTO search (search, rank) VALUES ('hashsize', ${SEARCH_BYTES}); BEGIN`,
    );
    database.prepare('INSERT INTO course VALUES (1, ?, ?)').run(course.learnerCount, course.metadata);
    const write = prepareLearners(database);
    let id = 1;
    for await (const rows of course.pages) {
      const first = id;
      id += rows.length;
      time('learners', () => write.learners(rows, first));
      time('search', () => write.search(rows, first));
    }
    time('search', () => database.exec('COMMIT'));
    for (const index of INDEXES) time('indexes', () => database.exec(index));
    database.exec('BEGIN');
    const insert = database.prepare('INSERT INTO timelines SELECT id, ? FROM learners WHERE username = ?');
    for await (const lines of readLines(daysPath))
      time('timelines', () => {
        for (const line of lines) {
          const [username = '', days = ''] = line.split('\t');
          insert.run(days, username);
        }
      });
    time('timelines', () => database.exec('COMMIT'));
    time('on disk', () => syncFile(path));
    const note = database.prepare('INSERT INTO build VALUES (?, ?)');
    for (const [step, seconds] of build) note.run(step, seconds);
  } finally {
    database.close();
  }
}

function prepareLearners(database: DatabaseSync) {
  const learner = database.prepare(`INSERT INTO learners VALUES (?, ?, ${SORTABLE.map(() => '?').join(', ')}, ?)`);
  const text = database.prepare('INSERT INTO texts VALUES (?, ?)');
  const document = database.prepare('INSERT INTO documents VALUES (?, ?)');
  const bytes = database.prepare('INSERT INTO search (rowid, bytes) VALUES (?, ?)');
  return {
    learners: (rows: readonly RivalRow[], first: number) => {
      for (const [index, row] of rows.entries()) {
        const sortable = SORTABLE.map((column) => row[column]);
        learner.run(first + index, packSegments(row.segments), ...sortable, row.username);
        text.run(first + index, row.search_text);
        document.run(first + index, row.document);
      }
    },
    search: (rows: readonly RivalRow[], first: number) => {
      for (const [index, row] of rows.entries()) bytes.run(first + index, spellBytes(row.search_text));
    },
  };
}

async function* readLines(path: string): AsyncGenerator<string[]> {
  let lines: string[] = [];
  for await (const line of createInterface(createReadStream(path))) {
    if (lines.push(line) < 1000) continue;
    yield lines;
    lines = [];
  }
  yield lines;
}

export function syncFile(path: string): void {
  const file = openSync(path, 'r+');
  fsyncSync(file);
  closeSync(file);
}
