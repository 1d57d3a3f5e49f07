/**
 * Reconciliation without an engine: what a caller expects of one order, held against the broker (R6).
 *
 * 1. One order query and one position query, each under its deadline, neither repeated (R6.1, P7). Nothing is corrected.
 * 2. The comparison is the engine's own (`reconcile`): every difference is listed, any difference needs a person (R6.3, R6.4).
 * 3. What could not be asked is a difference of its own, never read as zero (M4): a broker that tells no positions, too.
 * 4. It resolves whatever the broker does, and rejects for misuse only.
 */
import { brokerCalls, observedOrder } from './actors/broker-calls.js';
import { callBroker } from './actors/calls.js';
import { systemClock } from './adapters/system-clock.js';
import { absolute, type Decimal, isNegative, isZero, parseDecimal, ZERO } from './domain/decimal.js';
import { heldQuantity } from './domain/held.js';
import { CALL_DEADLINES } from './domain/limits.js';
import { refuseUnknown } from './domain/option-names.js';
import type { BrokerAdapter, Clock, OrderRef, Side } from './domain/ports.js';
import { attempt } from './domain/reading.js';
import { FillchartError } from './domain/reasons.js';
import {
  type Mismatch,
  mismatch,
  NO_OTHERS,
  type ObservedOrder,
  type ObservedPosition,
  type ReconciliationReport,
  reconcile,
} from './domain/reconciliation.js';
import { show } from './domain/snapshot.js';
import { isoTime } from './domain/time.js';

/** What the caller expects the broker to show. Sizes and prices are decimal strings. @public @since 0.1.0 */
export interface ExpectedAtBroker {
  readonly advisoryId: string;
  readonly symbol: string;
  /** Our id of the entry order. One of `clientOrderId` and `orderId` is needed; with both, both must fit. */
  readonly clientOrderId?: string;
  /** The broker's id of the entry order. */
  readonly orderId?: string;
  /**
   * The position, signed (short is negative); `0` expects no position and no fill. On a netting account it is what the
   * broker shows for the symbol as a whole; on a hedging one, what it shows for this order.
   */
  readonly expectedPositionSize: string;
  /** Price of the stop-loss. Without it any price will do, but a position without a stop-loss is still a difference. */
  readonly expectedSl?: string;
  /** Price of the take-profit. Without it any price will do, but a position without a take-profit is still a difference. */
  readonly expectedTp?: string;
}

/** What {@link reconcileAtBroker} takes besides. @public @since 0.1.0 */
export interface ReconcileAtBrokerOptions {
  /** The system clock by default. */
  readonly clock?: Clock;
}

const EXPECTED = Object.keys({
  advisoryId: true,
  symbol: true,
  clientOrderId: true,
  orderId: true,
  expectedPositionSize: true,
  expectedSl: true,
  expectedTp: true,
} satisfies Record<keyof ExpectedAtBroker, true>);

interface Checked {
  readonly ids: Pick<ExpectedAtBroker, 'advisoryId' | 'symbol' | 'clientOrderId' | 'orderId'>;
  readonly size: Decimal;
  readonly side: Side;
  readonly stopLoss?: Decimal;
  readonly takeProfit?: Decimal;
}

/**
 * Asks the broker once for the order and once for the position, and compares.
 *
 * The adapter is connected first where it has `connect`; it is never closed. Ends within 10 s, whatever the broker does. The
 * order is expected to be closed and filled with the size of the position (less a fee in the bought asset, B6).
 *
 * @throws {FillchartError} `INVALID_OPTION` (as a rejection), when neither id is given, or a size or price is not a decimal
 * @public @since 0.1.0
 */
export async function reconcileAtBroker(
  broker: BrokerAdapter,
  expected: ExpectedAtBroker,
  options: ReconcileAtBrokerOptions = {},
): Promise<ReconciliationReport> {
  refuseUnknown('reconcileAtBroker', options, ['clock']);
  requireReads(broker);
  const wanted = checked(expected);
  const { clock = systemClock() } = options;
  await callBroker(clock, CALL_DEADLINES.connectMs, async (signal) => broker.connect?.(signal));
  const { clientOrderId, order, position } = await observe(broker, wanted, clock);
  return compared(wanted, clientOrderId, order, position, isoTime(Math.floor(clock.now())));
}

interface Observed {
  readonly clientOrderId: string;
  readonly order: ObservedOrder;
  readonly position: ObservedPosition;
}

