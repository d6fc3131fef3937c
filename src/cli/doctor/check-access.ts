import { type ApiKey, isOver, listKeys } from '../../auth/api-keys.ts';
import type { AuditSummary } from '../../auth/audit-log.ts';
import type { Config } from '../../config.ts';
import type { Store } from '../../store/store.ts';
import type { Finding } from './finding.ts';
import { tellCount } from '../tell-count.ts';

/** A key that ends within so many days is told. */
const SOON_DAYS = 14;
/** Roles that are so many days older than the last import are told. */
const STALE_DAYS = 7;

/** Whether somebody can ask: API keys, and people with tokens or a login who are let see courses. */
export async function checkAccess(config: Config, store: Store, now: Date): Promise<Finding[]> {
  const keys = (await listKeys(store)).filter((key) => key.revoked_at === null);
  const people = config.lmsClient !== null || config.jwt.jwkSet !== null || config.jwt.secret !== null;
  return [judgeKeys(keys, people), ...judgeEnds(keys, now), ...(people ? await judgeRoles(config, store) : [])];
}

function judgeKeys(keys: readonly ApiKey[], people: boolean): Finding {
  const inForce = keys.filter((key) => !isOver(key));
  const unused = inForce.filter((key) => key.last_used_at === null);
  if (inForce.length === 0 && !people) {
    return {
      part: 'access',
      state: 'fault',
      message: 'No API key is in force, and people cannot log in: nobody can ask.',
      remedy: 'learner-analytics keys create NAME, or docs/authentication.md for people.',
    };
  }
  return {
    part: 'access',
    state: 'ok',
    message: `${tellCount(inForce.length, 'API key is', 'API keys are')} in force, ${unused.length} never used; people ${people ? 'can' : 'cannot'} log in or bring a token.`,
  };
}

function judgeEnds(keys: readonly ApiKey[], now: Date): Finding[] {
  return keys.flatMap((key): Finding[] => {
    if (key.expires_at === null) return [];
    const days = (Date.parse(key.expires_at) - now.getTime()) / 86_400_000;
    if (days > SOON_DAYS) return [];
    return [
      {
        part: 'access',
        state: 'warning',
        message: `The key "${key.name}" ${days < 0 ? 'ended' : 'ends'} ${key.expires_at}.`,
        remedy: `Give whoever uses it a new one (keys create NAME), then: learner-analytics keys revoke '${key.name}'`,
      },
    ];
  });
}

/** Roles that one way of importing them brought. */
interface RoleSource {
  readonly source: string;
  readonly roles: number;
  /** When it last replaced them; null where that is too long ago to be known. */
  readonly imported: string | null;
  /** Whether anything was imported long after that. */
  readonly is_stale: boolean;
}

/** What one source said counts until it says otherwise: who has left may still be let in by one that is used no more. */
function judgeSource({ source, roles, imported, is_stale }: RoleSource): Finding {
  const message = `${tellCount(roles, 'role')} imported from ${source}, last ${imported ?? 'long ago'}.`;
  if (!is_stale) return { part: 'access', state: 'ok', message };
  return {
    part: 'access',
    state: 'warning',
    message: `${message} Imports since then did not replace them, and they still let people see courses.`,
    remedy: 'Import them again from there, or have them replaced by none (docs/authentication.md, synced).',
  };
}

async function judgeRoles({ courseAccess }: Config, store: Store): Promise<Finding[]> {
  if (!courseAccess.includes('synced')) return [];
  const sources = await store.query<RoleSource>(
    `WITH
     -- of what was noted before, whether roles came
     good AS (SELECT source, ended_at, ifNull(roles_replaced, roles > 0) AS replaces FROM lms_imports WHERE failure = ''),
     latest AS (SELECT maxOrNull(ended_at) AS any_at FROM good)
     SELECT source, count() AS roles, any(last) AS imported,
       any(any_at) IS NOT NULL AND ifNull(dateDiff('day', any(last), any(any_at)) >= ${STALE_DAYS}, true) AS is_stale
     FROM course_roles
     LEFT JOIN (SELECT source, max(ended_at) AS last FROM good WHERE replaces GROUP BY source) AS imports USING source
     CROSS JOIN latest
     GROUP BY source ORDER BY source`,
  );
  if (sources.length > 0) return sources.map(judgeSource);
  return [
    {
      part: 'access',
      state: courseAccess.includes('lms') ? 'warning' : 'fault',
      message: 'No roles are imported, so that nobody is let see a course by them.',
      remedy: 'Import them with "learner-analytics lms" (docs/lms.md), or have the LMS asked: COURSE_ACCESS=lms.',
    },
  ];
}

/** Days over which is told who looked. */
export const AUDIT_SPAN = 7;
const SHOWN_CALLERS = 20;

/** Who looked at whose learners lately, for a reader. */
export function judgeAudit(config: Config, audit: AuditSummary): Finding {
  const callers = audit.callers.slice(0, SHOWN_CALLERS);
  const more = audit.callers.length - callers.length;
  const lines = [
    `${tellCount(audit.requests, 'request')} about ${tellCount(audit.courses, 'course')} by ${tellCount(audit.callers.length, 'caller')} in the last ${AUDIT_SPAN} days; ` +
      `${audit.oldest === null ? 'there are no entries' : `the oldest entry is of ${audit.oldest}`}. All of it: learner-analytics audit`,
    ...callers.map(
      ({ kind, name, requests, courses, last }) =>
        `${kind} ${name}: ${requests} about ${tellCount(courses, 'course')}, last ${last}`,
    ),
    ...(more > 0 ? [`and ${more} more`] : []),
  ];
  const message = lines.join('\n');
  if (config.auditDays > 0) return { part: 'audit', state: 'ok', message };
  return {
    part: 'audit',
    state: 'warning',
    message: `Who looks at learners is not noted. ${message}`,
    remedy: 'Set AUDIT_DAYS to the days for which it is to be kept.',
  };
}
