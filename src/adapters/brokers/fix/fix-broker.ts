/**
 * A FIX counterparty as a broker.
 *
 * 1. An id goes out in one NewOrderSingle at most, over the life of the store: a second call with it finds `duplicate`.
 * 2. What a message proves is in one table (`classify.ts`); what is not in it is `unknown`.
 * 3. Execution reports that were missed are sent again by the counterparty after the next logon (the sequence numbers see
 *    to that), and reach the engine as pushes behind a gap.
 * 4. The password is in a closure: neither the adapter nor any error, cause or warning of it shows it.
 */
import { Subject } from 'rxjs';
import type {
  BrokerAdapter,
  CancelOutcome,
  OrderRef,
  OrderReport,
  OrderRequest,
  PositionReport,
  SubmitOutcome,
} from '../../../domain/ports.js';
import { redactor } from '../redact.js';
import { classifyCancel, type Heard } from './classify.js';
import { describeSession, peerClock } from './describe.js';
import { type FixDesk, sendOrder } from './desk.js';
import { isFinal } from './execution-report.js';
import { placeExits, siblingOf } from './exits.js';
import { inbox } from './inbox.js';
import { fixLine } from './line.js';
import { type OrderNames, orderCancelRequest, orderStatusRequest, requestForPositions } from './messages.js';
import { type FixBrokerOptions, type FixSettings, readSettings } from './options.js';
import { type OrderBook, orderBook } from './order-book.js';
import { pendingQuestions } from './pending.js';
import { positionRequests, workingProtections } from './positions.js';
import { sequenceNumbers } from './sequence-numbers.js';

/**
 * A FIX 4.4 or 4.2 counterparty: market entries, two linked exits, cancels, and what the session tells of them.
 *
 * The library `jspurefix` is loaded on the first connect.
 *
 * @throws {FillchartError} `INVALID_OPTION` for options that cannot be taken
 * @throws {Error} when the store folder cannot be used
 */
export function fixBroker(options: FixBrokerOptions): BrokerAdapter {
  const settings = readSettings(options);
  const reports$ = new Subject<OrderReport | { readonly type: 'gap' }>();
  const desk = makeDesk(settings, reports$);
  const { line, book } = desk;

  return {
    name: `fix-${settings.targetCompId}`,
    capabilities: {
      push: true,
      batchStatus: false,
      lookupByClientId: true,
      nativeOco: settings.exits.oco === 'broker',
      positions: settings.positions === undefined ? 'none' : 'netting',
      fractional: [...settings.instruments.values()].some(({ lotSize }) => lotSize.includes('.')),
      minPollMs: settings.pollMs,
    },
    connect: (signal) => line.start(signal),
    close: () => line.close(),
    async instrument(symbol, signal) {
      const known = settings.instruments.get(symbol);
      if (known === undefined) return 'unknown_symbol';
      // A session that is down could take no order: whoever asks is told so before there is one.
      await line.start(signal);
      return known;
    },
    submitOrder: (order, signal) => submitOrder(desk, order, signal),
    getOrderStatus: (ref, signal) => orderStatus(desk, ref, signal),
    cancelOrder: (ref, signal) => cancelOrder(desk, ref, signal),
    placeProtection: (request, signal) => placeExits(desk, request, signal),
    async getPositions(symbols, signal) {
      if (settings.positions === undefined) throw new Error('FIX: positions are not configured');
      const held = await desk.positions.ask(
        signal,
        (id) => line.send('AN', requestForPositions(settings, id)) !== undefined,
      );
      return held.filter(({ symbol }) => symbols.length === 0 || symbols.includes(symbol)).map(withExits(book));
    },
    describe: async () => describeSession(settings, desk.peerClock, line.isReady),
    reports$: reports$.asObservable(),
  };
}

function makeDesk(settings: FixSettings, reports$: Subject<OrderReport | { readonly type: 'gap' }>): FixDesk {
  const numbers = sequenceNumbers(settings);
  const book = orderBook(settings);
  const pending = pendingQuestions();
  const newId = idMaker(settings);
  const positions = positionRequests(() => newId('p'));
  const secrets = settings.password === undefined ? [] : [settings.password];
  const cancelled = new Set<string>();
  const clock = peerClock(settings.clock.now);
  const cancelsSiblings = settings.exits.oco === 'adapter' && !settings.peek;
  const take = inbox(settings, book, pending, positions, {
    report(report) {
      const sibling = siblingOf(report);
      if (cancelsSiblings && sibling !== undefined && !cancelled.has(sibling)) {
        cancelled.add(sibling);
        cancelSibling(desk, sibling);
      }
      reports$.next(report);
    },
    statusNotKnown() {
      if (!desk.asksForStatus) return;
      desk.asksForStatus = false;
      settings.warn(`${settings.targetCompId} does not answer OrderStatusRequest: orders are told by reports alone.`);
    },
  });
  const line = fixLine(settings, numbers, redactor(secrets), {
    up: () => reports$.next({ type: 'gap' }),
    received(message) {
      clock.heard(message);
      take(message);
    },
    down(cause) {
      pending.lose(cause);
      positions.lose(cause);
    },
  });
  const asksForStatus = settings.orderStatus === 'request';
  const desk: FixDesk = { settings, line, book, pending, positions, newId, asksForStatus, peerClock: clock };
  return desk;
}

