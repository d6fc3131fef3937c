import { setFlagsFromString } from 'node:v8';

/**
 * Has V8 do without Maglev, its middle compiler, in all threads; to be called before anything is compiled. On a busy machine it at times
 * made of `measureNumbers` what gave several metrics the percentiles of another one (Node 24.21): in 4 of 43 processes that called it
 * some hundred times, in none of 38 without it. Later versions of Node 22 have it switched off themselves.
 * Code that Maglev would have compiled waits for TurboFan instead, which comes after 500 calls then and not after 3,000: else a server that
 * has just started answers a third fewer searches in its first seconds (780 instead of 1,120 a second; so it is 1,200).
 */
export function doWithoutMaglev(): void {
  setFlagsFromString('--no-maglev');
  setFlagsFromString('--invocation-count-for-turbofan=500');
}
