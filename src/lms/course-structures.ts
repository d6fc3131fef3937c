import { readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { showPath } from '../show-path.ts';
import { requireFile } from './require-file.ts';

/** What courses are called, by course key, out of the structures of courses in a data package. */
export interface CourseNames {
  readonly names: ReadonlyMap<string, string>;
  /** Files that were read. */
  readonly files: number;
  /** Sentences about files that tell nothing. */
  readonly warnings: readonly string[];
}

const unpack = promisify(gunzip);

/** Bytes of a structure, unpacked, that are read: those of courses have some millions. */
const LARGEST = 256 * 1024 ** 2;

/** Of the names of files, those that tell the structure of a course. */
export function recognizeStructures(names: readonly string[]): string[] {
  return names.filter((name) => /(?:^|-)course_structure-[^/\\]*\.json(?:\.gz)?$/.test(basename(name)));
}

/**
 * Reads the structures of courses: objects of blocks by their keys, of which one is the course. Of packages of several days, in
 * folders that are sorted by their names, the latest file of each name counts.
 */
export async function readCourseNames(folder: string, files: readonly string[]): Promise<CourseNames> {
  const latest = new Map(files.map((file) => [basename(file).replace(/\.gz$/, ''), file]));
  const names = new Map<string, string>();
  const warnings: string[] = [];
  for (const file of latest.values()) {
    const path = join(folder, file);
    const named = await readStructure(path);
    if (named === null)
      warnings.push(
        `${showPath(path)} cannot be read as the structure of a course: what the course is called stays as it was.`,
      );
    else names.set(named.courseId, named.name);
  }
  return { names, files: latest.size, warnings };
}

async function readStructure(path: string): Promise<{ courseId: string; name: string } | null> {
  try {
    requireFile(path);
    if ((await stat(path)).size > LARGEST) return null;
    const content = await readFile(path);
    const unpacked = path.endsWith('.gz') ? await unpack(content, { maxOutputLength: LARGEST }) : content;
    const text = unpacked.toString('utf8');
    for (const [key, block] of Object.entries(
      JSON.parse(text.replace(/^\uFEFF/, '')) as Record<string, Block | null>,
    )) {
      if (block?.category !== 'course') continue;
      const courseId = readCourseKey(key);
      const name = block.metadata?.display_name;
      if (courseId !== null) return { courseId, name: typeof name === 'string' ? name : '' };
    }
    return null;
  } catch {
    return null;
  }
}

interface Block {
  readonly category?: unknown;
  readonly metadata?: { readonly display_name?: unknown } | null;
}

/** The key of a course, out of that of the block which is the course. */
function readCourseKey(key: string): string | null {
  const [, kind, parts] = /^(ccx-)?block-v1:(.+)\+type@course\+block@/.exec(key) ?? [];
  if (parts !== undefined) return `${kind === undefined ? 'course' : 'ccx'}-v1:${parts}`;
  const [, org, course, run] = /^i4x:\/\/([^/]+)\/([^/]+)\/course\/([^/]+)$/.exec(key) ?? [];
  return run === undefined ? null : `${org}/${course}/${run}`;
}