/** An adapter that is asked by the broker's id alone tells ours, by which it names exits and hedged positions. */
async function observe(broker: BrokerAdapter, { ids }: Checked, clock: Clock): Promise<Observed> {
  const connected = () => Promise.resolve();
  const { capabilities } = broker;
  const calls = brokerCalls({ broker, capabilities, clock, deadlines: CALL_DEADLINES, connected });
  const positionOf = async (ref: OrderRef): Promise<ObservedPosition> => {
    const position = await calls.observePosition(ref);
    return position.kind === 'not_offered' ? { kind: 'failed', cause: 'the broker tells no positions' } : position;
  };
  const { symbol, orderId } = ids;
  const ref = {
    clientOrderId: ids.clientOrderId ?? '',
    symbol,
    ...(orderId !== undefined && { brokerOrderId: orderId }),
  };
  if (ids.clientOrderId !== undefined) {
    const [order, position] = await Promise.all([calls.observeOrder(ref), positionOf(ref)]);
    return { clientOrderId: ids.clientOrderId, order, position };
  }
  const answer = await callBroker(clock, CALL_DEADLINES.statusMs, (signal) => broker.getOrderStatus(ref, signal));
  const told = answer.kind === 'answered' ? clientOrderIdIn(answer.value) : undefined;
  const named = { ...ref, clientOrderId: told ?? '' };
  return { clientOrderId: named.clientOrderId, order: observedOrder(answer, named), position: await positionOf(named) };
}

function clientOrderIdIn(report: unknown): string | undefined {
  const id = attempt(() => (report as { readonly clientOrderId?: unknown }).clientOrderId);
  return typeof id === 'string' ? id : undefined;
}

function compared(
  { ids, size, side, stopLoss, takeProfit }: Checked,
  clientOrderId: string,
  order: ObservedOrder,
  position: ObservedPosition,
  timestamp: string,
): ReconciliationReport {
  const { advisoryId, symbol, orderId } = ids;
  const name = clientOrderId || (orderId ?? '');
  const filled = filledFor(size, order, side, symbol);
  return reconcile(
    {
      reconciliationId: `${name}-rec`,
      advisoryId,
      clientOrderId: name,
      timestamp,
      side,
      approvedSize: filled,
      // No third question for the tick: prices are compared as they are.
      tickSize: ZERO,
      orderStatus: isZero(size) ? 'cancelled' : 'filled',
      ...(orderId !== undefined && { brokerOrderId: orderId }),
      cumQty: filled,
      heldQuantity: size,
      protectedQuantity: size,
      ...(stopLoss !== undefined && { stopLoss }),
      ...(takeProfit !== undefined && { takeProfit }),
      baseline: ZERO,
      found: otherOrder(orderId, order),
    },
    { order, position, others: NO_OTHERS },
  );
}

/** What the order has to have filled for this position: more than it, where a fee was taken in the bought asset (B6). */
function filledFor(size: Decimal, order: ObservedOrder, side: Side, symbol: string): Decimal {
  if (order.kind !== 'report') return size;
  const held = heldQuantity({ order: order.report, side, symbol });
  return held === size ? order.report.cumQty : size;
}

/** The order that the broker has under our id is not the one that is meant. */
function otherOrder(orderId: string | undefined, order: ObservedOrder): readonly Mismatch[] {
  const actual = order.kind === 'report' ? order.report.brokerOrderId : undefined;
  if (orderId === undefined || actual === undefined || actual === orderId) return [];
  return [mismatch('ORDER_NOT_FOUND', orderId, actual, `Expected order ${orderId}, found ${actual} in broker`)];
}

function checked(expected: ExpectedAtBroker): Checked {
  if (expected === undefined) refuse('expected', expected, 'an object');
  refuseUnknown('reconcileAtBroker', expected, EXPECTED, 'expected.');
  const { advisoryId, symbol, clientOrderId, orderId } = expected;
  const text = (name: keyof ExpectedAtBroker) => {
    const value = expected[name];
    if (typeof value !== 'string' || value === '') refuse(name, value, 'a string that is not empty');
  };
  text('advisoryId');
  text('symbol');
  if (clientOrderId !== undefined || orderId === undefined) text('clientOrderId');
  if (orderId !== undefined) text('orderId');
  const signed = decimalOf('expectedPositionSize', expected.expectedPositionSize);
  const { expectedSl, expectedTp } = expected;
  return {
    ids: {
      advisoryId,
      symbol,
      ...(clientOrderId !== undefined && { clientOrderId }),
      ...(orderId !== undefined && { orderId }),
    },
    size: absolute(signed),
    side: isNegative(signed) ? 'sell' : 'buy',
    ...(expectedSl !== undefined && { stopLoss: decimalOf('expectedSl', expectedSl) }),
    ...(expectedTp !== undefined && { takeProfit: decimalOf('expectedTp', expectedTp) }),
  };
}

const decimalOf = (name: string, value: unknown): Decimal =>
  parseDecimal(value) ?? refuse(name, value, 'a decimal such as "100"');

function refuse(name: string, value: unknown, accepted: string): never {
  const message = `${name} of reconcileAtBroker is ${value === undefined ? 'missing' : show(value)}; accepted is ${accepted}.`;
  throw new FillchartError('INVALID_OPTION', message);
}

function requireReads(broker: BrokerAdapter): void {
  for (const method of ['getOrderStatus', 'getPositions'] as const) {
    if (typeof attempt(() => broker[method]) !== 'function') refuse(`broker.${method}`, undefined, 'a function');
  }
  if (typeof attempt(() => broker.capabilities.positions) !== 'string') {
    refuse('broker.capabilities', undefined, 'what the broker can do');
  }
}
