/**
 * The advisories that the check starts from: one that is acceptable, and one for each field rule that refuses.
 */
import { decimal, ZERO } from '../domain/decimal.js';
import type { FilledBySide } from '../domain/others-fills.js';
import type { FrozenSnapshot } from '../domain/snapshot.js';
import type { ExecutionInput } from '../machines/execution.facts.js';

/** Buy 100, SL 2 % below the fill and TP 3 % above it. */
const GOOD: FrozenSnapshot = Object.freeze({
  advisoryId: 'ADV-1',
  symbol: 'AAPL',
  side: 'buy',
  referencePrice: decimal('150'),
  slOffsetPct: decimal('-0.02'),
  tpOffsetPct: decimal('0.03'),
  positionSize: decimal('100'),
  expirationTimestamp: '2030-01-01T00:00:00.000Z',
});

export const INSTRUMENT = Object.freeze({ symbol: 'AAPL', tickSize: '0.01', lotSize: '1', baseAsset: 'AAPL' });

/** Held in the symbol before the order; and what other executions had filled in it by then. */
export const BASELINE = decimal('25');
export const OTHERS: FilledBySide = Object.freeze({
  buy: { least: decimal('25'), most: decimal('25') },
  sell: { least: ZERO, most: ZERO },
});

/** Filled so far, in the only sizes that differ in kind: something, all, more than all. */
export const PART = decimal('40');
export const WHOLE = decimal('100');
export const MORE = decimal('120');
/** Less than a lot: nothing can be placed for it. */
export const CRUMB = decimal('0.4');

/** What a venue takes in the bought asset; and by hand what that leaves of a whole fill, in whole lots and beside them. */
export const FEES = Object.freeze([{ asset: 'AAPL', amount: decimal('0.5') }]);
export const AFTER_FEES = Object.freeze({ held: decimal('99.5'), lots: decimal('99'), rest: decimal('0.5') });

/** A price with room for SL and TP, and one tick: rounded toward it, SL would lie on it. */
export const GOOD_PRICE = decimal('151');
export const BAD_PRICE = decimal('0.01');
/** Where a stop-loss stands that was at the venue before it was asked for: nobody asked for this price. */
export const STANDING_PRICE = decimal('147.5');

/** SL and TP that belong to `GOOD_PRICE`, worked out by hand: 151 × 0.98 and × 1.03; for a sale 151 × 1.02 and × 0.97. */
export const BRACKET = Object.freeze({
  buy: { stopLoss: decimal('147.98'), takeProfit: decimal('155.53') },
  sell: { stopLoss: decimal('154.02'), takeProfit: decimal('146.47') },
});

const inputOf = (change: Partial<FrozenSnapshot>): ExecutionInput => ({
  advisoryId: change.advisoryId ?? GOOD.advisoryId,
  clientOrderId: 'fc-1',
  snapshot: Object.freeze({ ...GOOD, ...change }),
  snapshotHash: 'hash',
  problems: [],
});

interface StartingPoint {
  readonly name: string;
  readonly input: ExecutionInput;
  /** The code that refuses the advisory, whatever the gate says, unless it has expired. */
  readonly refusedWith?: string;
  /** The rule that refuses it. */
  readonly rule?: string;
}

export const STARTING_POINTS: readonly StartingPoint[] = [
  { name: 'an acceptable advisory', input: inputOf({}) },
  { name: 'no advisory id', input: inputOf({ advisoryId: '' }), rule: 'V2', refusedWith: 'INVALID_ADVISORY_ID' },
  {
    name: 'size zero',
    input: inputOf({ positionSize: decimal('0') }),
    rule: 'V3',
    refusedWith: 'INVALID_POSITION_SIZE',
  },
  {
    name: 'a stop above the fill',
    input: inputOf({ slOffsetPct: decimal('0.02') }),
    rule: 'V4',
    refusedWith: 'INVALID_SL_OFFSET',
  },
  {
    name: 'a target below the fill',
    input: inputOf({ tpOffsetPct: decimal('-0.03') }),
    rule: 'V5',
    refusedWith: 'INVALID_TP_OFFSET',
  },
  {
    name: 'no reference price',
    input: inputOf({ referencePrice: decimal('0') }),
    rule: 'V6',
    refusedWith: 'INVALID_REFERENCE_PRICE',
  },
];

/** The acceptable advisory the other way round. No guard reads the side, so a smaller world is enough for it. */
export const SALE: StartingPoint = {
  name: 'an acceptable sale',
  input: inputOf({ side: 'sell', slOffsetPct: decimal('0.02'), tpOffsetPct: decimal('-0.03') }),
};
