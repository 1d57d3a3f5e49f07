/**
 * The exit pair, placed after the fill as one OCO order.
 *
 * 1. Two separate exits of the full size are refused by Alpaca: the first one reserves the shares. So one request
 *    carries both legs, and both share its fate.
 * 2. The parent is the take-profit, under `<clientOrderId>-tp`; a repeat is refused as a duplicate, which proves it.
 * 3. A stop that stands alone, since the market has passed the take-profit, is a simple order under `<clientOrderId>-sl`.
 * 4. A price from $1 on that has more than two decimals is rounded to the cent toward the fill, never away from it.
 */
import { decimal, lessThan, parseVenueDecimal, roundToStep } from '../../../domain/decimal.js';
import {
  type LegOutcome,
  type ProtectionOutcome,
  type ProtectionRequest,
  TAKE_PROFIT_PASSED,
} from '../../../domain/ports.js';
import { classifySubmit, type Exchange } from './classify.js';
import type { AlpacaSettings } from './options.js';
import type { Wire } from './wire.js';
import { isJson, isOver, pairId, stopLegOf, stopLossId, textOf } from './wire-order.js';

const CENT = decimal('0.01');
const ONE_DOLLAR = decimal('1');

export async function placeExits(
  wire: Wire,
  settings: AlpacaSettings,
  request: ProtectionRequest,
  signal: AbortSignal,
): Promise<ProtectionOutcome> {
  if (request.legs === 'stopLoss') return placeStop(wire, settings, request, signal);
  const { clientOrderId, symbol, side, quantity } = request;
  // An exit that sells lies around the fill as stop below, profit above: toward the fill is up for the one, down for the other.
  const [stopWay, profitWay] = side === 'sell' ? (['up', 'down'] as const) : (['down', 'up'] as const);
  const stopPrice = acceptedPrice(request.stopLoss, stopWay);
  const limitPrice = acceptedPrice(request.takeProfit, profitWay);
  const postOrderRequest = {
    symbol,
    side,
    qty: quantity,
    type: 'limit',
    timeInForce: settings.exitTimeInForce,
    orderClass: 'oco',
    clientOrderId: pairId(clientOrderId),
    takeProfit: { limitPrice },
    stopLoss: { stopPrice },
  } as const;
  const exchange = await wire.exchange('safety', signal, (apis, init) =>
    apis.orders.postOrderRaw({ postOrderRequest }, init),
  );
  return legsOfAnswer(classifySubmit(exchange, 'exit'), exchange);
}

/** The stop alone (B5). */
async function placeStop(
  wire: Wire,
  settings: AlpacaSettings,
  { clientOrderId, symbol, side, quantity, stopLoss }: ProtectionRequest,
  signal: AbortSignal,
): Promise<ProtectionOutcome> {
  const postOrderRequest = {
    symbol,
    side,
    qty: quantity,
    type: 'stop',
    timeInForce: settings.exitTimeInForce,
    clientOrderId: stopLossId(clientOrderId),
    stopPrice: acceptedPrice(stopLoss, side === 'sell' ? 'up' : 'down'),
  } as const;
  const exchange = await wire.exchange('safety', signal, (apis, init) =>
    apis.orders.postOrderRaw({ postOrderRequest }, init),
  );
  const takeProfit = { kind: 'rejected', code: TAKE_PROFIT_PASSED, reason: 'the stop-loss stands alone' } as const;
  return { stopLoss: classifySubmit(exchange, 'exit'), takeProfit };
}

/** One request, two legs: they share its fate, but for the stop's own id. */
function legsOfAnswer(outcome: LegOutcome, exchange: Exchange): ProtectionOutcome {
  if (outcome.kind !== 'accepted') return { stopLoss: outcome, takeProfit: outcome };
  const leg = exchange.kind === 'answer' && isJson(exchange.body) ? stopLegOf(exchange.body) : undefined;
  const legId = leg === undefined || isOver(leg) ? undefined : textOf(leg['id']);
  // Without a stop in the answer nothing says that there is one; a repeat with the same id will.
  const stopLoss: LegOutcome =
    legId === undefined
      ? { kind: 'unknown', cause: 'the exit pair was accepted without a working stop-loss leg' }
      : { kind: 'accepted', brokerOrderId: legId };
  return { stopLoss, takeProfit: outcome };
}

export function acceptedPrice(price: string, toward: 'up' | 'down'): string {
  const read = parseVenueDecimal(price);
  return read === undefined || lessThan(read, ONE_DOLLAR) ? price : roundToStep(read, CENT, toward);
}
