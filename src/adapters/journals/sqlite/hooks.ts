/**
 * Where a test may step in.
 */
import type { JournalRecord } from '../../../domain/journal.js';

/**
 * For tests only: called synchronously at the boundaries where a crash or a fault matters. What a hook throws counts as
 * a failed write.
 */
export interface JournalHooks {
  /** When the file is open for writing; `pragma` runs a PRAGMA on that connection. What it throws fails `open`. */
  readonly opened?: (pragma: (source: string) => unknown) => void;
  /** In `append`, before the records are queued. */
  readonly beforeAppend?: (records: readonly JournalRecord[]) => void;
  /** When the records of a transaction are written, before it is committed. */
  readonly beforeCommit?: (records: readonly JournalRecord[]) => void;
  /** When the transaction is durable, before any of its appends resolves. */
  readonly afterCommit?: (records: readonly JournalRecord[]) => void;
}
