import { type ApiKey, createKey, isOver, type KeyLimits, listKeys, revokeKey } from '../auth/api-keys.ts';
import { AppError } from '../errors.ts';
import type { Command, CommandOutcome, CommandValues } from './command.ts';
import { parseDay } from './parse-day.ts';
import { requireCourseKey } from './require-course-key.ts';

export const keys: Command = {
  summary: 'make, list and revoke the API keys of trusted services',
  usage: `learner-analytics keys create NAME [--expires DATE] [--course KEY…] [--org ORG…] | list | revoke NAME

  create NAME         makes a key and shows it, this once
    --expires DATE    first day (UTC) on which it counts no more; default: until it is revoked
    --course KEY      the key is for this course; can be given several times
    --org ORG         the key is for the courses of this organisation; can be given several times
  list                names the keys there are, the last of each name, and when it was used last
  revoke NAME         ends a key; running servers refuse it within two seconds`,
  options: {
    expires: { type: 'string' },
    course: { type: 'string', multiple: true },
    org: { type: 'string', multiple: true },
  },
  async run(context, values, positionals): Promise<CommandOutcome> {
    const [action, name, ...rest] = positionals;
    if (rest.length > 0) throw new AppError('usage', `One name, in quotes if it has spaces.\n\n${this.usage}`);
    const limits: KeyLimits = {
      expires: parseDay(values['expires'], '--expires'),
      courseIds: readTexts(values['course']).map(requireCourseKey),
      orgs: readTexts(values['org']).map(requireOrg),
    };
    if (action !== 'create' && (limits.expires ?? limits.courseIds?.[0] ?? limits.orgs?.[0]) !== undefined) {
      throw new AppError('usage', `Only "keys create" takes --expires, --course and --org.\n\n${this.usage}`);
    }
    if (action === 'list' && name === undefined) {
      const listed = await listKeys(await context.openStore());
      return { json: { keys: listed }, text: describeKeys(listed) };
    }
    if (action === 'create' && name !== undefined) {
      const made = await createKey(await context.openStore({ make: true }), name, limits);
      const note = `This is the key "${name}". Keep it safe: it will not be shown again.`;
      return { json: made, text: made.key, note };
    }
    if (action === 'revoke' && name !== undefined) {
      await revokeKey(await context.openStore(), name);
      return { json: { name, revoked: true }, text: `The key "${name}" is revoked.` };
    }
    throw new AppError('usage', `create NAME, list, or revoke NAME?\n\n${this.usage}`);
  },
};

function readTexts(value: CommandValues[string]): string[] {
  return [value ?? []].flat().map(String);
}

function requireOrg(text: string): string {
  if (/^[\p{L}\p{M}\p{N}_.:~-]{1,255}$/u.test(text)) return text;
  throw new AppError(
    'usage',
    `--org is ${JSON.stringify(text)}; it must be an organisation as in course keys, such as edX.`,
  );
}

function describeKeys(listed: readonly ApiKey[]): string {
  if (listed.length === 0) return 'There are no keys yet.';
  return listed
    .map((key) => {
      const used = key.last_used_at === null ? 'never used' : `used ${key.last_used_at}`;
      const scope = [...key.course_ids, ...key.orgs.map((org) => `all of ${org}`)];
      const limits = scope.length === 0 ? '' : `  for ${scope.join(', ')}`;
      return `${key.name}  made ${key.created_at}  ${used}  ${describeState(key)}${limits}`;
    })
    .join('\n');
}

function describeState(key: ApiKey): string {
  if (key.revoked_at !== null) return `revoked ${key.revoked_at}`;
  if (key.expires_at === null) return 'in force';
  return `${isOver(key) ? 'ended' : 'in force until'} ${key.expires_at}`;
}
