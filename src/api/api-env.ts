import type { AuditLog } from '../auth/audit-log.ts';
import type { Authenticate, Caller } from '../auth/caller.ts';
import type { CourseAccess } from '../auth/course-access.ts';
import type { LmsLogin } from '../auth/lms-login.ts';
import type { Sessions } from '../auth/sessions.ts';
import type { Config } from '../config.ts';
import type { TailStatus } from '../ingest/log-tail.ts';
import type { LmsStatus } from '../lms/follow-lms.ts';
import type { Log } from '../log.ts';
import type { Store } from '../store/store.ts';

/** How the following of logs stands, and the taking in of what is there. */
export interface LogsStatus extends TailStatus {
  /** Since when it is tried to take in what is there, ISO 8601, again where it failed; null: it was taken in. */
  readonly stuck_since: string | null;
  /** What was wrong when it was tried last; null when nothing was. */
  readonly failure: string | null;
}

/** How what runs beside the API stands; null for what does not. */
export interface ServiceStatus {
  readonly logs: LogsStatus | null;
  readonly lms: LmsStatus | null;
}

/** What the API needs to answer. */
export interface ApiDeps {
  readonly store: Store;
  readonly config: Config;
  readonly log: Log;
  readonly authenticate: Authenticate;
  /** Where is noted who was told about which course; absent: nowhere. */
  readonly audit?: AuditLog;
  /** Absent: nothing runs beside the API. */
  readonly status?: () => ServiceStatus;
}

/** What the whole service needs: the Data API by itself, and what the web app asks with a session. */
export interface AppDeps extends ApiDeps {
  readonly insights: {
    readonly sessions: Sessions;
    readonly authenticate: Authenticate;
    readonly access: CourseAccess;
    /** How people log in; null: not at all. */
    readonly login: LmsLogin | 'demo' | null;
  };
}

/** What middleware leaves for the handlers of one request. */
export interface ApiEnv {
  Variables: {
    requestId: string;
    log: Log;
    /** Set behind `identifyCaller`. */
    caller: Caller;
    /** The course that the caller was let see. */
    courseId?: string;
    /** Whether a refusal tells of the course's learners: that none has a name, or how many match a filter. */
    refusalTells?: true;
    /** Methods of the resource, for 405; GET and HEAD where nothing is said. */
    allow?: string;
  };
}
