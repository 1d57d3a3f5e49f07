/**
 * May the paper broker take this exit pair? The first rule that refuses decides.
 *
 * 1. An exit of an entry that is in the books may be for no more than was filled of it; any other exit for no more than
 *    the net position has to reduce.
 * 2. A stop that the market has passed is refused and not set off: the caller must hear of it.
 */
import { type Decimal, isMultipleOf, isPositive, lessThan, parseDecimal } from '../../../domain/decimal.js';
import type { ProtectionRequest, Side } from '../../../domain/ports.js';
import { show } from '../../../domain/snapshot.js';
import { EXIT_LEGS, type ExitLeg, isWorking, legIdOf, stopIsThrough } from './exit-pair.js';
import { reducible } from './net-position.js';
import type { OrderStore } from './order-store.js';
import { readPrice } from './quote.js';
import { type Refusal, refusal } from './reject-codes.js';
import type { PaperInstrument } from './settings.js';

/** A request that was read. */
export interface ExitRequest {
  readonly clientOrderId: string;
  readonly symbol: string;
  readonly side: Side;
  readonly quantity: Decimal;
  readonly prices: Readonly<Record<ExitLeg, Decimal>>;
}

export type CheckedExit =
  | { readonly kind: 'taken'; readonly exit: ExitRequest }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

export function checkExit(request: ProtectionRequest, store: OrderStore): CheckedExit {
  const { clientOrderId, symbol, side } = request;
  const instrument = store.instrument(symbol);
  if (instrument === undefined) return refused('UNKNOWN_SYMBOL', `It is ${show(symbol)}.`);
  if (instrument.rules.protectable === false) {
    return refused('NOT_PROTECTABLE', `It is ${symbol}: ${instrument.rules.reason ?? 'no reason given'}.`);
  }
  const quantity = readQuantity(request.quantity, instrument);
  if (quantity === undefined) return refused('INVALID_QUANTITY', `It is ${show(request.quantity)}.`);
  const stopLoss = readTickPrice(request.stopLoss, instrument.tickSize);
  const takeProfit = readTickPrice(request.takeProfit, instrument.tickSize);
  if (stopLoss === undefined || takeProfit === undefined) {
    const found = `They are ${show(request.stopLoss)} and ${show(request.takeProfit)}, the tick is ${instrument.tickSize}.`;
    return refused('INVALID_PRICE', found);
  }
  const exit: ExitRequest = { clientOrderId, symbol, side, quantity, prices: { stopLoss, takeProfit } };
  const found = bracketRefusal(exit, store) ?? sizeRefusal(exit, store);
  return found === undefined ? { kind: 'taken', exit } : { kind: 'refused', refusal: found };
}

const refused = (...parts: Parameters<typeof refusal>): CheckedExit => ({
  kind: 'refused',
  refusal: refusal(...parts),
});

function readQuantity(value: unknown, { rules, lotSize }: PaperInstrument): Decimal | undefined {
  const quantity = parseDecimal(value);
  if (quantity === undefined || !isPositive(quantity)) return undefined;
  const step = rules.protectionLotSize === undefined ? lotSize : (parseDecimal(rules.protectionLotSize) ?? lotSize);
  return isMultipleOf(quantity, step) ? quantity : undefined;
}

function readTickPrice(value: unknown, tickSize: Decimal): Decimal | undefined {
  const price = readPrice(value);
  return price !== undefined && isMultipleOf(price, tickSize) ? price : undefined;
}

function bracketRefusal(exit: ExitRequest, store: OrderStore): Refusal | undefined {
  const { stopLoss, takeProfit } = exit.prices;
  const [lower, upper] = exit.side === 'sell' ? [stopLoss, takeProfit] : [takeProfit, stopLoss];
  const both = `${stopLoss} and ${takeProfit}`;
  if (!lessThan(lower, upper)) return refusal('INVALID_BRACKET', `They are ${both} for a ${exit.side}.`);
  const market = store.market(exit.symbol, exit.side);
  const placesStop = !store.has(legIdOf(exit.clientOrderId, 'stopLoss'));
  if (placesStop && market !== undefined && stopIsThrough(exit.side, stopLoss, market)) {
    return refusal('STOP_THROUGH_MARKET', `It is ${stopLoss}, the market ${market}.`);
  }
  return undefined;
}

function sizeRefusal({ clientOrderId, symbol, side, quantity }: ExitRequest, store: OrderStore): Refusal | undefined {
  const pair = store.pair(clientOrderId);
  if (pair !== undefined && !isWorking(pair)) return refusal('PAIR_CLOSED', `It is that of ${clientOrderId}.`);
  const entry = store.order(clientOrderId);
  if (entry === undefined) {
    const most = reducible(store.position(symbol), side, quantity);
    return most === quantity
      ? undefined
      : refusal('REDUCE_ONLY', `It is ${quantity}, the position has ${most} to reduce.`);
  }
  const fits = entry.symbol === symbol && entry.side !== side && !lessThan(entry.cumQty, quantity);
  return fits
    ? undefined
    : refusal('REDUCE_ONLY', `It is ${side} ${quantity} ${symbol}, the entry was filled with ${entry.cumQty}.`);
}

/** The legs that are not in the books yet. */
export const newLegs = (clientOrderId: string, store: OrderStore): readonly ExitLeg[] =>
  EXIT_LEGS.filter((leg) => !store.has(legIdOf(clientOrderId, leg)));
