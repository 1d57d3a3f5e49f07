/**
 * What the broker of the paths says, raw, and how the engine reads it: the same words serve the chart and the engine.
 */
import { negate, ZERO } from '../../domain/decimal.js';
import { readPosition } from '../../domain/observed-position.js';
import { hasFill, type OrderFact, type OrderState, readOrderReport } from '../../domain/order.js';
import type { Correction, Fee, Instrument, OrderReport, PositionReport } from '../../domain/ports.js';
import { NO_OTHERS, type ReconciliationObserved } from '../../domain/reconciliation.js';
import type { BrokerAnswer } from '../../domain/validation.js';
import type { ExecutionContext } from '../../machines/execution.context.js';
import { PATH_SYMBOL } from './profiles.js';

export const BROKER_ORDER_ID = 'B-1';

/** A report, as an adapter would hand it over. Without a broker order id where the engine does not know it yet. */
export function rawReport(clientOrderId: string, fact: OrderFact): Partial<OrderReport> {
  const word =
    fact.status === 'open'
      ? fact.cumQty === ZERO
        ? 'pending'
        : fact.isWorking === true
          ? 'partially_filled'
          : 'calculated'
      : fact.status;
  return {
    clientOrderId,
    state: word,
    filledSize: fact.cumQty,
    ...(fact.brokerOrderId !== undefined && { brokerOrderId: fact.brokerOrderId }),
    ...(fact.avgPrice !== undefined && { fillPrice: fact.avgPrice }),
    ...(fact.fees !== undefined && { fees: fact.fees }),
    ...(fact.correction !== undefined && { correction: fact.correction }),
  };
}

export interface ReportWords {
  readonly state: string;
  readonly filledSize?: string;
  readonly fillPrice?: string;
  readonly names?: boolean;
  readonly fees?: readonly Fee[];
  readonly correction?: Correction;
}

/** The fact that the engine makes of a report. */
export function reportFact(
  { clientOrderId, order }: ExecutionContext,
  { state, filledSize, fillPrice, names, fees, correction }: ReportWords,
): OrderFact {
  const raw = {
    clientOrderId,
    state,
    filledSize: filledSize ?? order.cumQty,
    ...((names === true || order.brokerOrderId !== undefined) && { brokerOrderId: BROKER_ORDER_ID }),
    ...priceOf(order, filledSize, fillPrice),
    ...(fees !== undefined && { fees }),
    ...(correction !== undefined && { correction }),
  };
  const fact = readOrderReport(raw, { clientOrderId });
  if (fact === undefined) throw new TypeError(`a path holds a report that cannot be read: ${JSON.stringify(raw)}`);
  return fact;
}

const priceOf = (order: OrderState, filledSize: string | undefined, fillPrice: string | undefined) => {
  const price = fillPrice ?? (filledSize === undefined ? order.avgPrice : undefined);
  return price === undefined ? {} : { fillPrice: price };
};

const instrument: Instrument = { symbol: PATH_SYMBOL, tickSize: '0.01', lotSize: '1' };

export const brokerAnswers = {
  fine: { kind: 'answered', instrument, margin: 'ok', baseline: ZERO },
  /** A tick so coarse that SL and TP fall on the fill. */
  coarse: { kind: 'answered', instrument: { ...instrument, tickSize: '10' }, margin: 'ok', baseline: ZERO },
  /** Room for SL and TP at the reference price and not at a fill of 148.5; a lot that 40 do not make up. */
  narrow: {
    kind: 'answered',
    instrument: { ...instrument, tickSize: '4.5', lotSize: '50', baseAsset: PATH_SYMBOL },
    margin: 'ok',
    baseline: ZERO,
  },
  unknownSymbol: { kind: 'unknown_symbol' },
  unavailable: { kind: 'unavailable', cause: 'instrument: out of order' },
} as const satisfies Record<string, BrokerAnswer>;

/** The order and the position as a broker in agreement with the execution shows them. */
export function agreeingView(context: ExecutionContext): { order: Partial<OrderReport>; position: PositionReport } {
  const { order, bracket, snapshot } = context;
  const fact: OrderFact = {
    status: order.status,
    cumQty: order.cumQty,
    brokerOrderId: BROKER_ORDER_ID,
    ...(order.avgPrice !== undefined && { avgPrice: order.avgPrice }),
  };
  const size = snapshot.side === 'sell' ? negate(order.cumQty) : order.cumQty;
  return {
    order: rawReport(context.clientOrderId, fact),
    position: {
      symbol: snapshot.symbol,
      size,
      ...(hasFill(order) && bracket?.valid === true && { sl: bracket.stopLoss, tp: bracket.takeProfit }),
    },
  };
}

/** What the engine observes of such a view. */
export function observedOf(
  context: ExecutionContext,
  view: { readonly order: Partial<OrderReport>; readonly position: PositionReport },
): ReconciliationObserved {
  const report = readOrderReport(view.order, context);
  const own = { symbol: context.snapshot.symbol, clientOrderId: context.clientOrderId };
  const position = readPosition([view.position], own, 'netting');
  if (report === undefined || position === undefined) throw new TypeError('a path holds a view that cannot be read');
  return { order: { kind: 'report', report }, position, others: NO_OTHERS };
}
