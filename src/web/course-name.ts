export interface CourseName {
  readonly org: string;
  readonly course: string;
  readonly run: string;
  /** The number of a custom course within it. */
  readonly ccx: string | null;
}

/** The parts of a course id; of what is none, the whole as its course. */
export function readCourseName(id: string): CourseName {
  const [, org, course, run, ccx] = /^(?:course|ccx)-v1:([^+]+)\+([^+]+)\+([^+]+?)(?:\+ccx@(.+))?$/.exec(id) ?? [];
  if (org !== undefined && course !== undefined && run !== undefined) return { org, course, run, ccx: ccx ?? null };
  const parts = id.split('/');
  if (parts.length === 3) return { org: parts[0] ?? '', course: parts[1] ?? '', run: parts[2] ?? '', ccx: null };
  return { org: '', course: id, run: '', ccx: null };
}
