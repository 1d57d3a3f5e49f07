/**
 * The figures of the rules, in milliseconds, written down once more by hand.
 *
 * The laws must not read `domain/limits.ts`: a limit that is wrong there would be wrong in the law as well, and nobody
 * would see it.
 */

/** T1: an order that is not filled is cancelled at T = 30 s. */
export const HARD_TIMEOUT = 30_000;
/** T1, T2: the window for late fills, its last instant included. */
export const LATE_WINDOW = 2_000;
/** T = 32 s. */
export const T_LATE = 32_000;
/** B2: SL and TP are tried for so long. */
export const PROTECTION = 5_000;
/** E3: validation ends within this time. */
export const VALIDATION = 10_000;
/** E3: reconciliation ends within this time. */
export const RECONCILIATION = 10_000;
/** E3: the least time for the reconciliation, whatever came before. */
export const RECONCILIATION_LEAST = 2_000;
/** T4: a call that is begun in time has so long, its wait for the journal included. */
export const WHOLE_CALL = 3_000;
