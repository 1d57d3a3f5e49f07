/**
 * The exits of a position: two orders, the stop first.
 *
 * 1. Both go out in one turn, the stop before the limit; each has an outcome of its own.
 * 2. Their ids are the entry's with `-sl` and `-tp`. An exit that was sent is not sent again: a repeat answers from what was
 *    heard of it, and says `unknown` as long as that is nothing. One that was lost with a connection goes out once more: the
 *    counterparty has asked for its message again (ResendRequest), and does not know the order when it is asked for.
 * 3. An exit that is over is no exit: a repeat says why, unless it has filled.
 * 4. With `exits.oco: 'list'` both go out in one list, or neither: a leg alone would be linked to nothing.
 * 5. An exit that is taken at another price or for another quantity than was asked, or that is there already, is told with
 *    the price and the quantity at which it stands; one that the counterparty has, and this store has not, is `duplicate`: the
 *    engine asks how it stands.
 * 6. Exits of an entry that this store did not send are looked for before they are sent: an earlier process may have placed
 *    them, and not every counterparty refuses an id that it has.
 * 7. Prices are rounded to the tick toward the fill, never away from it.
 */
import { parseVenueDecimal, roundToStep } from '../../../domain/decimal.js';
import {
  type Instrument,
  type LegOutcome,
  type OrderReport,
  type ProtectionOutcome,
  type ProtectionRequest,
  type StandingExit,
  TAKE_PROFIT_PASSED,
} from '../../../domain/ports.js';
import { type Heard, saysUnknown } from './classify.js';
import type { KnownOrder, OutgoingOrder } from './known-order.js';
import { orderStatusRequest } from './messages.js';
import { type FixParts, sendList, sendOrder } from './parts.js';

const NOT_PLACED: LegOutcome = {
  kind: 'rejected',
  code: TAKE_PROFIT_PASSED,
  reason: 'the market has passed the take-profit: the stop-loss was placed alone',
};

const NOT_ASKED: LegOutcome = { kind: 'not_sent', reason: 'the list has no such order' };
/** A leg of a list of which the other was sent before. */
const UNLINKED: LegOutcome = {
  kind: 'rejected',
  code: 'NOT_SENDABLE',
  reason: 'the other exit was sent without it: alone, this one would be linked to nothing',
};

/** Taken, and not in the market. */
const IDLE = ['pending', 'suspended'];
const OVER = ['rejected', 'cancelled', 'expired'];

export async function placeExits(
  parts: FixParts,
  request: ProtectionRequest,
  signal: AbortSignal,
): Promise<ProtectionOutcome> {
  const { clientOrderId, symbol, side, quantity } = request;
  const rules = parts.settings.instruments.get(symbol);
  // An exit that sells lies around the fill as stop below, profit above: toward the fill is up for the one, down for the other.
  const [stopWay, profitWay] = side === 'sell' ? (['up', 'down'] as const) : (['down', 'up'] as const);
  const common = { symbol, side, quantity, exitOf: clientOrderId };
  const stop = { ...common, clientOrderId: `${clientOrderId}-sl`, stopPrice: onTick(request.stopLoss, rules, stopWay) };
  const limit = {
    ...common,
    clientOrderId: `${clientOrderId}-tp`,
    limitPrice: onTick(request.takeProfit, rules, profitWay),
  };
  if (request.legs === 'stopLoss') {
    await takeBackIfLost(parts, stop, signal);
    const found = await foundBefore(parts, stop, request, signal);
    return { stopLoss: found ?? (await placeExit(parts, stop, request, signal)), takeProfit: NOT_PLACED };
  }
  const legs = [stop, limit];
  await Promise.all(legs.map((leg) => takeBackIfLost(parts, leg, signal)));
  const before = await Promise.all(legs.map((leg) => foundBefore(parts, leg, request, signal)));
  const isList = parts.settings.exits.oco === 'list';
  const isNew = before.every((found) => found === undefined);
  if (isList && isNew && !legs.some((leg) => parts.store.has(leg.clientOrderId))) {
    const outcomes = await sendList(parts, clientOrderId, legs, signal);
    const [stopLoss = NOT_ASKED, takeProfit = NOT_ASKED] = outcomes.map((outcome, index) =>
      asItStands(parts, outcome, legs[index]),
    );
    return { stopLoss, takeProfit };
  }
  const [stopLoss, takeProfit] = await Promise.all([
    before[0] ?? placeExit(parts, stop, request, signal),
    before[1] ?? placeExit(parts, limit, request, signal),
  ]);
  // One may have ended while the other was not answered yet.
  return { stopLoss: asItStands(parts, stopLoss, stop), takeProfit: asItStands(parts, takeProfit, limit) };
}

/** Two proofs: its message was not received in its turn, and the counterparty does not know the order. */
async function takeBackIfLost(parts: FixParts, order: OutgoingOrder, signal: AbortSignal): Promise<void> {
  const { store } = parts;
  if (!store.isSkipped(order.clientOrderId) || !parts.asksForStatus || !parts.line.isReady) return;
  const heard = await askFor(parts, order, signal);
  if (saysUnknown(heard) && store.isSkipped(order.clientOrderId)) store.takeBack(order.clientOrderId);
}

