/**
 * A FIX counterparty as a broker.
 *
 * 1. An id goes out in one NewOrderSingle at most, over the life of the store: a second call with it finds `duplicate`. The
 *    one exception is an exit that is known not to have arrived (`exits.ts`).
 * 2. What a message proves is in one table (`classify.ts`); what is not in it is `unknown`.
 * 3. Execution reports that were missed are sent again by the counterparty after the next logon (the sequence numbers see
 *    to that), and reach the engine as pushes behind a gap.
 * 4. A fill that cannot be of the order that it names is not taken; DontKnowTrade (35=Q) tells the counterparty so.
 * 5. The password is in a closure: neither the adapter nor any error, cause or warning of it shows it.
 */

import { Subject } from 'rxjs';
import { parseVenueDecimal } from '../../../domain/decimal.js';
import { requireOptions } from '../../../domain/option-names.js';
import type {
  BrokerAdapter,
  CancelOutcome,
  Instrument,
  OpenOrder,
  OrderRef,
  OrderReport,
  OrderRequest,
  PositionReport,
  Quote,
  SubmitOutcome,
} from '../../../domain/ports.js';
import { configuredAliases } from '../configured-aliases.js';
import { redactor } from '../redact.js';
import { classifyCancel, saysUnknown } from './classify.js';
import { collector } from './collector.js';
import { describeSession, peerClock } from './describe.js';
import type { Doubt } from './doubts.js';
import { isFinal, lacksPrice, type Received, tellsOfFill } from './execution-report.js';
import { placeExits } from './exits.js';
import { inbox } from './inbox.js';
import type { OutgoingOrder } from './known-order.js';
import { fixLine, type Line } from './line.js';
import { messageLog } from './message-log.js';
import {
  dontKnowTrade,
  marketDataRequest,
  type OrderNames,
  orderCancelRequest,
  orderMassStatusRequest,
  orderStatusRequest,
  requestForPositions,
} from './messages.js';
import type { FixBrokerOptions, FixInstrument } from './options.js';
import { orderFile } from './order-file.js';
import { type OrderStore, orderStore } from './order-store.js';
import { type FixParts, sendOrder } from './parts.js';
import { pendingQuestions } from './pending.js';
import { addedUp, workingProtections } from './positions.js';
import { replaceOrder } from './replace.js';
import { sequenceNumbers } from './sequence-numbers.js';
import { type FixSettings, isFieldText, readSettings } from './settings.js';
import { siblings } from './siblings.js';
import { sessionName } from './store-folder.js';
import { lockStore } from './store-lock.js';
import { TAG } from './tags.js';

/**
 * A FIX 4.4 or 4.2 counterparty: market entries, two linked exits, cancels, and what the session tells of them.
 *
 * The library `jspurefix` is loaded on the first connect.
 *
 * @throws {FillchartError} `INVALID_OPTION` for options that cannot be taken
 * @throws {Error} when the store folder cannot be used, or another process uses it
 * @public @since 0.1.0
 */
export function fixBroker(options: FixBrokerOptions): BrokerAdapter {
  requireOptions('fixBroker', options);
  const read = readSettings(options);
  const { messageLog: log } = read;
  const settings: FixSettings =
    log === undefined ? read : { ...read, log: messageLog(log, redactor(secretsOf(read)), read.warn) };
  const reports$ = new Subject<OrderReport | { readonly type: 'gap' }>();
  const parts = makeParts(settings, reports$);
  const { line, store } = parts;

  return {
    name: `fix-${settings.targetCompId}`,
    capabilities: {
      push: true,
      batchStatus: false,
      lookupByClientId: true,
      nativeOco: settings.exits.oco === 'broker' || settings.exits.oco === 'list',
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
      return rulesOf(known);
    },
    aliases: configuredAliases(settings.instruments.keys()),
    submitOrder: (order, signal) => submitOrder(parts, order, signal),
    getOrderStatus: (ref, signal) => orderStatus(parts, ref, signal),
    cancelOrder: (ref, signal) => cancelOrder(parts, ref, signal),
    placeProtection: (request, signal) => placeExits(parts, request, signal),
    async getPositions(symbols, signal) {
      if (settings.positions === undefined) throw new Error('FIX: positions are not configured');
      await line.start(signal);
      const held = await parts.positions.ask(signal, (id) => line.send('AN', requestForPositions(settings, id)));
      return addedUp(held)
        .filter(({ symbol }) => symbols.length === 0 || symbols.includes(symbol))
        .map(withExits(store));
    },
    ...(settings.massStatus && {
      async getOpenOrders(signal: AbortSignal) {
        await line.start(signal);
        return parts.openOrders.ask(signal, (id) => line.send('AF', orderMassStatusRequest(settings, id)));
      },
    }),
    ...(settings.marketData && {
      async quote(symbol: string, signal: AbortSignal): Promise<Quote> {
        await line.start(signal);
        const send = (id: string) => line.send('V', marketDataRequest(settings, id, symbol), { symbol });
        const [quote] = await parts.quotes.ask(signal, send);
        if (quote === undefined) throw new Error(`FIX: no quote of ${symbol}`);
        return quote;
      },
    }),
    describe: async () => describeSession(settings, parts.peerClock, line.isReady),
    reports$: reports$.asObservable(),
  };
}

