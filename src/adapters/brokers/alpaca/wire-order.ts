/**
 * Alpaca's order object, as the API and the trade-updates stream write it.
 *
 * 1. Decimals are taken as the strings they are; what is not there stays out.
 * 2. A status that ends an order is translated; every other word is passed on, and means "still open".
 * 3. An exit pair is one parent with a nested leg: the parent is the take-profit, under the id that we gave it; the
 *    stop-loss gets its name from its parent, for Alpaca makes up the leg's own.
 */
import { parseVenueDecimal } from '../../../domain/decimal.js';
import type { Correction, Fill, OpenOrder, OrderReport, WorkingProtection } from '../../../domain/ports.js';
import { inOwnWords } from '../own-words.js';

export type Json = Readonly<Record<string, unknown>>;

export const isJson = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : typeof value === 'number' ? String(value) : undefined;

/** The take-profit is the parent of the pair, and bears the one id that can be given. */
export const pairId = (clientOrderId: string): string => `${clientOrderId}-tp`;
export const stopLossId = (clientOrderId: string): string => `${clientOrderId}-sl`;

/** The entry whose exit an id names, if it names one. */
export const entryOf = (id: string, leg: 'sl' | 'tp'): string | undefined =>
  id.endsWith(`-${leg}`) ? id.slice(0, -3) : undefined;

const isExitId = (id: string): boolean => entryOf(id, 'sl') !== undefined || entryOf(id, 'tp') !== undefined;

const STATES: Readonly<Record<string, OrderReport['state']>> = {
  new: 'submitted',
  accepted: 'submitted',
  pending_new: 'submitted',
  partially_filled: 'partially_filled',
  filled: 'filled',
  canceled: 'cancelled',
  expired: 'expired',
  rejected: 'rejected',
  // Replaced by a hand that is not ours: this order is over, its successor is nobody's of ours.
  replaced: 'cancelled',
};

const FILLED = ['filled', 'partially_filled'];

/** Words for an exit that Alpaca watches: the stop of a pair is `held` until it is reached (B5). */
const WORKING = ['new', 'accepted', 'held'];

/** An exit that is good until cancelled is done for the day only: it works on the next one. */
const worksOn = (order: Json, status: string): boolean =>
  WORKING.includes(status) || (status === 'done_for_day' && order['time_in_force'] === 'gtc');

const FINAL = ['filled', 'canceled', 'expired', 'rejected', 'replaced'];

/** Is the order over at Alpaca? What is no word says no end (P2). */
export const isOver = (order: Json): boolean => FINAL.includes(textOf(order['status']) ?? '');

/** A report on an order; `undefined` when the object is none, or what is filled of it is no number. `named` replaces the client id that Alpaca made up. */
export function reportOf(order: unknown, named?: string): OpenOrder | undefined {
  if (!isJson(order)) return undefined;
  const brokerOrderId = textOf(order['id']);
  const clientOrderId = named ?? textOf(order['client_order_id']);
  const status = textOf(order['status']);
  const filledSize = textOf(order['filled_qty']);
  if (brokerOrderId === undefined || clientOrderId === undefined) return undefined;
  if (status === undefined || filledSize === undefined) return undefined;
  if (parseVenueDecimal(filledSize) === undefined) return undefined;
  const fillPrice = textOf(order['filled_avg_price']);
  const price = isExitId(clientOrderId) ? (textOf(order['stop_price']) ?? textOf(order['limit_price'])) : undefined;
  const reason = reasonOf(order, status);
  const filledAt = FILLED.includes(status) ? textOf(order['filled_at']) : undefined;
  const brokerTime = filledAt ?? textOf(order['updated_at']) ?? textOf(order['submitted_at']);
  return {
    symbol: textOf(order['symbol']) ?? '',
    clientOrderId,
    brokerOrderId,
    state: isExitId(clientOrderId) && worksOn(order, status) ? 'working' : (inOwnWords(STATES, status) ?? status),
    filledSize,
    ...(fillPrice !== undefined && { fillPrice }),
    ...(price !== undefined && { price }),
    ...(reason !== undefined && { reason }),
    ...(brokerTime !== undefined && { brokerTime }),
  };
}

