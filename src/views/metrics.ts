/**
 * What the engine counts and measures. Times in ms.
 */
import type { Counting } from '../actors/effects.js';
import { FINAL_STATUSES, type FinalStatus } from '../domain/result.js';

/** Counts and times of the engine. Times are in ms. @public @since 0.1.0 */
export interface EngineMetrics {
  /** Executions that are not done. */
  readonly live: number;
  /** Executions that wait to be let in (E4). */
  readonly waiting: number;
  /** Finished executions, by status. */
  readonly finished: Readonly<Record<FinalStatus, number>>;
  readonly openCases: number;
  /** Submit calls made. */
  readonly submits: number;
  readonly cancels: number;
  /** Status requests made. */
  readonly polls: number;
  /** Orders that are being polled. */
  readonly watchedOrders: number;
  /** Executions held for the comparison of positions; none when all is quiet. */
  readonly bookedExecutions: number;
  /** From first fill to acknowledged stop-loss (B4). */
  readonly nakedWindowMs: { readonly count: number; readonly mean: number; readonly max: number };
  /** From the activation of a kill switch to the last cancel that it caused (K5); absent until one did. */
  readonly activationToLastCancelMs?: number;
  /** The comparison with the broker at the start (M3): `failed` where the broker was not there; `sweep()` makes up for it. */
  readonly startSweep: 'pending' | 'over' | 'failed';
  /** What the latest sweep could not judge (M4), a sentence each; empty when it compared everything. */
  readonly sweepFailures: readonly string[];
  /** Records written to the journal. */
  readonly journalRecords: number;
  /** Why the journal cannot be written to, once it cannot. */
  readonly journalFailure?: string;
}

/** What outlives a restart. */
export interface FinishedCounts {
  readonly finished: Readonly<Record<FinalStatus, number>>;
  readonly naked: { readonly count: number; readonly total: number; readonly max: number };
}

export interface Metrics extends Counting {
  activated(at: number): void;
  /** What it counted of finished executions. */
  state(): FinishedCounts;
  restore(counts: FinishedCounts): void;
  /** What this object knows; the engine adds the rest. */
  view(): Pick<EngineMetrics, 'finished' | 'submits' | 'cancels' | 'nakedWindowMs' | 'activationToLastCancelMs'>;
}

export function metrics(): Metrics {
  const finished = Object.fromEntries(FINAL_STATUSES.map((status) => [status, 0])) as Record<FinalStatus, number>;
  const naked = { count: 0, total: 0, max: 0 };
  let cancels = 0;
  let activatedAt: number | undefined;
  let lastCancelMs: number | undefined;

  return {
    submits: 0,
    finished({ status, nakedWindowMs }) {
      finished[status] += 1;
      if (nakedWindowMs === undefined) return;
      naked.count += 1;
      naked.total += nakedWindowMs;
      naked.max = Math.max(naked.max, nakedWindowMs);
    },
    state: () => ({ finished: { ...finished }, naked: { ...naked } }),
    restore(counts) {
      for (const status of FINAL_STATUSES) finished[status] += counts.finished[status] ?? 0;
      naked.count += counts.naked.count;
      naked.total += counts.naked.total;
      naked.max = Math.max(naked.max, counts.naked.max);
    },
    activated(at) {
      activatedAt = at;
    },
    cancelSent(at, isBySwitch) {
      cancels += 1;
      if (isBySwitch && activatedAt !== undefined) lastCancelMs = at - activatedAt;
    },
    view() {
      return {
        finished: { ...finished },
        submits: this.submits,
        cancels,
        nakedWindowMs: { count: naked.count, mean: naked.count === 0 ? 0 : naked.total / naked.count, max: naked.max },
        ...(lastCancelMs !== undefined && { activationToLastCancelMs: lastCancelMs }),
      };
    },
  };
}
