import { writeFileSync } from 'node:fs';
import { describeMetrics } from '../src/engagement/describe-metrics.ts';

// `npm run docs`: writes docs/metrics.md from the definitions in the code; a test checks that it is current.

writeFileSync(new URL('../docs/metrics.md', import.meta.url), describeMetrics());
