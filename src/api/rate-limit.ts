import { createMiddleware } from 'hono/factory';
import type { Config } from '../config.ts';
import { AppError } from '../errors.ts';
import type { ApiEnv } from './api-env.ts';

const MINUTE_MS = 60_000;

interface Bucket {
  /** Requests that are left. */
  tokens: number;
  /** When that was so, in ms. */
  at: number;
}

/** Counts requests: so many a minute, as many of them at once as somebody likes. */
export class RateLimiter {
  readonly #perMinute: number;
  readonly #buckets = new Map<string, Bucket>();
  #sweepAt = 0;

  /** @param perMinute 0: no limit */
  constructor(perMinute: number) {
    this.#perMinute = perMinute;
  }

  /** Takes one request of somebody's; gives the seconds to wait for the next where there is none left, else 0. */
  take(name: string, now: number = performance.now()): number {
    if (this.#perMinute === 0) return 0;
    this.#sweep(now);
    const { tokens, at } = this.#buckets.get(name) ?? { tokens: this.#perMinute, at: now };
    const left = Math.min(this.#perMinute, tokens + ((now - at) / MINUTE_MS) * this.#perMinute);
    this.#buckets.set(name, { tokens: left < 1 ? left : left - 1, at: now });
    return left < 1 ? Math.ceil(((1 - left) * 60) / this.#perMinute) : 0;
  }

  /** Whoever did not ask for a minute has all requests left again. */
  #sweep(now: number): void {
    if (now < this.#sweepAt) return;
    this.#sweepAt = now + MINUTE_MS;
    for (const [name, { at }] of this.#buckets) {
      if (now - at >= MINUTE_MS) this.#buckets.delete(name);
    }
  }
}

/** Refuses callers who ask too often; keys of services and people are limited apart. */
export function limitRate({ rateLimitPerKey, rateLimitPerUser }: Pick<Config, 'rateLimitPerKey' | 'rateLimitPerUser'>) {
  const limits = {
    service: { limiter: new RateLimiter(rateLimitPerKey), perMinute: rateLimitPerKey },
    person: { limiter: new RateLimiter(rateLimitPerUser), perMinute: rateLimitPerUser },
  };
  return createMiddleware<ApiEnv>(async function takeRequest(c, next) {
    const { kind, name } = c.get('caller');
    const { limiter, perMinute } = limits[kind];
    const seconds = limiter.take(name);
    if (seconds > 0) {
      c.header('Retry-After', String(seconds));
      throw new AppError(
        'rate_limited',
        `At most ${perMinute} requests a minute are answered; wait ${seconds} seconds.`,
      );
    }
    await next();
  });
}
