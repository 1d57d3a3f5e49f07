/**
 * Finding an order, and cancelling one.
 *
 * 1. `not_found` is the exchange's own word, never an answer that could not be read. Under the exchange's id it is not the
 *    last word: the order is looked for by our name as well.
 * 2. An order that is filled is asked for its fills where it tells no average price, or no fees.
 * 3. What a cancel learns of the order is told with its outcome.
 */
import { compare, isPositive, parseVenueDecimal, sum, ZERO } from '../../../domain/decimal.js';
import type { CancelOutcome, Fee, OrderRef, OrderReport } from '../../../domain/ports.js';
import type { Purpose } from '../request-budget.js';
import { positive } from './averages.js';
import { classifyCancel } from './classify.js';
import { type Connection, exitOf, marketOf, nameAtVenue } from './connection.js';
import type { Market, OrderName, Trades, VenueOrder } from './dialect.js';

const OVER = ['filled', 'cancelled', 'rejected', 'expired'];

/** @throws {Error} when the exchange did not say, readably, what there is */
export async function findOrder(
  connection: Connection,
  market: Market,
  order: OrderName,
  signal: AbortSignal,
  purpose: Purpose = 'read',
  tag?: string,
): Promise<VenueOrder | undefined> {
  const found = await lookUp(connection, market, order, signal, purpose, tag);
  if (found !== undefined || order.brokerOrderId === undefined) return found;
  const { brokerOrderId: _unknownThere, ...byName } = order;
  return lookUp(connection, market, byName, signal, purpose, tag);
}

async function lookUp(
  { wire, dialect }: Connection,
  market: Market,
  order: OrderName,
  signal: AbortSignal,
  purpose: Purpose,
  tag: string | undefined,
): Promise<VenueOrder | undefined> {
  for (const request of dialect.lookUps(market, order)) {
    const said = await wire.read(signal, request, purpose, tag);
    const found = said.isOk ? dialect.found(said.data, order) : 'absent';
    if (found === undefined) throw new Error(`${dialect.exchange}: unreadable order`);
    if (found !== 'absent') return found;
  }
  return undefined;
}

export async function orderStatus(
  connection: Connection,
  ref: OrderRef,
  signal: AbortSignal,
  purpose: Purpose = connection.live.statusPurpose(ref),
): Promise<OrderReport | 'not_found'> {
  const market = marketOf(connection, ref.symbol);
  const name = nameAtVenue(connection, ref.clientOrderId, ref.brokerOrderId);
  const order = await findOrder(connection, market, name, signal, purpose, ref.clientOrderId);
  if (order === undefined) return 'not_found';
  const report = await fullReport(connection, market, order, ref.clientOrderId, signal);
  if (report === undefined) throw new Error(`${connection.settings.exchange}: unreadable order`);
  return report;
}

/** An order is worth a few tries to learn its fees: exits for more than is there would be refused. */
const MOST_MISSES = 2;

/** With fees, and with fills where there is no average price. @throws {Error} while the fees cannot be read */
async function fullReport(
  connection: Connection,
  market: Market,
  order: VenueOrder,
  clientOrderId: string,
  signal: AbortSignal,
): Promise<OrderReport | undefined> {
  const report = reportOf(order, clientOrderId, market);
  if (report === undefined || exitOf(clientOrderId) !== undefined) return report;
  const isOver = OVER.includes(order.state);
  const hasFilled = isPositive(parseVenueDecimal(report.filledSize) ?? ZERO);
  if (isOver && !hasFilled) connection.live.over(clientOrderId, false);
  if (!isOver || !hasFilled) return report;
  const lacks = report.fees === undefined || report.fillPrice === undefined;
  const trades = lacks ? await tradesOf(connection, market, order, signal) : undefined;
  if (
    trades === 'unread' &&
    report.fillPrice !== undefined &&
    connection.learned.missed(order.brokerOrderId) <= MOST_MISSES
  ) {
    throw new Error(`${connection.settings.exchange}: the fees of the order cannot be read`);
  }
  connection.live.over(clientOrderId, true);
  return trades === undefined || trades === 'unread' ? report : withTrades(report, trades, market);
}

function withTrades(report: OrderReport, { fills, fees }: Trades, market: Market): OrderReport {
  return {
    ...report,
    ...(fills.length > 0 && report.fills === undefined && { fills }),
    ...(report.fees === undefined && fees.length > 0 && { fees: named(fees, market) }),
  };
}

