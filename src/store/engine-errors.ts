import { AppError } from '../errors.ts';

/** Error codes of ClickHouse that mean "not now": time or memory used up, too busy, disk full, read-only, network. */
const UNAVAILABLE = new Set([
  '75',
  '159',
  '160',
  '202',
  '203',
  '209',
  '210',
  '236',
  '241',
  '242',
  '243',
  '279',
  '319',
  '999',
]);

const LOCKED = '76';

/** Codes that say a file given to the engine cannot be read to its end: decompression, reading, not found. */
const UNREADABLE = new Set(['33', '74', '107', '117', '271', '354', '432', '452', '554', '561', '572', '636', '677']);

/** What went wrong in the engine, as the product says it. The engine's own words stay in `cause`: they may hold SQL. */
export function describeEngineError(error: unknown, dataDir: string): AppError {
  if (error instanceof AppError) return error;
  const { code, message } = readEngineError(error);
  if (code === LOCKED) {
    return new AppError(
      'store_locked',
      `The data directory ${dataDir} is in use by another learner-analytics process. Stop that one, or give this one another directory (--data DIR).`,
      { cause: error },
    );
  }
  if (code === '243' || /No space left on device/i.test(message)) {
    return new AppError(
      'store_unavailable',
      `The disk of the data directory ${dataDir} is full. Free some space and run the command again; what was stored before is intact.`,
      { cause: error },
    );
  }
  if (/Permission denied|Read-only file system/i.test(message)) {
    return new AppError('store_unavailable', `The data directory ${dataDir} cannot be written.`, { cause: error });
  }
  if (UNREADABLE.has(code))
    return new AppError('source_unreadable', 'The file cannot be read to its end.', { cause: error });
  if (UNAVAILABLE.has(code) || /^E[A-Z]+$/.test(code)) {
    return new AppError('store_unavailable', `The store could not do that now (engine code ${code}).`, {
      cause: error,
    });
  }
  return new AppError('internal_error', `The store refused a statement (engine code ${code}).`, { cause: error });
}

/** The engine's error code as text, `''` if there is none: errors come from two copies of a class, so it is read by shape. */
function readEngineError(error: unknown): { code: string; message: string } {
  const message = error instanceof Error ? error.message : String(error);
  const stated = (error as { code?: unknown } | null)?.code;
  if (typeof stated === 'string' && stated !== '' && !stated.startsWith('CHDB_')) return { code: stated, message };
  return { code: /Code: (\d+)/.exec(message)?.[1] ?? '', message };
}