function askFor(parts: FixParts, order: OutgoingOrder, signal: AbortSignal): Promise<Heard> {
  const { settings, line, pending } = parts;
  const { clientOrderId, symbol, side, quantity } = order;
  const names = { clientOrderId, orderId: undefined, symbol, side, quantity, isExit: true };
  const question = orderStatusRequest(settings, names, parts.newId('s'));
  return pending.ask('status', clientOrderId, signal, () => line.send('H', question, { symbol }));
}

/** The exit as the counterparty has it already; `undefined` when it has not, or cannot be asked. */
async function foundBefore(
  parts: FixParts,
  order: OutgoingOrder,
  request: ProtectionRequest,
  signal: AbortSignal,
): Promise<LegOutcome | undefined> {
  const { store, line } = parts;
  const isOfAnother = request.brokerOrderId !== undefined && !store.has(request.clientOrderId);
  if (!isOfAnother || store.has(order.clientOrderId) || !parts.asksForStatus || !line.isReady) return undefined;
  const heard = await askFor(parts, order, signal);
  if (heard.kind === 'lost') return { kind: 'unknown', cause: `whether it is there already: ${heard.cause}` };
  if (heard.kind !== '8' || saysUnknown(heard)) return undefined;
  // From here on it is watched like one that this process has sent.
  store.write(order);
  return { kind: 'duplicate' };
}

async function placeExit(
  parts: FixParts,
  order: OutgoingOrder,
  request: ProtectionRequest,
  signal: AbortSignal,
): Promise<LegOutcome> {
  const isList = parts.settings.exits.oco === 'list' && request.legs !== 'stopLoss';
  if (isList && !parts.store.has(order.clientOrderId)) return UNLINKED;
  const wasKnown = parts.store.has(order.clientOrderId);
  const outcome = await sendOrder(parts, order, signal);
  if (outcome.kind === 'duplicate' && !wasKnown) return duplicateOf(parts, order, signal);
  if (outcome.kind !== 'duplicate') return asItStands(parts, outcome, order);
  const known = parts.store.get(order.clientOrderId);
  const { report, orderId } = known ?? {};
  const over = overBy(report);
  if (over !== undefined) return over;
  if (report === undefined || orderId === undefined) {
    return parts.store.has(order.clientOrderId) ? { kind: 'unknown', cause: 'sent before, not answered yet' } : outcome;
  }
  const state = IDLE.includes(report.state) ? 'pending' : 'working';
  return { kind: 'accepted', brokerOrderId: orderId, state, ...(known !== undefined && foundOtherwise(known, order)) };
}

/** Refused as a duplicate of an order that the counterparty does not know, an exit is not there, whatever the words meant. */
async function duplicateOf(parts: FixParts, order: OutgoingOrder, signal: AbortSignal): Promise<LegOutcome> {
  const heard = parts.asksForStatus && parts.line.isReady ? await askFor(parts, order, signal) : undefined;
  if (heard === undefined || !saysUnknown(heard)) return { kind: 'duplicate' };
  const reason = 'refused as a duplicate, and the counterparty knows no such order';
  parts.store.refuse(order.clientOrderId, reason);
  return { kind: 'rejected', code: 'DUPLICATE', reason };
}

/** An exit that has ended without a fill is none. */
function overBy(report: OrderReport | undefined): LegOutcome | undefined {
  if (report === undefined || !OVER.includes(report.state)) return undefined;
  const reason = report.reason ?? `${report.state} by the counterparty`;
  return { kind: 'rejected', code: report.state.toUpperCase(), reason };
}

/**
 * A venue may take an exit at another price or for another quantity than was asked: what works there is what is told. It may
 * also end it right behind its acknowledgement: nobody would hear of that report who has not heard of the exit yet.
 */
function asItStands({ store }: FixParts, outcome: LegOutcome, order: OutgoingOrder | undefined): LegOutcome {
  const known = order === undefined ? undefined : store.get(order.clientOrderId);
  if (outcome.kind !== 'accepted' || order === undefined || known === undefined) return outcome;
  const { found: _before, ...taken } = outcome;
  return overBy(known.report) ?? { ...taken, ...foundOtherwise(known, order) };
}

/** How the exit stands, where that is not as it is asked for now. */
function foundOtherwise({ order, report, quantity }: KnownOrder, asked: OutgoingOrder): { found?: StandingExit } {
  const price = report?.price ?? order.stopPrice ?? order.limitPrice;
  const wanted = asked.stopPrice ?? asked.limitPrice;
  const isSame = (a: string | undefined, b: string | undefined) => parseVenueDecimal(a) === parseVenueDecimal(b);
  if (isSame(price, wanted) && isSame(quantity, asked.quantity)) return {};
  return { found: { ...(price !== undefined && { price }), quantity } };
}

function onTick(price: string, rules: Instrument | undefined, toward: 'up' | 'down'): string {
  const [read, tick] = [parseVenueDecimal(price), parseVenueDecimal(rules?.tickSize)];
  return read === undefined || tick === undefined ? price : roundToStep(read, tick, toward);
}