function makeParts(settings: FixSettings, reports$: Subject<OrderReport | { readonly type: 'gap' }>): FixParts {
  const { store, numbers, release } = openStore(settings);
  const pending = pendingQuestions(settings.clock);
  const newId = idMaker(settings);
  const positions = collector<PositionReport>('positions', () => newId('p'));
  const openOrders = collector<OpenOrder>('open orders', () => newId('o'));
  const quotes = collector<Quote>('quote', () => newId('q'));
  const clock = peerClock(settings.clock.now);
  const redact = redactor(secretsOf(settings));
  const exits = settings.exits.oco === 'adapter' && !settings.peek ? exitWatch(store, () => parts) : undefined;
  const take = inbox(
    settings,
    { store, pending, positions, openOrders, quotes },
    {
      report(report) {
        exits?.heard(report);
        reports$.next(report);
      },
      doubted: refuseFill(settings, () => line),
      odd: toldOnce((what) => settings.warn(`${settings.targetCompId} ${redact(what)}.`)),
      statusNotKnown() {
        if (!parts.asksForStatus) return;
        parts.asksForStatus = false;
        settings.warn(`${settings.targetCompId} does not answer OrderStatusRequest: orders are told by reports alone.`);
      },
    },
  );
  const line = fixLine(settings, numbers, redact, {
    up(isAnew) {
      if (isAnew) store.renumbered();
      reports$.next({ type: 'gap' });
      exits?.up(isAnew);
    },
    heard: (message) => clock.heard(message),
    received: (message) => take(withoutSecrets(message, redact)),
    skipped: (from, next) => store.skipped(from, next),
    down(cause) {
      for (const asked of [pending, positions, openOrders, quotes]) asked.lose(cause);
    },
    closed: release,
  });
  const asksForStatus = settings.orderStatus === 'request';
  const parts: FixParts = {
    settings,
    line,
    store,
    pending,
    positions,
    openOrders,
    quotes,
    newId,
    asksForStatus,
    peerClock: clock,
  };
  return parts;
}

/** The same words, told again, are no news. */
function toldOnce(tell: (what: string) => void): (what: string) => void {
  const told = new Set<string>();
  return (what) => {
    if (told.has(what)) return;
    if (told.size >= MOST_REFUSED) told.clear();
    told.add(what);
    tell(what);
  };
}

/** Tells operator and counterparty of a report that is not taken; a fill by DontKnowTrade, once. */
function refuseFill(settings: FixSettings, line: () => Line) {
  const refused = new Set<string>();
  return (message: Received, { reason, text }: Doubt, order: OutgoingOrder): void => {
    const textAt = (tag: number, otherwise: string): string => {
      const value = message.field(tag);
      return isFieldText(value) ? value : otherwise;
    };
    const [orderId, execId] = [textAt(TAG.orderId, 'NONE'), textAt(TAG.execId, 'NONE')];
    const key = `${order.clientOrderId} ${execId}`;
    if (refused.has(key)) return;
    if (refused.size >= MOST_REFUSED) refused.clear();
    refused.add(key);
    const isAnswered =
      tellsOfFill(message) && message.field(TAG.possDupFlag) !== 'Y' && !settings.peek && line().knows('Q');
    settings.warn(
      `${settings.targetCompId} reports a fill of ${order.clientOrderId} (ExecID ${execId}) that is not taken: ${text}. ${
        isAnswered ? 'DontKnowTrade is sent' : 'No DontKnowTrade is sent'
      }; ask the counterparty what it holds.`,
    );
    if (!isAnswered) return;
    const fill = {
      orderId,
      execId,
      reason,
      text,
      symbol: textAt(TAG.symbol, order.symbol),
      side: textAt(TAG.side, '7'),
      quantity: order.quantity,
      lastQty: sizeText(message.field(TAG.lastQty)),
      lastPx: sizeText(message.field(TAG.lastPx)),
    };
    line().send('Q', dontKnowTrade(settings, fill));
  };
}

/** A field of another's message goes into ours only where it is a number. */
const sizeText = (text: string | undefined): string | undefined => parseVenueDecimal(text);

/** Fills whose refusal is remembered. */
const MOST_REFUSED = 10_000;

/** Locked first: what another process is writing would be read half. */
function openStore(settings: FixSettings) {
  const { storeFolder } = settings;
  const lock =
    storeFolder === undefined ? undefined : lockStore(storeFolder, sessionName(settings), settings.clock.now());
  const release = (): void => lock?.release();
  try {
    const file = storeFolder === undefined ? undefined : orderFile(settings, storeFolder);
    const store = orderStore(file, settings.exits.timeInForce === 'gtc' ? 'exit' : 'exitForDay');
    return { store, numbers: sequenceNumbers(settings, (file?.kept.length ?? 0) > 0), release };
  } catch (error) {
    release();
    throw error;
  }
}

