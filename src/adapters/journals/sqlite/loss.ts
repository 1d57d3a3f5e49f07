/**
 * What speaks for a journal that was here and is lost (A9). A file of its name can be begun anew; that nothing was lived
 * through before cannot be claimed.
 */
import { statSync } from 'node:fs';
import type { LockState } from './lock.js';

interface Traces {
  /** Bytes of the journal; 0 when there is none. */
  readonly journal: number;
  /** Bytes of its write-ahead log; `undefined` when there is none. */
  readonly log: number | undefined;
  readonly hadLock: boolean;
  readonly state: LockState;
}

/** What lies beside the file. To be looked at before anything is opened. */
export const tracesOf = (file: string): Pick<Traces, 'journal' | 'log'> => ({
  journal: sizeOf(file) ?? 0,
  log: sizeOf(`${file}-wal`),
});

const sizeOf = (file: string): number | undefined => statSync(file, { throwIfNoEntry: false })?.size;

/** Why the journal must be thought lost, wholly or in part; `undefined` when nothing speaks for it. */
export function lossOf(path: string, { journal, log, hadLock, state }: Traces): string | undefined {
  if (journal === 0) {
    if (log !== undefined && log > 0)
      return `The journal ${path} is missing or empty, and its write-ahead log is there`;
    return hadLock ? `The journal ${path} is missing or empty, and the lock of an earlier engine is there` : undefined;
  }
  return state === 'open' && log === undefined
    ? `The journal ${path} was not closed, and its write-ahead log is gone: the latest records are missing`
    : undefined;
}
