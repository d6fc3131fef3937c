/** Who asks, and what they may see. */
export interface Caller {
  /** `service`: a trusted program with an API key. */
  readonly kind: 'service';
  /** For the log; of a service the name of its key. */
  readonly name: string;
  /** Whether the caller may see the course. Says nothing about whether the course exists. */
  maySee(courseId: string): Promise<boolean>;
}

/**
 * Tells who asks from the headers of a request.
 * @throws AppError `authentication_required` without a credential, `invalid_credentials` with one that does not count
 */
export type Authenticate = (headers: Headers) => Promise<Caller>;
