#!/usr/bin/env node
/**
 * The command `fillchart`.
 *
 * 1. An error that nothing catches ends the process with the code of a defect: Node's own, 1, would say that a check failed.
 */
import { defectText, runCli } from './cli.js';
import { EXIT } from './exit-codes.js';
import { processWorld } from './process-world.js';
import { withoutSqliteWarning } from './sqlite-warning.js';

process.on('uncaughtException', (error) => {
  process.stderr.write(defectText(error));
  process.exit(EXIT.defect);
});

withoutSqliteWarning(process);
const world = processWorld();
process.exitCode = await runCli(process.argv.slice(2), world);
world.end();
