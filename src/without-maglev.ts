import { setFlagsFromString } from 'node:v8';

/**
 * Has V8 do without Maglev, its middle compiler, in all threads; to be called before anything is compiled. On a busy machine it at times
 * made of `measureNumbers` what gave several metrics the percentiles of another one (Node 24.21): in 4 of 43 processes that called it
 * some hundred times, in none of 38 without it. Later versions of Node 22 have it switched off themselves.
 */
export function doWithoutMaglev(): void {
  setFlagsFromString('--no-maglev');
}
