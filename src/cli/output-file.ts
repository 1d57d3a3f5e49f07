/**
 * What `--output` names: a file that can be written.
 */
import { existsSync, statSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { UsageError } from './exit-codes.js';

/** Known before the cases run: a report that cannot be written is no use after minutes. */
export function assertWritable(output: string | undefined): void {
  if (output === undefined) return;
  const folder = dirname(resolve(output));
  if (!existsSync(folder)) throw new UsageError(`--output names ${output}; there is no folder ${folder}.`);
  if (existsSync(output) && statSync(output).isDirectory())
    throw new UsageError(`--output names ${output}, a folder; wanted is a file.`);
}

export function written(output: string, text: string): void {
  try {
    writeFileSync(output, text);
  } catch (error) {
    throw new UsageError(`--output cannot be written: ${error instanceof Error ? error.message : String(error)}.`);
  }
}
