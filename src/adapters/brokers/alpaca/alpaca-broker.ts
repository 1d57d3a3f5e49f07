/**
 * Alpaca as a broker.
 *
 * 1. One call, one request that writes; no write is ever tried again here (see `wire.ts`).
 * 2. What an answer proves is in one table (`classify.ts`); what is not in it is `unknown`.
 * 3. Paper unless `live: true`, which is said loudly on every connect.
 * 4. The keys are in a closure: neither the adapter nor any error, cause or warning of it shows them.
 */
import { BrokerRefusal } from '../../../domain/broker-refusal.js';
import { decimal, isMultipleOf, parseDecimal } from '../../../domain/decimal.js';
import type {
  BrokerAdapter,
  CancelOutcome,
  OpenOrder,
  OrderRef,
  OrderReport,
  OrderRequest,
  SubmitOutcome,
} from '../../../domain/ports.js';
import { remembered } from '../remembered.js';
import { classifyCancel, classifySubmit } from './classify.js';
import { describeAccount } from './describe.js';
import { checkExits } from './exit-limits.js';
import { placeExits } from './exits.js';
import { LIST_LIMIT, listOf, readOpenOrders, readPositions } from './holdings.js';
import { instrumentReader } from './instrument.js';
import { checkMargin, readAccount, whyBlocked } from './margin.js';
import { type AlpacaBrokerOptions, readSettings } from './options.js';
import { sdkLoader } from './sdk.js';
import { tradeUpdates } from './stream.js';
import { alpacaWire, type Wire } from './wire.js';
import { entryOf, isJson, isOver, type Json, pairId, reportOf, reportsOf, stopLegOf, textOf } from './wire-order.js';

/** Longest wait for the stream on connect; the engine goes on with polls. */
const STREAM_WAIT_MS = 2_000;
/** The checks before an order ask for the account at the same time; one answer serves them. */
const ACCOUNT_FRESH_MS = 500;
/** Alpaca counts shares in billionths. */
const SMALLEST_STEP = decimal('0.000000001');
/** An order that was asked for this lately counts as watched. */
const WATCHED_MS = 10_000;

/**
 * Alpaca's trading API: US equities, long and short, whole shares, market entries with an exit OCO after the fill.
 *
 * The library `@alpacahq/alpaca-trade-api` is loaded on the first call.
 *
 * @throws {FillchartError} `INVALID_OPTION` for options that cannot be taken, missing keys among them
 */
export function alpacaBroker(options: AlpacaBrokerOptions = {}): BrokerAdapter {
  const settings = readSettings(options);
  const sdk = sdkLoader();
  const wire = alpacaWire(settings, sdk);
  const reader = instrumentReader(wire, settings);
  const watched = watchedOrders(() => settings.clock.monotonic());
  const updates = tradeUpdates(settings, watched.count);
  const accounts = remembered<Json>(settings.clock, ACCOUNT_FRESH_MS);
  const account = (signal: AbortSignal) => accounts('', () => readAccount(wire, signal));
  let isClosed = false;

  async function connect(signal: AbortSignal): Promise<void> {
    const library = await sdk();
    if (settings.live) settings.warn('LIVE TRADING: orders of this process go to Alpaca with REAL MONEY.');
    const blocked = whyBlocked(await readAccount(wire, signal));
    if (blocked !== undefined) throw new BrokerRefusal(`Alpaca: ${blocked}`);
    if (settings.stream) await updates.start(library, STREAM_WAIT_MS);
  }

  return {
    name: settings.live ? 'alpaca-live' : 'alpaca-paper',
    capabilities: {
      push: settings.stream,
      batchStatus: true,
      lookupByClientId: true,
      nativeOco: true,
      positions: 'netting',
      fractional: false,
      minPollMs: settings.pollMs,
    },
    connect,
    async close() {
      isClosed = true;
      updates.close();
    },
    instrument: reader.instrument,
    async submitOrder(order, signal) {
      if (isClosed) return { kind: 'not_sent', reason: 'the adapter is closed' };
      return submitOrder(wire, order, signal);
    },
    getOrderStatus(ref, signal) {
      watched.add(ref);
      return orderStatus(wire, ref, signal);
    },
    getOrderStatuses(refs, signal) {
      for (const ref of refs) watched.add(ref);
      return orderStatuses(wire, refs, signal);
    },
    getOpenOrders: (signal) => readOpenOrders(wire, signal),
    cancelOrder: (ref, signal) => cancelOrder(wire, ref, signal),
    placeProtection: (request, signal) => placeExits(wire, settings, request, signal),
    getPositions: (symbols, signal) => readPositions(wire, symbols, signal),
    checkMargin: (order, signal) => checkMargin(wire, reader, account, order, signal),
    checkProtection: (request, signal) => checkExits(wire, settings, account, request, signal),
    quote: reader.quote,
    describe: (signal) => describeAccount(wire, settings, settings.stream ? updates.isUp : undefined, signal),
    ...(settings.stream && { reports$: updates.reports$ }),
  };
}

