/** SQL of whether what stands for a username is none: docs/decisions/0002-what-silent-definitions-mean.md, no. 7. */
export function unusableNameSql(name: string): string {
  return `${name} IN ('anonymous', 'unknown') OR length(${name}) > 120 OR lengthUTF8(${name}) > 30`;
}
