import type { LmsTableName } from './lms-tables.ts';

/** A table of the LMS, or a part of it, as tab-separated text with backslash escapes and a header line. */
export interface TableFile {
  readonly table: LmsTableName;
  readonly path: string;
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
  /**
   * How a missing value is written: only as `\N`, or as the word NULL too, which the edX data packages do. Those
   * leave open whether somebody wrote that word, so it counts as text in columns that must have a value.
   */
  readonly nulls: 'escaped' | 'word';
  /** Whether every course of the site is in there, so that a course without groups has none. */
  readonly complete: boolean;
}
