import { appendFileSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { issueKey, readMemory, startServer, MAIN } from './product.ts';
import type { BenchContext, Outcome, Question, Row } from './question.ts';

/**
 * How long a line takes from the log to the API, while a thousand lines a second are written, the log is rotated every 20
 * seconds and a client keeps asking; and what that costs in memory.
 */
export const FOLLOW: Question = {
  name: 'follow',
  asks: 'How long from a line in a log to the API?',
  answer: run,
};

const RATE = 1000;
const LEARNERS = 5000;
const COURSES = 5;

async function run(context: BenchContext): Promise<Outcome> {
  const seconds = context.quick ? 10 : 60;
  const folder = mkdtempSync(join(tmpdir(), 'follow-'));
  const log = join(folder, 'logs', 'tracking.log');
  mkdirSync(join(folder, 'logs'));
  const scribe = createScribe(log);
  const dataDir = join(folder, 'data');
  const key = await issueKey({ dataDir });
  const server = await startServer(
    [MAIN, 'serve', '--port', '0', '--data', dataDir, '--watch', log],
    /^Serving http:\/\/[^/]+:(\d+)\//,
  );
  const ask = async (path: string) =>
    fetch(`http://127.0.0.1:${server.port}/api/v0/${path}`, { headers: { authorization: `Token ${key}` } });
  const course = `course_id=${encodeURIComponent(nameCourse(0))}`;
  const ending = AbortSignal.timeout(seconds * 1000);
  const answers: number[] = [];
  const latencies: number[] = [];

  async function query(): Promise<void> {
    while (!ending.aborted) {
      const asked = performance.now();
      await (await ask(`learners/?${course}&page_size=20&order_by=problem_attempts`)).text();
      answers.push(performance.now() - asked);
      await wait(20);
    }
  }

  async function probe(): Promise<void> {
    for (let learner = LEARNERS; !ending.aborted; learner += 1) {
      const asked = performance.now();
      scribe.writeAnswer(learner);
      while (!ending.aborted && (await ask(`learners/learner_${learner}/?${course}`)).status !== 200) await wait(100);
      if (!ending.aborted) latencies.push(performance.now() - asked);
    }
  }

  async function write(): Promise<void> {
    const started = performance.now();
    let [due, rotations] = [0, 0];
    while (!ending.aborted) {
      const elapsed = (performance.now() - started) / 1000;
      const count = Math.floor(elapsed * RATE) - due;
      scribe.writeLines(count);
      due += count;
      if (elapsed > (rotations + 1) * 20) {
        rotations += 1;
        renameSync(log, `${log}.${rotations}`);
      }
      await wait(50);
    }
  }

  try {
    await Promise.all([query(), probe(), write()]);
    return {
      rows: [
        { ...describe('from the line to the API', latencies), memoryMb: readMemory(server.pid).peak },
        describe('the API meanwhile: a sorted page', answers),
      ],
      goals: [],
      notes: [
        `${RATE.toLocaleString('en')} lines a second for ${seconds} s, a fifth of them answers, the log rotated every 20 s; ${latencies.length} lines were waited for, asking every 100 ms.`,
      ],
    };
  } finally {
    await server.close();
    rmSync(folder, { recursive: true });
  }
}

const nameCourse = (number: number) => `course-v1:edX+Bench${number}+2026`;

function createScribe(log: string) {
  let written = 0;
  const formatLine = (learner: number, course: number, isAnswer: boolean): string => {
    written += 1;
    const course_id = nameCourse(course);
    return `${JSON.stringify({
      username: `learner_${learner}`,
      event_type: isAnswer ? 'problem_check' : `/courses/${course_id}/courseware/chapter_${written % 7}/`,
      event_source: 'server',
      time: new Date().toISOString(),
      agent: 'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0',
      context: { course_id, user_id: learner + 1, path: '/event', org_id: 'edX' },
      event: isAnswer ? { problem_id: `p${written % 40}`, success: 'correct', attempts: written } : `{"n": ${written}}`,
      padding: 'x'.repeat(400),
    })}\n`;
  };
  return {
    writeAnswer: (learner: number) => appendFileSync(log, formatLine(learner, 0, true)),
    writeLines: (count: number) => {
      const lines = Array.from({ length: count }, () =>
        formatLine(Math.floor(Math.random() * LEARNERS), Math.floor(Math.random() * COURSES), written % 5 === 0),
      );
      appendFileSync(log, lines.join(''));
    },
  };
}

function describe(what: string, milliseconds: readonly number[]): Row {
  const sorted = milliseconds.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN;
  return { what, unit: 'ms', median: at(0.5), ...(sorted.length < 100 ? { most: at(1) } : { p99: at(0.99) }) };
}