function reasonOf(order: Json, status: string): string | undefined {
  if (status === 'replaced') return `replaced by ${textOf(order['replaced_by']) ?? 'another order'}`;
  return textOf(order['reject_reason']) ?? textOf(order['reason']);
}

/** The order and its legs, each under the id by which the engine knows it. */
export function reportsOf(order: unknown, named?: string): readonly OpenOrder[] {
  const parent = reportOf(order, named);
  if (parent === undefined || !isJson(order)) return [];
  const entry = entryOf(parent.clientOrderId, 'tp');
  const legs = legsOf(order).map((leg) => reportOf(leg, entry === undefined ? undefined : stopLossId(entry)));
  return [parent, ...legs.filter((leg) => leg !== undefined)];
}

const TRADES = ['fill', 'partial_fill'];
const CORRECTIONS: Readonly<Record<string, Correction['kind']>> = { trade_bust: 'bust', trade_correct: 'correct' };

/** What a trade update says of its order, and of the legs that it shows: the update's own event is the order's alone (P8). */
export function updatesOf(update: Json, named?: string): readonly OpenOrder[] {
  const [own, ...legs] = reportsOf(update['order'], named);
  if (own === undefined) return [];
  const event = textOf(update['event']) ?? '';
  const kind = inOwnWords(CORRECTIONS, event);
  const fills = TRADES.includes(event) || kind === 'correct' ? fillsOf(update) : [];
  const fillId =
    textOf(update['previous_execution_id']) ?? (kind === 'bust' ? textOf(update['execution_id']) : undefined);
  return [
    {
      ...own,
      ...(fills.length > 0 && { fills }),
      ...(kind !== undefined && { correction: { kind, ...(fillId !== undefined && { fillId }) } }),
    },
    ...legs,
  ];
}

function fillsOf(update: Json): readonly Fill[] {
  const [id, quantity, price] = ['execution_id', 'qty', 'price'].map((field) => textOf(update[field]));
  return id === undefined || quantity === undefined || price === undefined ? [] : [{ id, quantity, price }];
}

/** The same, of a list that must be whole: what it leaves out would count as closed (M4). @throws {Error} */
export function allReportsOf(order: Json): readonly OpenOrder[] {
  const reports = reportsOf(order);
  if (reports.length !== 1 + legsOf(order).length)
    throw new Error('Alpaca: unreadable order among those that are open');
  return reports;
}

export const legsOf = (order: Json): readonly Json[] =>
  Array.isArray(order['legs']) ? (order['legs'] as readonly unknown[]).filter(isJson) : [];

/** The leg of a pair that stops the loss. */
export const stopLegOf = (order: Json): Json | undefined =>
  legsOf(order).find((leg) => textOf(leg['stop_price']) !== undefined);

/** A working exit pair, if the order is one of ours or anybody's. */
export function exitOf(order: Json): (WorkingProtection & { readonly isOurs: boolean }) | undefined {
  const stop = textOf(order['stop_price']) === undefined ? stopLegOf(order) : order;
  const isLimit = textOf(order['limit_price']) !== undefined && textOf(order['stop_price']) === undefined;
  const stopLoss = stop === undefined || isOver(stop) ? undefined : textOf(stop['stop_price']);
  const takeProfit = isLimit && !isOver(order) ? textOf(order['limit_price']) : undefined;
  if (stopLoss === undefined && takeProfit === undefined) return undefined;
  const id = textOf(order['client_order_id']) ?? '';
  const entry = entryOf(id, 'tp');
  return {
    isOurs: entry !== undefined,
    clientOrderId: entry ?? id,
    quantity: textOf(order['qty']) ?? '0',
    ...(stopLoss !== undefined && { stopLoss }),
    ...(takeProfit !== undefined && { takeProfit }),
  };
}
