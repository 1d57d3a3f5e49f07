/**
 * The parts of the adapter that its calls work with, and the one way by which an order leaves.
 *
 * 1. An order is written down first, then sent; an id that is written down is never sent again.
 * 2. An exit is placed when it works: one that is only pending, or suspended, is waited for, a while (B5).
 * 3. What could not be sent as it is (a step, a character) is refused here: nothing is rounded behind the caller's back.
 */
import { isMultipleOf, parseVenueDecimal } from '../../../domain/decimal.js';
import type { Instrument, OpenOrder, PositionReport, Quote, SubmitOutcome } from '../../../domain/ports.js';
import { classifySubmit, type Heard, orderIdOf } from './classify.js';
import type { Collector } from './collector.js';
import type { PeerClock } from './describe.js';
import type { OutgoingOrder } from './known-order.js';
import type { Line } from './line.js';
import { newOrderList, newOrderSingle } from './messages.js';
import type { OrderStore } from './order-store.js';
import type { Patience, Pending } from './pending.js';
import { type FixSettings, isFieldText } from './settings.js';

/** The parts of the adapter that its calls work with. */
export interface FixParts {
  readonly settings: FixSettings;
  readonly line: Line;
  readonly store: OrderStore;
  readonly pending: Pending;
  readonly positions: Collector<PositionReport>;
  readonly openOrders: Collector<OpenOrder>;
  readonly quotes: Collector<Quote>;
  readonly peerClock: PeerClock;
  /** An id of a request, unlike any that an earlier process made. */
  newId(prefix: string): string;
  /** False once the counterparty said that it does not know OrderStatusRequest. */
  asksForStatus: boolean;
}

/** How long an exit may stay PendingNew before it is told of as pending, in ms: well within a call's deadline. */
const PENDING_EXIT_MS = 1_000;
const PENDING_NEW = 'A';
const SUSPENDED = '9';

const isPending = (heard: Heard): boolean => heard.kind === '8' && heard.ordStatus === PENDING_NEW;

/** Taken, and not in the market: it would not trigger. */
const isIdle = (heard: Heard): boolean => isPending(heard) || (heard.kind === '8' && heard.ordStatus === SUSPENDED);

/** An entry is accepted once it has an id; an exit when it works. */
const FOR_ENTRY: Patience = { isEnough: (heard) => !isPending(heard) || orderIdOf(heard) !== undefined };
const FOR_EXIT: Patience = { isEnough: (heard) => !isIdle(heard), forMs: PENDING_EXIT_MS };

/** Sends an order, once and for all. */
export async function sendOrder(parts: FixParts, order: OutgoingOrder, signal: AbortSignal): Promise<SubmitOutcome> {
  const held = whyNotSent(parts, order, signal);
  if (held !== undefined) return held;
  parts.store.write(order);
  return answerTo(parts, order, signal, () => {
    const about = { symbol: order.symbol, role: order.exitOf === undefined ? 'entry' : 'exit' } as const;
    return parts.line.send('D', newOrderSingle(parts.settings, order), about);
  });
}

/** Sends orders as one list (35=E), once and for all: all of them, or none. The outcomes are in their order. */
export async function sendList(
  parts: FixParts,
  listId: string,
  orders: readonly OutgoingOrder[],
  signal: AbortSignal,
): Promise<readonly SubmitOutcome[]> {
  const reasons = orders.map((order) => whyNotSent(parts, order, signal));
  const held = reasons.find((reason) => reason !== undefined);
  if (held !== undefined) return reasons.map((reason) => reason ?? held);
  for (const order of orders) parts.store.write(order);
  const [{ symbol = '' } = {}] = orders;
  let sent: { readonly number: number | undefined } | undefined;
  const send = (): number | undefined => {
    sent ??= {
      number: parts.line.send('E', newOrderList(parts.settings, listId, orders), { symbol, role: 'exit' }),
    };
    return sent.number;
  };
  return Promise.all(orders.map((order) => answerTo(parts, order, signal, send)));
}

/** Why an order must not be sent now; `undefined` when it may be. */
function whyNotSent(
  { settings, line, store }: FixParts,
  order: OutgoingOrder,
  signal: AbortSignal,
): SubmitOutcome | undefined {
  const refused = whyRefused(order, settings.instruments.get(order.symbol));
  if (refused !== undefined) return { kind: 'rejected', code: 'NOT_SENDABLE', reason: refused };
  if (store.has(order.clientOrderId)) return { kind: 'duplicate' };
  if (!line.isReady) return classifySubmit({ kind: 'not_ready', cause: line.cause });
  return signal.aborted ? classifySubmit({ kind: 'not_ready', cause: 'given up before it was sent' }) : undefined;
}

/** Waits for what is heard of an order that `send` sends. */
async function answerTo(
  { store, pending }: FixParts,
  { clientOrderId, exitOf }: OutgoingOrder,
  signal: AbortSignal,
  send: () => number | undefined,
): Promise<SubmitOutcome> {
  const isExit = exitOf !== undefined;
  const numbered = (): number | undefined => {
    const number = send();
    if (number !== undefined) store.numbered(clientOrderId, number);
    return number;
  };
  const heard = await pending.ask('order', clientOrderId, signal, numbered, isExit ? FOR_EXIT : FOR_ENTRY);
  const outcome = classifySubmit(heard);
  return isExit && outcome.kind === 'accepted' ? { ...outcome, state: isIdle(heard) ? 'pending' : 'working' } : outcome;
}

/** What would not survive the way to the counterparty, or is not in the agreed steps. */
function whyRefused(order: OutgoingOrder, rules: Instrument | undefined): string | undefined {
  if (rules === undefined) return `${order.symbol} is not among the configured instruments`;
  if (![order.clientOrderId, order.symbol].every(isFieldText)) return 'an id or a symbol is not printable ASCII';
  const [lot, tick] = [parseVenueDecimal(rules.lotSize), parseVenueDecimal(rules.tickSize)];
  const quantity = parseVenueDecimal(order.quantity);
  if (quantity === undefined || lot === undefined || !isMultipleOf(quantity, lot)) {
    return `the quantity ${order.quantity} is not a multiple of ${rules.lotSize}`;
  }
  for (const price of [order.stopPrice, order.limitPrice]) {
    const read = parseVenueDecimal(price);
    if (price !== undefined && (read === undefined || tick === undefined || !isMultipleOf(read, tick))) {
      return `the price ${price} is not a multiple of ${rules.tickSize}`;
    }
  }
  return undefined;
}
