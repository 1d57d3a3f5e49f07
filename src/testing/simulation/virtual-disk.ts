/**
 * A journal on a disk that outlives the process: what is committed stays, what was only handed over is gone.
 *
 * 1. Records become durable in the order in which they were handed over, a batch at a time.
 * 2. The disk can be slow, full, or unreadable, as its owner says.
 */

import type { JournalRecord } from '../../domain/journal.js';
import { requireList } from '../../domain/option-values.js';

/** A disk in memory that outlives a simulated process. @beta @since 0.1.0 */
export interface VirtualDisk {
  /** What is durable, oldest first. */
  readonly records: JournalRecord[];
  /** How long the next commit takes, in ms; 0 is within the turn of the event loop. Default: always 0. */
  commitMs: () => number;
  /** Why nothing can be written, while that is so. */
  fullBecause: string | undefined;
  /** Why nothing can be read, while that is so. */
  unreadableBecause: string | undefined;
}

/** Makes a disk in memory, with these records on it. @beta @since 0.1.0 */
export function virtualDisk(records: readonly JournalRecord[] = []): VirtualDisk {
  requireList('records of virtualDisk', records, 'a list of records');
  return { records: [...records], commitMs: () => 0, fullBecause: undefined, unreadableBecause: undefined };
}
