/**
 * Orders at Alpaca: sent, looked up, cancelled.
 *
 * 1. A look at one order is never kept back for long: it decides about money. Polls of many orders share one request.
 * 2. What a cancel learns of the order on the way goes along with its outcome.
 */
import { decimal, isMultipleOf, parseVenueDecimal } from '../../../domain/decimal.js';
import type {
  CancelOutcome,
  OpenOrder,
  OrderRef,
  OrderReport,
  OrderRequest,
  SubmitOutcome,
} from '../../../domain/ports.js';
import type { InTime } from '../http-exchange.js';
import { classifyCancel, classifySubmit } from './classify.js';
import { LIST_LIMIT, listOf } from './holdings.js';
import type { Send, Wire } from './wire.js';
import { entryOf, isJson, isOver, type Json, pairId, reportOf, reportsOf, stopLegOf, textOf } from './wire-order.js';

/** Alpaca counts shares in billionths. */
const SMALLEST_STEP = decimal('0.000000001');

export async function submitOrder(
  wire: Wire,
  order: OrderRequest,
  signal: AbortSignal,
  isInTime: InTime | undefined,
): Promise<SubmitOutcome> {
  const { symbol, side, quantity: qty, clientOrderId } = order;
  const size = parseVenueDecimal(qty);
  if (size === undefined || !isMultipleOf(size, SMALLEST_STEP)) {
    return { kind: 'rejected', code: 'NOT_SENDABLE', reason: `the quantity ${qty} has more than nine decimals` };
  }
  const postOrderRequest = { symbol, side, qty, clientOrderId, type: 'market', timeInForce: 'day' } as const;
  wire.begin(clientOrderId, symbol);
  const send: Send = (apis, init) => apis.orders.postOrderRaw({ postOrderRequest }, init);
  return classifySubmit(await wire.exchange('submit', signal, send, clientOrderId, isInTime));
}

/** The life that a request is spent on: the entry's, also for its exits. */
const lifeOf = ({ clientOrderId }: Pick<OrderRef, 'clientOrderId'>): string =>
  entryOf(clientOrderId, 'sl') ?? entryOf(clientOrderId, 'tp') ?? clientOrderId;

/** By the broker's id, else by ours; a stop-loss is found through its parent, or stands alone under its own id. */
async function findOrder(wire: Wire, ref: OrderRef, signal: AbortSignal): Promise<Json | undefined> {
  const { clientOrderId, brokerOrderId } = ref;
  if (brokerOrderId !== undefined) {
    return orderIn(
      await wire.get(
        signal,
        (apis, init) => apis.orders.getOrderByOrderIDRaw({ orderId: brokerOrderId }, init),
        'look',
        lifeOf(ref),
      ),
    );
  }
  const entry = entryOf(clientOrderId, 'sl');
  const pair = entry === undefined ? undefined : await byClientId(wire, pairId(entry), signal);
  if (pair === undefined) return byClientId(wire, clientOrderId, signal);
  return stopLegOf(pair) ?? stopLegOf(await nested(wire, pair, signal));
}

const byClientId = async (wire: Wire, clientOrderId: string, signal: AbortSignal): Promise<Json | undefined> =>
  orderIn(
    await wire.get(
      signal,
      (apis, init) => apis.orders.getOrderByClientOrderIdRaw({ clientOrderId }, init),
      'look',
      lifeOf({ clientOrderId }),
    ),
  );

function orderIn(body: unknown): Json | undefined {
  if (body === undefined || isJson(body)) return body;
  throw new Error('Alpaca: unreadable order');
}

async function nested(wire: Wire, parent: Json, signal: AbortSignal): Promise<Json> {
  const orderId = textOf(parent['id']) ?? '';
  const body = await wire.get(
    signal,
    (apis, init) => apis.orders.getOrderByOrderIDRaw({ orderId, nested: true }, init),
    'look',
  );
  return isJson(body) ? body : {};
}

export async function orderStatus(wire: Wire, ref: OrderRef, signal: AbortSignal): Promise<OrderReport | 'not_found'> {
  const order = await findOrder(wire, ref, signal);
  if (order === undefined) return 'not_found';
  const isLeg = entryOf(ref.clientOrderId, 'sl') !== undefined;
  const report = reportOf(order, isLeg ? ref.clientOrderId : undefined);
  if (report === undefined) throw new Error('Alpaca: unreadable order');
  return withoutSymbol(report);
}

/** One request for all; an order that is not in the list is asked for by itself. */
export async function orderStatuses(
  wire: Wire,
  refs: readonly OrderRef[],
  signal: AbortSignal,
): Promise<readonly OrderReport[]> {
  const symbols = [...new Set(refs.map(({ symbol }) => symbol))].join(',');
  const body = await wire.get(
    signal,
    (apis, init) =>
      apis.orders.getAllOrdersRaw({ status: 'all', limit: LIST_LIMIT, direction: 'desc', nested: true, symbols }, init),
    'watch',
  );
  const wanted = new Set(refs.map(({ clientOrderId }) => clientOrderId));
  return listOf(body, 'orders')
    .flatMap((order) => reportsOf(order))
    .filter((report) => wanted.has(report.clientOrderId))
    .map(withoutSymbol);
}

const withoutSymbol = ({ symbol: _, ...report }: OpenOrder): OrderReport => report;

export async function cancelOrder(wire: Wire, ref: OrderRef, signal: AbortSignal): Promise<CancelOutcome> {
  const orderId = ref.brokerOrderId ?? (await idOf(wire, ref, signal));
  if (orderId === 'not_found' || orderId === 'unknown') return orderId;
  const proof = classifyCancel(
    await wire.exchange('safety', signal, (apis, init) => apis.orders.deleteOrderByOrderIDRaw({ orderId }, init)),
  );
  return proof === 'look' ? afterRefusal(wire, { ...ref, brokerOrderId: orderId }, signal) : proof;
}

/** The look-up serves a cancel, so it is held back by nothing either. */
async function idOf(wire: Wire, { clientOrderId }: OrderRef, signal: AbortSignal): Promise<string> {
  const answer = await wire.exchange('safety', signal, (apis, init) =>
    apis.orders.getOrderByClientOrderIdRaw({ clientOrderId }, init),
  );
  if (answer.kind !== 'answer' || !isJson(answer.body)) return 'unknown';
  if (answer.status === 404 && typeof answer.body['code'] === 'number') return 'not_found';
  return textOf(answer.body['id']) ?? 'unknown';
}

/** "No longer cancelable" is not yet "closed": the order says which. */
async function afterRefusal(wire: Wire, ref: OrderRef, signal: AbortSignal): Promise<CancelOutcome> {
  const { brokerOrderId: orderId = '' } = ref;
  const answer = await wire.exchange('safety', signal, (apis, init) =>
    apis.orders.getOrderByOrderIDRaw({ orderId }, init),
  );
  const found = answer.kind === 'answer' ? reportOf(answer.body) : undefined;
  if (answer.kind !== 'answer' || !isJson(answer.body) || found === undefined) return 'unknown';
  const { symbol: _, ...report } = found;
  if (isOver(answer.body)) return { kind: 'already_closed', report };
  return { kind: answer.body['status'] === 'pending_cancel' ? 'requested' : 'unknown', report };
}
