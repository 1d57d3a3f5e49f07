/**
 * The advisories that the paths start from: one that is acceptable, and one for each rule that judges the snapshot alone.
 */

import type { CallDeadlines } from '../../domain/limits.js';
import { HARD_TIMEOUT_MS } from '../../domain/limits.js';
import type { SnapshotInput } from '../../domain/snapshot.js';
import { inputOf } from '../../machines/advisory.js';
import type { ExecutionInput } from '../../machines/execution.facts.js';
import { VIRTUAL_EPOCH_MS } from '../virtual-clock.js';

export type PathProfile =
  | 'acceptable'
  | 'no id'
  | 'no size'
  | 'SL on the wrong side'
  | 'TP on the wrong side'
  | 'no side';

export const PATH_SYMBOL = 'AAPL';
const HOUR_MS = 3_600_000;

/** How far the wall clock is stepped to make the advisory expire. */
export const EXPIRY_STEP_MS = 2 * HOUR_MS;

const acceptable: SnapshotInput = {
  advisoryId: 'PATH-1',
  symbol: PATH_SYMBOL,
  referencePrice: '150',
  slOffsetPct: '-0.02',
  tpOffsetPct: '0.03',
  positionSize: '100',
  expirationTimestamp: new Date(VIRTUAL_EPOCH_MS + HOUR_MS),
};

const inputs: { readonly [Profile in PathProfile]: unknown } = {
  acceptable,
  'no id': { ...acceptable, advisoryId: ' ' },
  'no size': { ...acceptable, positionSize: '0' },
  'SL on the wrong side': { ...acceptable, slOffsetPct: '0.02' },
  'TP on the wrong side': { ...acceptable, tpOffsetPct: '-0.03' },
  'no side': { ...acceptable, side: 'hold' },
};

export const PATH_PROFILES = Object.keys(inputs) as readonly PathProfile[];

/** What the caller hands to the engine. */
export const advisoryOf = (profile: PathProfile): SnapshotInput => inputs[profile] as SnapshotInput;

const starts = new Map<PathProfile, ExecutionInput>();

/** What the chart starts from; the same object each time. */
export function inputFor(profile: PathProfile): ExecutionInput {
  const input = starts.get(profile) ?? inputOf(inputs[profile]);
  starts.set(profile, input);
  return input;
}

/** Id of the case that covers the symbol where a path says so. */
export const PATH_CASE_ID = 'case-1';

/**
 * Call deadlines under which the chart's own deadlines can be reached: validation takes its 10 s, protection its 5 s, and a
 * cancel that is not answered outlasts the late window and its last look.
 */
export const PATH_DEADLINES: Partial<CallDeadlines> = Object.freeze({
  instrumentMs: 10_000,
  positionsMs: 10_000,
  statusMs: 10_000,
  submitMs: 5_000,
  cancelMs: 5_000,
  protectionMs: 10_000,
});

/** Times of a restart, as T in ms: just before the hard timeout, inside the late window, after it. */
export const DOWN_UNTIL = { nearTimeout: HARD_TIMEOUT_MS - 500, inWindow: 31_000, afterWindow: 33_000 } as const;