function idMaker({ clock }: FixSettings): (prefix: string) => string {
  const started = clock.now().toString(36);
  let made = 0;
  return (prefix) => {
    made += 1;
    return `${prefix}-${started}-${made.toString(36)}`;
  };
}

async function submitOrder(desk: FixDesk, order: OrderRequest, signal: AbortSignal): Promise<SubmitOutcome> {
  const { marketableLimit } = desk.settings;
  const { clientOrderId, symbol, side, quantity } = order;
  const limitPrice = marketableLimit?.(order);
  return sendOrder(
    desk,
    { clientOrderId, symbol, side, quantity, ...(limitPrice !== undefined && { limitPrice }) },
    signal,
  );
}

async function orderStatus(desk: FixDesk, ref: OrderRef, signal: AbortSignal): Promise<OrderReport | 'not_found'> {
  const { settings, line, book, pending } = desk;
  if (!line.isReady) throw new Error(`FIX: no news: ${line.cause}`);
  const last = book.reportOn(ref.clientOrderId);
  if (!desk.asksForStatus || (last !== undefined && isFinal(last))) return last ?? 'not_found';
  const request = orderStatusRequest(settings, namesOf(desk, ref), desk.newId('s'));
  const heard = await pending.ask('status', ref.clientOrderId, signal, () => line.send('H', request));
  if (isUnknown(heard)) return 'not_found';
  const report = book.reportOn(ref.clientOrderId);
  if (heard.kind === '8' && report !== undefined) return report;
  if (!desk.asksForStatus) return report ?? 'not_found';
  throw new Error(`FIX: no news: ${'cause' in heard ? heard.cause : (heard.text ?? 'refused')}`);
}

/** OrdRejReason 5, or BusinessRejectReason 1: no such order. */
const isUnknown = (heard: Heard): boolean =>
  (heard.kind === '8' && heard.ordStatus === '8' && heard.reason === '5') ||
  (heard.kind === 'j' && heard.reason === '1');

async function cancelOrder(desk: FixDesk, ref: OrderRef, signal: AbortSignal): Promise<CancelOutcome> {
  const { settings, line, book, pending } = desk;
  const last = book.reportOn(ref.clientOrderId);
  if (last !== undefined && isFinal(last)) return 'already_closed';
  const cancelId = desk.newId('c');
  book.nameCancel(cancelId, ref.clientOrderId);
  const heard = await pending.ask('cancel', cancelId, signal, () =>
    line.send('F', orderCancelRequest(settings, namesOf(desk, ref), cancelId)),
  );
  return classifyCancel(heard);
}

/** Of an order of another process nothing is known but its name: it is then asked for as a buy. */
function namesOf({ book }: FixDesk, ref: OrderRef): OrderNames {
  const known = book.get(ref.clientOrderId);
  return {
    clientOrderId: ref.clientOrderId,
    orderId: ref.brokerOrderId ?? known?.orderId,
    symbol: ref.symbol,
    side: known?.order.side ?? 'buy',
    quantity: known?.order.quantity,
  };
}

/** One exit has filled: the other must not open a position of its own. */
function cancelSibling(desk: FixDesk, clientOrderId: string): void {
  const { settings, book } = desk;
  const known = book.get(clientOrderId);
  if (known === undefined || (known.report !== undefined && isFinal(known.report))) return;
  const ref = { clientOrderId, symbol: known.order.symbol };
  void cancelOrder(desk, ref, AbortSignal.timeout(settings.logonTimeoutMs)).then((outcome) => {
    if (outcome === 'requested' || outcome === 'already_closed') return;
    settings.warn(`An exit has filled, and its sibling ${clientOrderId} may still be working (${outcome}).`);
  });
}

const withExits =
  (book: OrderBook) =>
  (position: PositionReport): PositionReport => {
    const protections = workingProtections(book, position.symbol);
    const [only] = protections;
    if (only === undefined) return position;
    const { stopLoss: sl, takeProfit: tp } = protections.length === 1 ? only : {};
    return { ...position, protections, ...(sl !== undefined && { sl }), ...(tp !== undefined && { tp }) };
  };