/** What a counterparty might repeat in its texts. */
const secretsOf = ({ password, newPassword, tls, logon }: FixSettings): readonly string[] =>
  [
    password,
    newPassword,
    tls?.passphrase,
    ...Object.entries(logon).map(([name, value]) => (/password|rawdata|secret/i.test(name) ? value : undefined)),
  ].filter((secret) => secret !== undefined);

/** What the engine asks of an instrument; how messages name it is the adapter's. */
function rulesOf(instrument: FixInstrument): Instrument {
  const { securityId, securityIdSource, sendsSymbol, fields, marketableLimit, ...rules } = instrument;
  return rules;
}

const withoutSecrets = (message: Received, redact: (text: string) => string): Received => ({
  ...message,
  field(tag) {
    const value = message.field(tag);
    return tag === TAG.text && value !== undefined ? redact(value) : value;
  },
});

function exitWatch(store: OrderStore, parts: () => FixParts) {
  const soon = (): AbortSignal => AbortSignal.timeout(parts().settings.logonTimeoutMs);
  return siblings({
    store,
    cancel: (ref) => cancelOrder(parts(), ref, soon()),
    replace: (known, quantity) => replaceOrder(parts(), known, quantity, soon()),
    async ask(ref) {
      if (!parts().asksForStatus) return 'useless';
      const answer = await orderStatus(parts(), ref, soon()).catch(() => undefined);
      if (answer !== undefined) return 'answered';
      return parts().line.isReady ? 'silence' : 'useless';
    },
    warn: (message) => parts().settings.warn(message),
  });
}

function idMaker({ clock }: FixSettings): (prefix: string) => string {
  const started = clock.now().toString(36);
  let made = 0;
  return (prefix) => {
    made += 1;
    return `${prefix}-${started}-${made.toString(36)}`;
  };
}

async function submitOrder(parts: FixParts, order: OrderRequest, signal: AbortSignal): Promise<SubmitOutcome> {
  const { marketableLimit } = parts.settings;
  const { clientOrderId, symbol, side, quantity } = order;
  const limitPrice = marketableLimit?.(order) ?? parts.settings.instruments.get(symbol)?.marketableLimit?.[side];
  return sendOrder(
    parts,
    { clientOrderId, symbol, side, quantity, ...(limitPrice !== undefined && { limitPrice }) },
    signal,
  );
}

async function orderStatus(parts: FixParts, ref: OrderRef, signal: AbortSignal): Promise<OrderReport | 'not_found'> {
  const { settings, line, store, pending } = parts;
  if (!line.isReady) throw new Error(`FIX: no news: ${line.cause}`);
  const last = store.reportOn(ref.clientOrderId);
  // Filled at a price that nobody has told is no end of the questions (P3).
  const isKnown = last !== undefined && isFinal(last) && !lacksPrice(last);
  if (!parts.asksForStatus || isKnown) return last ?? 'not_found';
  const request = orderStatusRequest(settings, namesOf(parts, ref), parts.newId('s'));
  const heard = await pending.ask('status', ref.clientOrderId, signal, () =>
    line.send('H', request, { symbol: ref.symbol }),
  );
  if (saysUnknown(heard)) return 'not_found';
  const report = store.reportOn(ref.clientOrderId);
  if (heard.kind === '8' && report !== undefined) return report;
  if (!parts.asksForStatus) return report ?? 'not_found';
  throw new Error(`FIX: no news: ${'cause' in heard ? heard.cause : (heard.text ?? 'refused')}`);
}

async function cancelOrder(parts: FixParts, ref: OrderRef, signal: AbortSignal): Promise<CancelOutcome> {
  const { settings, line, store, pending } = parts;
  const last = store.reportOn(ref.clientOrderId);
  // Its report was pushed when it came.
  if (last !== undefined && isFinal(last)) return 'already_closed';
  const cancelId = parts.newId('c');
  store.nameCancel(cancelId, ref.clientOrderId);
  const heard = await pending.ask('cancel', cancelId, signal, () =>
    line.send('F', orderCancelRequest(settings, namesOf(parts, ref), cancelId), { symbol: ref.symbol }),
  );
  return classifyCancel(heard);
}

/** Of an order of another process nothing is known but its name: it is then asked for as a buy. */
function namesOf({ store }: FixParts, ref: OrderRef): OrderNames {
  const known = store.get(ref.clientOrderId);
  return {
    clientOrderId: known?.name ?? ref.clientOrderId,
    orderId: ref.brokerOrderId ?? known?.orderId,
    symbol: ref.symbol,
    side: known?.order.side ?? 'buy',
    quantity: known?.quantity,
    isExit: known?.order.exitOf !== undefined,
  };
}

const withExits =
  (store: OrderStore) =>
  (position: PositionReport): PositionReport => {
    const protections = workingProtections(store, position.symbol);
    const [only] = protections;
    if (only === undefined) return position;
    const { stopLoss: sl, takeProfit: tp } = protections.length === 1 ? only : {};
    return { ...position, protections, ...(sl !== undefined && { sl }), ...(tp !== undefined && { tp }) };
  };
