/**
 * What the objects on Restate keep for ever, as programs see it. Knows nothing of Restate's library.
 */
import type { JournalRecord } from '../domain/journal.js';
import type { ExecutionResult } from '../domain/result.js';

/** What is known of an advisory, for ever. */
export interface KnownAdvisory {
  readonly snapshotHash: string;
  readonly clientOrderId: string;
  /** Number of the run, from 1. */
  readonly run: number;
  readonly result?: ExecutionResult;
  readonly records?: readonly JournalRecord[];
}

export type Claim =
  | { readonly kind: 'running' | 'begun'; readonly run: number }
  | { readonly kind: 'finished'; readonly run: number; readonly result: ExecutionResult }
  | { readonly kind: 'conflict'; readonly snapshotHash: string };

/** The end of an execution's chain, chained to all that ended before it: a whole execution that is removed shows. */
export interface LedgerEntry {
  readonly seq: number;
  readonly advisoryId: string;
  readonly run: string;
  readonly records: number;
  readonly lastHash: string;
  readonly hash: string;
}

/** An execution whose records are not kept any more. @beta @since 0.1.0 */
export interface ArchivedExecution {
  readonly advisoryId: string;
  /** Number of the run, from 1. */
  readonly run: number;
  readonly result: ExecutionResult;
  /** Its hash chain, as it was written. */
  readonly records: readonly JournalRecord[];
}
