/**
 * The limits that nothing extends: no option, retry, restart or clock step (T1). All in milliseconds.
 */

/** T at which an order that is not filled is cancelled. @public @since 0.1.0 */
export const HARD_TIMEOUT_MS = 30_000;

/**
 * How long after the hard timeout a fill is still taken as valid; the last instant is included (T2).
 * @public @since 0.1.0
 */
export const LATE_FILL_WINDOW_MS = 2_000;

/** Longest wait at T = 32 s for the answers that are under way, before the order is taken as not filled (T3). */
export const LAST_LOOK_MS = 2_000;

/** Validation, with all that the broker is asked, ends within this time (E3). */
export const VALIDATION_LIMIT_MS = 10_000;

/** SL and TP are tried again within this time after the first try (B2). */
export const PROTECTION_LIMIT_MS = 5_000;

/** A cancel or a protection that was begun in time ends within this: its own deadline, and its wait for the journal (T4). */
export const WHOLE_CALL_MS = 3_000;

/** Reconciliation ends within this time (E3). */
export const RECONCILIATION_LIMIT_MS = 10_000;

/** Least time for the reconciliation, however much of the bound of E3 was used before. */
export const RECONCILIATION_LEAST_MS = 2_000;

/** Least time that a cancel or a protection is given, however it is configured and however late it begins (T4). */
export const LEAST_RISK_CALL_MS = 2_000;

/** Wait before the n-th repeat of a submit call (S5), a cancel (T3) or a protection (B2): doubles up to the greatest. */
export const RETRY_BACKOFF = { firstMs: 200, greatestMs: 2_000 } as const;

/** Wait before repeat number `repeat`, counted from 1. */
export const backoffMs = (repeat: number): number =>
  Math.min(RETRY_BACKOFF.greatestMs, RETRY_BACKOFF.firstMs * 2 ** (Math.max(1, repeat) - 1));

/**
 * Longest time that each broker call may take, unless the window that it serves ends sooner (P7).
 * @public @since 0.1.0
 */
export interface CallDeadlines {
  readonly submitMs: number;
  readonly statusMs: number;
  readonly cancelMs: number;
  readonly protectionMs: number;
  readonly positionsMs: number;
  readonly instrumentMs: number;
  readonly marginMs: number;
  readonly connectMs: number;
}

export const CALL_DEADLINES: CallDeadlines = Object.freeze({
  submitMs: 5_000,
  statusMs: 2_000,
  cancelMs: 2_000,
  protectionMs: 2_000,
  positionsMs: 5_000,
  instrumentMs: 5_000,
  marginMs: 5_000,
  connectMs: 5_000,
});

/** The sibling of an exit that has filled is gone, or has shrunk, within this time (B7). */
export const EXIT_GRACE_MS = 5_000;

/** How long the other exit gets to say why one has ended, before the position is asked for (B7). */
export const EXIT_LOOK_MS = 2_000;

/**
 * How long the position may stay unanswered, once an exit has ended, before a person is told (B7): longer than a rate limit
 * takes to let questions through again, since no answer is no news (M4).
 */
export const POSITION_LIMIT_MS = 300_000;

/**
 * The same where the broker does answer, and what it says does not fit what our other entries in the symbol are taken to
 * hold: waiting longer makes nothing clearer, and there may be no stop (B7).
 */
export const UNCLEAR_POSITION_LIMIT_MS = 30_000;

/** Wait before the position is asked for again: doubles up to the greatest. */
export const POSITION_BACKOFF = { firstMs: 1_000, greatestMs: 30_000 } as const;

/** Wait before repeat number `repeat`, counted from 1. */
export const positionRetryMs = (repeat: number): number =>
  Math.min(POSITION_BACKOFF.greatestMs, POSITION_BACKOFF.firstMs * 2 ** (Math.max(1, repeat) - 1));