async function submitOrder(wire: Wire, order: OrderRequest, signal: AbortSignal): Promise<SubmitOutcome> {
  const { symbol, side, quantity: qty, clientOrderId } = order;
  const size = parseDecimal(qty);
  if (size === undefined || !isMultipleOf(size, SMALLEST_STEP)) {
    return { kind: 'rejected', code: 'NOT_SENDABLE', reason: `the quantity ${qty} has more than nine decimals` };
  }
  const postOrderRequest = { symbol, side, qty, clientOrderId, type: 'market', timeInForce: 'day' } as const;
  return classifySubmit(
    await wire.exchange('submit', signal, (apis, init) => apis.orders.postOrderRaw({ postOrderRequest }, init)),
  );
}

/** By the broker's id, else by ours; a stop-loss is found through its parent, or stands alone under its own id. */
async function findOrder(wire: Wire, ref: OrderRef, signal: AbortSignal): Promise<Json | undefined> {
  const { clientOrderId, brokerOrderId } = ref;
  if (brokerOrderId !== undefined) {
    return orderIn(
      await wire.get(signal, (apis, init) => apis.orders.getOrderByOrderIDRaw({ orderId: brokerOrderId }, init)),
    );
  }
  const entry = entryOf(clientOrderId, 'sl');
  const pair = entry === undefined ? undefined : await byClientId(wire, pairId(entry), signal);
  if (pair === undefined) return byClientId(wire, clientOrderId, signal);
  return stopLegOf(pair) ?? stopLegOf(await nested(wire, pair, signal));
}

const byClientId = async (wire: Wire, clientOrderId: string, signal: AbortSignal): Promise<Json | undefined> =>
  orderIn(await wire.get(signal, (apis, init) => apis.orders.getOrderByClientOrderIdRaw({ clientOrderId }, init)));

function orderIn(body: unknown): Json | undefined {
  if (body === undefined || isJson(body)) return body;
  throw new Error('Alpaca: unreadable order');
}

async function nested(wire: Wire, parent: Json, signal: AbortSignal): Promise<Json> {
  const orderId = textOf(parent['id']) ?? '';
  const body = await wire.get(signal, (apis, init) =>
    apis.orders.getOrderByOrderIDRaw({ orderId, nested: true }, init),
  );
  return isJson(body) ? body : {};
}

async function orderStatus(wire: Wire, ref: OrderRef, signal: AbortSignal): Promise<OrderReport | 'not_found'> {
  const order = await findOrder(wire, ref, signal);
  if (order === undefined) return 'not_found';
  const isLeg = entryOf(ref.clientOrderId, 'sl') !== undefined;
  const report = reportOf(order, isLeg ? ref.clientOrderId : undefined);
  if (report === undefined) throw new Error('Alpaca: unreadable order');
  return withoutSymbol(report);
}

/** One request for all; an order that is not in the list is asked for by itself. */
async function orderStatuses(
  wire: Wire,
  refs: readonly OrderRef[],
  signal: AbortSignal,
): Promise<readonly OrderReport[]> {
  const symbols = [...new Set(refs.map(({ symbol }) => symbol))].join(',');
  const body = await wire.get(signal, (apis, init) =>
    apis.orders.getAllOrdersRaw({ status: 'all', limit: LIST_LIMIT, direction: 'desc', nested: true, symbols }, init),
  );
  const wanted = new Set(refs.map(({ clientOrderId }) => clientOrderId));
  return listOf(body, 'orders')
    .flatMap(reportsOf)
    .filter((report) => wanted.has(report.clientOrderId))
    .map(withoutSymbol);
}

const withoutSymbol = ({ symbol: _, ...report }: OpenOrder): OrderReport => report;

async function cancelOrder(wire: Wire, ref: OrderRef, signal: AbortSignal): Promise<CancelOutcome> {
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

/** How many orders have been asked for lately. */
function watchedOrders(now: () => number) {
  const asked = new Map<string, number>();
  return {
    add({ clientOrderId }: OrderRef): void {
      asked.set(clientOrderId, now());
    },
    count(): number {
      for (const [id, at] of asked) if (now() - at > WATCHED_MS) asked.delete(id);
      return asked.size;
    },
  };
}
