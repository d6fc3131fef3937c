/** Who asks, and what they may see. */
export interface Caller {
  /** `service`: a trusted program with an API key. `person`: somebody whom the LMS, or the demonstration, vouches for. */
  readonly kind: 'service' | 'person';
  /** Of a service the name of its key, of a person the username; the latter goes into no log. */
  readonly name: string;
  /** Gives the value of `Set-Cookie` that keeps a session in use from ending, null once it was logged out of; absent while there is no need. */
  readonly cookie?: () => string | null;
  /** A JWT of the LMS with which it can be asked in a person's own name; absent without one. Goes into no log. */
  readonly lmsToken?: string;
  /** Whether the caller may see the course. Says nothing about whether the course exists. */
  maySee(courseId: string): Promise<boolean>;
}

/** What a request tells about who sent it. */
export interface Asker {
  readonly headers: Headers;
  /** The address that was asked, as the client sees it. */
  readonly publicUrl: URL;
}

/**
 * Tells who asks.
 * @throws AppError `authentication_required` without a credential, `invalid_credentials` with one that does not count
 */
export type Authenticate = (asker: Asker) => Promise<Caller>;
