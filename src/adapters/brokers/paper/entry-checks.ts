/**
 * May the paper broker take this entry order? The first rule that refuses decides.
 *
 * 1. Nothing of the order is trusted: what the types promise is looked at again.
 */
import {
  absolute,
  type Decimal,
  decimal,
  isMultipleOf,
  isPositive,
  isZero,
  lessThan,
  multiply,
  parseDecimal,
  subtract,
  sum,
} from '../../../domain/decimal.js';
import type { OrderRequest, Side } from '../../../domain/ports.js';
import { show } from '../../../domain/snapshot.js';
import { opening } from './net-position.js';
import type { OrderStore } from './order-store.js';
import type { RejectRule } from './paper-options.js';
import { leavesOf } from './paper-order.js';
import { type Refusal, refusal } from './reject-codes.js';
import type { PaperInstrument, PaperSettings } from './settings.js';

const CLIENT_ORDER_ID = /^[A-Za-z0-9-]{1,36}$/;

/** The refusal of an order for what it is, or for want of buying power. */
export function entryRefusal(order: OrderRequest, store: OrderStore, settings: PaperSettings): Refusal | undefined {
  const instrument = store.instrument(order.symbol);
  if (!CLIENT_ORDER_ID.test(order.clientOrderId)) {
    return refusal('INVALID_CLIENT_ORDER_ID', `It is ${show(order.clientOrderId)}.`);
  }
  if (instrument === undefined) return refusal('UNKNOWN_SYMBOL', `It is ${show(order.symbol)}.`);
  if (instrument.rules.tradable === false) {
    return refusal('NOT_TRADABLE', `It is ${order.symbol}: ${instrument.rules.reason ?? 'no reason given'}.`);
  }
  if (order.orderType !== 'MARKET' || !isSide(order.side)) {
    return refusal('UNSUPPORTED_ORDER', `It is ${show(order.orderType)}, ${show(order.side)}.`);
  }
  const accepted = quantityRefusal(order.quantity, instrument);
  if (accepted !== undefined)
    return refusal('INVALID_QUANTITY', `It is ${show(order.quantity)}; accepted is ${accepted}.`);
  const tooDear = marginRefusal(order, store, settings.buyingPower);
  return tooDear === undefined ? undefined : refusal('INSUFFICIENT_MARGIN', `${tooDear}.`);
}

const isSide = (value: unknown): value is Side => value === 'buy' || value === 'sell';

/** What would be accepted in place of the quantity; `undefined` when the quantity is accepted. */
function quantityRefusal(value: unknown, { rules, lotSize }: PaperInstrument): string | undefined {
  const quantity = parseDecimal(value);
  if (quantity === undefined || !isPositive(quantity)) return 'a decimal greater than zero';
  if (!isMultipleOf(quantity, lotSize)) return `a multiple of ${rules.lotSize}`;
  if (rules.minQty !== undefined && lessThan(quantity, decimal(rules.minQty))) return `at least ${rules.minQty}`;
  if (rules.maxQty !== undefined && lessThan(decimal(rules.maxQty), quantity)) return `at most ${rules.maxQty}`;
  return undefined;
}

/**
 * Why the buying power does not suffice, or `undefined`. What an order takes from a position needs none; without a price
 * the order cannot be valued, and is refused.
 */
export function marginRefusal(
  order: OrderRequest,
  store: OrderStore,
  buyingPower: Decimal | undefined,
): string | undefined {
  const quantity = parseDecimal(order.quantity);
  if (buyingPower === undefined || quantity === undefined) return undefined;
  const opened = opening(store.position(order.symbol), order.side, quantity);
  if (isZero(opened)) return undefined;
  const price = store.market(order.symbol, order.side);
  if (price === undefined) return `there is no price of ${order.symbol} to value the order`;
  const required = multiply(opened, price);
  const available = subtract(buyingPower, takenUp(store));
  return lessThan(available, required) ? `required ${required}, available ${available} of ${buyingPower}` : undefined;
}

/** Positions at their entry price (else at the quote), and open entries at the quote. */
function takenUp(store: OrderStore): Decimal {
  const held = [...store.positions()].flatMap(([symbol, { size, entryPrice }]) => {
    const price = entryPrice ?? store.market(symbol, 'buy');
    return price === undefined ? [] : [multiply(absolute(size), price)];
  });
  const ordered = store.openOrders().flatMap((order) => {
    const price = order.type === 'MARKET' ? store.market(order.symbol, order.side) : undefined;
    return price === undefined ? [] : [multiply(leavesOf(order), price)];
  });
  return sum([...held, ...ordered]);
}

/** The first rule of the options that rejects the order. */
export const ruleAgainst = (order: OrderRequest, rules: readonly RejectRule[]): RejectRule | undefined =>
  rules.find(({ symbol, side, quantityAbove }) => {
    if (symbol !== undefined && symbol !== order.symbol) return false;
    if (side !== undefined && side !== order.side) return false;
    return quantityAbove === undefined || lessThan(decimal(quantityAbove), decimal(order.quantity));
  });
