import { type LmsTableName, selectColumns } from './lms-tables.ts';

/** A table of the LMS, or a part of it, as tab-separated text with backslash escapes and a header line. */
export interface TableFile {
  readonly table: LmsTableName;
  readonly path: string;
  /** What of the site it tells about, as the file's name has it with `*` for the table: a course, mostly. */
  readonly part: string;
  /** The header: all columns, in order. */
  readonly columns: readonly string[];
  readonly compression: 'none' | 'gz';
  /** Of both tables of cohorts in one: who is in which group, by the group's name. */
  readonly joined: boolean;
  /** Whether lines end in CR LF. */
  readonly crlf: boolean;
}

/** The tables of an LMS in files. */
export interface TableFiles {
  readonly files: readonly TableFile[];
  /** All parts of the site that are known to be there, also those that no file tells about. */
  readonly parts: readonly string[];
  /**
   * How a missing value is written: only as `\N`, or as the word NULL too, which the edX data packages do. Those
   * leave open whether somebody wrote that word, so it counts as text in columns that must have a value.
   */
  readonly nulls: 'escaped' | 'word';
  /** Whether every course of the site is in there, so that a course without groups has none. */
  readonly complete: boolean;
}

/** Whether the files of a part tell who is staff of its courses: by number, and which names these are. */
export function tellsStaff({ files }: TableFiles, part: string): boolean {
  const has = (name: LmsTableName) => files.some((file) => file.part === part && file.table === name);
  return has('auth_user') && has('student_courseaccessrole');
}

/** Whether the files of a part tell who of its people is staff of the site. */
export function tellsStaffOfSite({ files }: TableFiles, part: string): boolean {
  return files.some(
    (file) =>
      file.part === part &&
      file.table === 'auth_user' &&
      selectColumns(file.table, file.columns).some((name) => name.startsWith('is_')),
  );
}
