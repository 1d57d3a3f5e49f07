#!/usr/bin/env node
/**
 * The command `fillchart`.
 */
import { runCli } from './cli.js';
import { processWorld } from './process-world.js';

process.exitCode = await runCli(process.argv.slice(2), processWorld());
