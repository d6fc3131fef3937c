import { type AuditSummary, summarizeAudit } from '../../auth/audit-log.ts';
import { AppError } from '../../errors.ts';
import type { Command } from '../command.ts';
import { parseDay } from '../parse-day.ts';
import { AUDIT_SPAN, checkAccess, judgeAudit } from './check-access.ts';
import { checkCluster, ofShards } from './check-cluster.ts';
import { checkConfiguration } from './check-configuration.ts';
import { checkFreshness } from './check-freshness.ts';
import { checkLms } from './check-lms.ts';
import { checkLogs } from './check-logs.ts';
import { checkSpace, checkStore, describeLocked, openForCheck, tellWhole } from './check-store.ts';
import { type Finding, PARTS } from './finding.ts';
import { tellCount } from '../tell-count.ts';

export const doctor: Command = {
  summary: 'say what is wrong with configuration, store, sources, freshness and access, and what to do about it',
  usage: `learner-analytics doctor

  --as-of DATE        the window should end before this day (default: with the current day, UTC)

Exit code 1 when something is at fault. While a server runs on the data directory, it is the server that answers: with its
own configuration, and with how the logs stand that it follows.`,
  options: { 'as-of': { type: 'string' } },
  async run(context, values, positionals) {
    if (positionals.length > 0) throw new AppError('usage', `doctor takes no arguments.\n\n${this.usage}`);
    const asOf = parseDay(values['as-of'], '--as-of');
    const { config } = context;
    const now = new Date();
    const server = context.server?.() ?? null;
    const opened = await openForCheck(config, async () => context.openStore());
    const configuration = await checkConfiguration(config);
    if ('finding' in opened) return report([...configuration, opened.finding], null);
    const { store } = opened;
    let audit: AuditSummary | null = null;
    const findings = [
      ...configuration,
      ...(await attempt('store', async () => checkCluster(store))),
      ...(await attempt('store', async () => ofShards(store, checkStore))),
      ...(await attempt('store', async () => checkSpace(config, store))),
      ...checkLogs(server, !store.embedded),
      ...(await attempt('lms', async () =>
        checkLms(store, { mysqlUrl: config.lmsMysqlUrl, server, now, signal: context.signal }),
      )),
      ...(await attempt('freshness', async () => ofShards(store, async (own) => checkFreshness(own, { asOf, now })))),
      ...(await attempt('access', async () => checkAccess(config, store, now))),
      ...(await attempt('audit', async () => {
        audit = await summarizeAudit(store, AUDIT_SPAN);
        return [judgeAudit(config, audit)];
      })),
    ];
    return report(findings, audit);
  },
  async runWithout({ config }, locked) {
    return report([...(await checkConfiguration(config)), describeLocked(locked)], null);
  },
};

/** What cannot be looked at is a finding, too: as where a right on one table of the system is lacking. */
async function attempt(part: Finding['part'], check: () => Promise<Finding[]>): Promise<Finding[]> {
  try {
    return await check();
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return [
      {
        part,
        state: 'fault',
        message: `This could not be looked at. ${tellWhole(error)}`,
        remedy: 'See that first; docs/server.md says what a user of a ClickHouse server must be allowed to.',
      },
    ];
  }
}

function report(findings: readonly Finding[], audit: object | null) {
  const faults = findings.filter(({ state }) => state === 'fault').length;
  const warnings = findings.filter(({ state }) => state === 'warning').length;
  const lines = PARTS.flatMap((part) => findings.filter((finding) => finding.part === part)).map(describe);
  return {
    json: { ok: faults === 0, faults, warnings, findings, audit },
    text: [...lines, `${tellCount(faults, 'fault')}, ${tellCount(warnings, 'warning')}.`].join('\n'),
    exitCode: faults === 0 ? 0 : 1,
  } as const;
}

const MARKS = { ok: 'ok     ', warning: 'warning', fault: 'FAULT  ' } as const;
const INDENT = ' '.repeat(24);

function describe({ part, state, message, remedy }: Finding): string {
  const text = message.replaceAll('\n', `\n${INDENT}`);
  const line = `${MARKS[state]}  ${part.padEnd(14)} ${text}`;
  return remedy === undefined ? line : `${line}\n${INDENT}→ ${remedy}`;
}
