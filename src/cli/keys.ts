import { type ApiKey, createKey, listKeys, revokeKey } from '../auth/api-keys.ts';
import { AppError } from '../errors.ts';
import type { Command, CommandOutcome } from './command.ts';

export const keys: Command = {
  summary: 'make, list and revoke the API keys of trusted services',
  usage: `learner-analytics keys create NAME | list | revoke NAME

  create NAME         makes a key and shows it, this once
  list                names the keys there are and were
  revoke NAME         ends a key; running servers refuse it within two seconds`,
  options: {},
  async run(context, _values, positionals): Promise<CommandOutcome> {
    const [action, name, ...rest] = positionals;
    if (rest.length > 0) throw new AppError('usage', `One name, in quotes if it has spaces.\n\n${this.usage}`);
    if (action === 'list' && name === undefined) {
      const listed = await listKeys(await context.openStore());
      return { json: { keys: listed }, text: describeKeys(listed) };
    }
    if (action === 'create' && name !== undefined) {
      const made = await createKey(await context.openStore(), name);
      return { json: made, text: `${made.key}\nThis is the key "${name}". Keep it safe: it will not be shown again.` };
    }
    if (action === 'revoke' && name !== undefined) {
      await revokeKey(await context.openStore(), name);
      return { json: { name, revoked: true }, text: `The key "${name}" is revoked.` };
    }
    throw new AppError('usage', `create NAME, list, or revoke NAME?\n\n${this.usage}`);
  },
};

function describeKeys(listed: readonly ApiKey[]): string {
  if (listed.length === 0) return 'There are no keys yet.';
  return listed
    .map(({ name, created_at, revoked_at }) => {
      const state = revoked_at === null ? 'in force' : `revoked ${revoked_at}`;
      return `${name}  made ${created_at}  ${state}`;
    })
    .join('\n');
}