/** In our words; `undefined` when a quantity in it is none. */
export function reportOf(order: VenueOrder, clientOrderId: string, market?: Market): OrderReport | undefined {
  const filledSize = parseVenueDecimal(order.filledSize);
  if (filledSize === undefined) return undefined;
  const { brokerOrderId, state, fillPrice, reason, brokerTime, charged, fills } = order;
  const fees =
    order.fees ?? (charged === undefined || market === undefined ? [] : [{ asset: market.quoteId, amount: charged }]);
  const exit = exitOf(clientOrderId);
  const isWorking = exit !== undefined && (state === 'submitted' || state === 'pending');
  const price = exit?.leg === 'sl' ? order.stopLoss : exit?.leg === 'tp' ? order.takeProfit : undefined;
  // What an exit stands for may be changed at the exchange (B7).
  const quantity = isWorking ? positive(order.quantity) : undefined;
  return {
    clientOrderId,
    brokerOrderId,
    state: isWorking ? 'working' : state,
    filledSize,
    ...(fillPrice !== undefined && isPositive(filledSize) && { fillPrice }),
    ...(fills !== undefined && fills.length > 0 && { fills }),
    ...(fees.length > 0 && { fees: market === undefined ? fees : named(fees, market) }),
    ...(price !== undefined && { price }),
    ...(quantity !== undefined && { quantity }),
    ...(reason !== undefined && { reason }),
    ...(brokerTime !== undefined && { brokerTime }),
  };
}

/** Kraken's own codes (`XXBT`) as the symbol has them. */
function named(fees: readonly Fee[], { symbol, baseId, quoteId }: Market): readonly Fee[] {
  const [base = baseId, quote = quoteId] = (symbol.split(':')[0] ?? '').split('/');
  const names = new Map([
    [baseId, base],
    [quoteId, quote],
  ]);
  return fees.map(({ asset, amount }) => ({ asset: names.get(asset) ?? asset, amount }));
}

/** The fills as they are known, else as they are told now; `unread` when they cannot be. */
async function tradesOf(
  connection: Connection,
  market: Market,
  order: VenueOrder,
  signal: AbortSignal,
): Promise<Trades | 'unread' | undefined> {
  const { wire, dialect, learned } = connection;
  const known = learned.tradesOf(order.brokerOrderId);
  if (known !== undefined && isWhole(known, order)) return known;
  if (dialect.fillsOf === undefined || dialect.readFills === undefined) return undefined;
  try {
    const said = await wire.read(signal, dialect.fillsOf(market, order), 'look');
    const read = dialect.readFills(said.data, order);
    // A list of fills that lags the order tells of no fee, or of a part of it.
    if (read === undefined || !isWhole(read, order)) return 'unread';
    learned.keep(order.brokerOrderId, read);
    return read;
  } catch {
    return 'unread';
  }
}

function isWhole({ fills }: Trades, { filledSize }: VenueOrder): boolean {
  const [read, filled] = [fills.map(({ quantity }) => parseVenueDecimal(quantity)), parseVenueDecimal(filledSize)];
  const known = read.filter((quantity) => quantity !== undefined);
  return filled !== undefined && known.length === read.length && compare(sum(known), filled) === 0;
}

/** By the exchange's id, else by our name for it: one request, and a look where that is refused. */
export async function cancelOrder(connection: Connection, ref: OrderRef, signal: AbortSignal): Promise<CancelOutcome> {
  const market = connection.markets().find(ref.symbol);
  if (market === undefined) return 'unknown';
  connection.live.cancelAsked(ref.clientOrderId);
  const name = nameAtVenue(connection, ref.clientOrderId, ref.brokerOrderId);
  const proof = await sendCancel(connection, market, name, signal, ref.clientOrderId);
  return proof === 'look' ? afterRefusal(connection, market, name, ref, signal) : proof;
}

async function sendCancel(connection: Connection, market: Market, name: OrderName, signal: AbortSignal, tag: string) {
  return classifyCancel(
    connection.dialect,
    await connection.wire.exchange('safety', signal, connection.dialect.cancel(market, name), tag),
  );
}

/** "Cannot be cancelled" is not yet "closed": the order says which. The look serves a cancel: nothing holds it back. */
async function afterRefusal(
  connection: Connection,
  market: Market,
  name: OrderName,
  ref: OrderRef,
  signal: AbortSignal,
): Promise<CancelOutcome> {
  try {
    const order = await findOrder(connection, market, name, signal, 'safety', ref.clientOrderId);
    if (order === undefined) return 'not_found';
    const report =
      (await fullReport(connection, market, order, ref.clientOrderId, signal).catch(() => undefined)) ??
      reportOf(order, ref.clientOrderId, market);
    const told = report === undefined ? {} : { report };
    if (OVER.includes(order.state)) return { kind: 'already_closed', ...told };
    if (name.brokerOrderId === undefined) return { kind: 'unknown', ...told };
    // It is open, and the exchange does not know it under the id that we have: by our name, then.
    const { brokerOrderId: _unknownThere, ...byName } = name;
    const proof = await sendCancel(connection, market, byName, signal, ref.clientOrderId);
    return { kind: proof === 'look' ? 'unknown' : proof, ...told };
  } catch {
    return 'unknown';
  }
}
