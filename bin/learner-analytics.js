#!/usr/bin/env node
import { ROOT, runNode } from '../scripts/run-node.js';

runNode([`${ROOT}src/cli/main.ts`, ...process.argv.slice(2)]);
