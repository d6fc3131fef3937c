import { FOLLOW } from './follow-logs.ts';
import { GROWTH } from './growth.ts';
import { INGEST } from './ingest.ts';
import type { Question } from './question.ts';
import { RAW_EVENTS } from './raw-events.ts';
import { REFRESH_GROWTH } from './refresh-growth.ts';
import { REFRESH } from './refresh.ts';
import { REQUESTS } from './requests.ts';
import { SERVER } from './server.ts';
import { SMALL_COURSES } from './small-courses.ts';
import { SNAPSHOT } from './snapshot.ts';
import { TUNED_ENGINE } from './tuned-engine.ts';
import { UNDER_LOAD } from './under-load.ts';

/** All of them, in the order in which they are asked and told. */
export const QUESTIONS: readonly Question[] = [
  INGEST,
  ...REQUESTS,
  TUNED_ENGINE,
  RAW_EVENTS,
  REFRESH,
  REFRESH_GROWTH,
  SMALL_COURSES,
  SERVER,
  SNAPSHOT,
  ...GROWTH,
  UNDER_LOAD,
  FOLLOW,
];
