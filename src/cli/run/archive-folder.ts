/**
 * Records of executions that a host does not keep any more, in a folder: a file for each month in which they ended, a line for
 * each run.
 *
 * 1. A line is on the disk before it is said to be kept. It may be there twice, never half: whoever reads takes the last.
 */
import { mkdirSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { isoTime } from '../../domain/time.js';
import type { ArchivedExecution } from '../../restate/index.js';

const MONTH = 'YYYY-MM'.length;

/** Makes the folder where there is none. @returns keeps one run; rejects when it could not */
export function archiveFolder(folder: string): (gone: ArchivedExecution) => Promise<void> {
  mkdirSync(folder, { recursive: true });
  return async (gone) => {
    const month = isoTime(gone.records.at(-1)?.at ?? 0).slice(0, MONTH);
    const file = await open(join(folder, `executions-${month}.jsonl`), 'a');
    try {
      await file.appendFile(`${JSON.stringify(gone)}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
  };
}
