/**
 * Finding an order, and cancelling one.
 *
 * 1. `not_found` is the exchange's own word, never an answer that could not be read.
 * 2. An order that is filled without an average price is asked for its fills.
 */
import { isPositive, parseDecimal } from '../../../domain/decimal.js';
import type { CancelOutcome, Fill, OrderRef, OrderReport } from '../../../domain/ports.js';
import type { Purpose } from '../request-budget.js';
import { classifyCancel } from './classify.js';
import { type Desk, marketOf, nameAtVenue } from './desk.js';
import type { Market, OrderName, VenueOrder } from './dialect.js';

const OVER = ['filled', 'cancelled', 'rejected', 'expired'];

/** @throws {Error} when the exchange did not say, readably, what there is */
export async function findOrder(
  { wire, dialect }: Desk,
  market: Market,
  order: OrderName,
  signal: AbortSignal,
  purpose: Purpose = 'read',
): Promise<VenueOrder | undefined> {
  for (const request of dialect.lookUps(market, order)) {
    const said = await wire.read(signal, request, purpose);
    const found = said.isOk ? dialect.found(said.data, order) : 'absent';
    if (found === undefined) throw new Error(`${dialect.exchange}: unreadable order`);
    if (found !== 'absent') return found;
  }
  return undefined;
}

export async function orderStatus(desk: Desk, ref: OrderRef, signal: AbortSignal): Promise<OrderReport | 'not_found'> {
  const market = marketOf(desk, ref.symbol);
  const name = nameAtVenue(desk, ref.clientOrderId, ref.brokerOrderId);
  const order = await findOrder(desk, market, name, signal);
  if (order === undefined) return 'not_found';
  const report = reportOf(order, ref.clientOrderId);
  if (report === undefined) throw new Error(`${desk.settings.exchange}: unreadable order`);
  if (order.state !== 'filled' || report.fillPrice !== undefined || name.kind !== 'entry') return report;
  const fills = await fillsOf(desk, market, order, signal);
  return fills.length === 0 ? report : { ...report, fills };
}

/** In our words; `undefined` when a quantity in it is none. */
export function reportOf(order: VenueOrder, clientOrderId: string): OrderReport | undefined {
  const filledSize = parseDecimal(order.filledSize);
  if (filledSize === undefined) return undefined;
  const { brokerOrderId, state, fillPrice, reason, brokerTime } = order;
  return {
    clientOrderId,
    brokerOrderId,
    state,
    filledSize,
    ...(fillPrice !== undefined && isPositive(filledSize) && { fillPrice }),
    ...(reason !== undefined && { reason }),
    ...(brokerTime !== undefined && { brokerTime }),
  };
}

/** Without them the report stands as it is: filled, its price not known yet. */
async function fillsOf(
  { wire, dialect }: Desk,
  market: Market,
  order: VenueOrder,
  signal: AbortSignal,
): Promise<readonly Fill[]> {
  if (dialect.fillsOf === undefined || dialect.readFills === undefined) return [];
  try {
    const said = await wire.read(signal, dialect.fillsOf(market, order));
    return dialect.readFills(said.data, order);
  } catch {
    return [];
  }
}

/** By the exchange's id, else by our name for it: one request. */
export async function cancelOrder(desk: Desk, ref: OrderRef, signal: AbortSignal): Promise<CancelOutcome> {
  const market = desk.markets().find(ref.symbol);
  if (market === undefined) return 'unknown';
  const name = nameAtVenue(desk, ref.clientOrderId, ref.brokerOrderId);
  const request = desk.dialect.cancel(market, name);
  const proof = classifyCancel(desk.dialect, await desk.wire.exchange('safety', signal, request));
  return proof === 'look' ? afterRefusal(desk, market, name, signal) : proof;
}

/** "Cannot be cancelled" is not yet "closed": the order says which. The look serves a cancel: nothing holds it back. */
async function afterRefusal(desk: Desk, market: Market, name: OrderName, signal: AbortSignal): Promise<CancelOutcome> {
  try {
    const order = await findOrder(desk, market, name, signal, 'safety');
    if (order === undefined) return 'not_found';
    return OVER.includes(order.state) ? 'already_closed' : 'unknown';
  } catch {
    return 'unknown';
  }
}
