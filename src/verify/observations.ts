/**
 * What the one look at the broker may show, relative to what the execution believes (R6).
 */
import { add, type Decimal, decimal, isPositive, negate } from '../domain/decimal.js';
import { hasFill } from '../domain/order.js';
import { NO_OTHERS, type ReconciliationObserved } from '../domain/reconciliation.js';
import type { ExecutionContext } from '../machines/execution.context.js';
import { BASELINE, FEES } from './advisories.js';

export interface Observation {
  readonly label: string;
  /** Whether it differs from what such an execution believes. */
  differs(context: ExecutionContext): boolean;
  readonly order?: 'open' | 'not_found' | 'failed' | 'more' | 'otherPrice';
  readonly position?: 'other' | 'none' | 'failed' | 'not_offered';
  readonly legs?: 'noStopLoss' | 'noTakeProfit' | 'otherStopLoss' | 'otherQuantity';
  /** Shown by a venue that stands by its word alone: another one like it is shown by a rough one. */
  readonly isSteady?: true;
}

const always = () => true;
const never = () => false;
const isWhole = ({ order }: ExecutionContext) =>
  order.avgPrice !== undefined && Number(order.cumQty) >= Number(order.quantity);
const whenHeld = ({ order }: ExecutionContext) => hasFill(order);
/** What a fill leaves in the account, worked out here: a buy pays its fee out of what was bought (B6). */
const heldOf = ({ order, snapshot }: ExecutionContext): Decimal =>
  snapshot.side === 'buy' && order.fees !== undefined && hasFill(order)
    ? decimal(Number(order.cumQty) - Number(FEES[0]?.amount))
    : order.cumQty;
/** An open order that fell short of its size is what the execution may believe itself: only closed is agreement. */
export const OBSERVATIONS: readonly Observation[] = [
  { label: 'the broker agrees', differs: never },
  // The whole size at a price is a closed order, whatever the word (P9).
  { label: 'the order is open there', differs: (context) => !isWhole(context), order: 'open', isSteady: true },
  { label: 'the order is not found', differs: always, order: 'not_found', isSteady: true },
  { label: 'the order query failed', differs: always, order: 'failed', isSteady: true },
  { label: 'more is filled there', differs: always, order: 'more', isSteady: true },
  {
    label: 'it is filled at another price',
    differs: ({ order }) => hasFill(order) && order.avgPrice !== undefined,
    order: 'otherPrice',
  },
  { label: 'the position differs', differs: always, position: 'other' },
  { label: 'there is no position', differs: whenHeld, position: 'none' },
  { label: 'the position query failed', differs: always, position: 'failed', isSteady: true },
  { label: 'the broker offers no positions', differs: never, position: 'not_offered', isSteady: true },
  { label: 'there is no stop-loss', differs: whenHeld, legs: 'noStopLoss' },
  { label: 'there is no take-profit', differs: whenHeld, legs: 'noTakeProfit' },
  {
    label: 'the stop-loss has another price',
    differs: ({ order, bracket }) => hasFill(order) && bracket?.valid === true,
    legs: 'otherStopLoss',
  },
  {
    label: 'SL and TP are for another quantity',
    differs: ({ order, bracket }) => hasFill(order) && bracket !== undefined,
    legs: 'otherQuantity',
  },
];

const ELSEWHERE = decimal('149');

export function observed({ order, position, legs }: Observation, context: ExecutionContext): ReconciliationObserved {
  return { order: orderSeen(order, context), position: positionSeen(position, legs, context), others: NO_OTHERS };
}

function orderSeen(shown: Observation['order'], { order }: ExecutionContext): ReconciliationObserved['order'] {
  if (shown === 'not_found') return { kind: 'not_found' };
  if (shown === 'failed') return { kind: 'failed', cause: 'silent' };
  const price = shown === 'otherPrice' ? ELSEWHERE : order.avgPrice;
  const status = shown === 'open' ? 'open' : order.status === 'open' ? 'cancelled' : order.status;
  const cumQty = shown === 'more' ? decimal(Number(order.cumQty) + 1) : order.cumQty;
  return {
    kind: 'report',
    report: { brokerOrderId: 'b-1', status, cumQty, ...(price !== undefined && { avgPrice: price }) },
  };
}

function positionSeen(
  shown: Observation['position'],
  legs: Observation['legs'],
  context: ExecutionContext,
): ReconciliationObserved['position'] {
  const { bracket, snapshot } = context;
  if (shown === 'failed') return { kind: 'failed', cause: 'silent' };
  if (shown === 'not_offered') return { kind: 'not_offered' };
  const size: Decimal =
    shown === 'none' ? decimal('0') : shown === 'other' ? decimal(Number(heldOf(context)) + 1) : heldOf(context);
  const isBracketed = hasFill(context.order) && bracket !== undefined && isPositive(bracket.quantity);
  const stopLoss =
    legs === 'otherStopLoss' ? ELSEWHERE : (context.protection.standing?.stopLoss?.price ?? bracket?.stopLoss);
  return {
    kind: 'position',
    // A netting account shows what was there before as well.
    size: add(BASELINE, snapshot.side === 'buy' ? size : negate(size)),
    netting: true,
    ...(isBracketed && legs !== 'noStopLoss' && stopLoss !== undefined && { stopLoss }),
    ...(isBracketed && legs !== 'noTakeProfit' && { takeProfit: bracket.takeProfit }),
    ...(isBracketed && legs === 'otherQuantity' && { exitQuantity: decimal(Number(bracket.quantity) - 2) }),
  };
}
