import type { Authenticate, Caller } from '../auth/caller.ts';
import type { Config } from '../config.ts';
import type { Log } from '../log.ts';
import type { Store } from '../store/store.ts';

/** What the API needs to answer. */
export interface ApiDeps {
  readonly store: Store;
  readonly config: Config;
  readonly log: Log;
  readonly authenticate: Authenticate;
}

/** What middleware leaves for the handlers of one request. */
export interface ApiEnv {
  Variables: {
    requestId: string;
    log: Log;
    /** Set behind `identifyCaller`. */
    caller: Caller;
  };
}
