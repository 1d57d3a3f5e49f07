/**
 * Alpaca as a broker.
 *
 * 1. One call, one request that writes; no write is ever tried again here (see `wire.ts`).
 * 2. What an answer proves is in one table (`classify.ts`); what is not in it is `unknown`.
 * 3. Paper unless `live: true`, which is said loudly on every connect.
 * 4. The keys are in a closure: neither the adapter nor any error, cause or warning of it shows them.
 */

import { BrokerRefusal } from '../../../domain/broker-refusal.js';
import { requireOptions } from '../../../domain/option-names.js';
import type { BrokerAdapter, OrderRef } from '../../../domain/ports.js';
import { inTime } from '../http-exchange.js';
import { remembered } from '../remembered.js';
import { describeAccount } from './describe.js';
import { checkExits } from './exit-limits.js';
import { placeExits } from './exits.js';
import { readOpenOrders, readPositions } from './holdings.js';
import { instrumentReader } from './instrument.js';
import { checkMargin, readAccount, whyBlocked } from './margin.js';
import { type AlpacaBrokerOptions, readSettings } from './options.js';
import { cancelOrder, orderStatus, orderStatuses, submitOrder } from './orders.js';
import { sdkLoader } from './sdk.js';
import { tradeUpdates } from './stream.js';
import { alpacaWire } from './wire.js';
import type { Json } from './wire-order.js';

/** Longest wait for the stream on connect; the engine goes on with polls. */
const STREAM_WAIT_MS = 2_000;
/** The stream was down: an order may be asked for so soon after the last time. */
const LEAST_GAP_POLL_MS = 250;
/** The checks before an order ask for the account at the same time; one answer serves them. */
const ACCOUNT_FRESH_MS = 500;
/** An order that was asked for this lately counts as watched. */
const WATCHED_MS = 10_000;

/**
 * Alpaca's trading API: US equities, long and short, whole shares, market entries with an exit OCO after the fill.
 *
 * The library `@alpacahq/alpaca-trade-api` is loaded on the first call.
 *
 * @throws {FillchartError} `INVALID_OPTION` for options that cannot be taken, missing keys among them
 * @public @since 0.1.0
 */
export function alpacaBroker(options: AlpacaBrokerOptions = {}): BrokerAdapter {
  requireOptions('alpacaBroker', options);
  const settings = readSettings(options);
  const sdk = sdkLoader();
  const wire = alpacaWire(settings, sdk);
  const reader = instrumentReader(wire, settings);
  const watched = watchedOrders(() => settings.clock.monotonic());
  const updates = tradeUpdates(settings, wire.legs, watched.count);
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
      gapPollMs: LEAST_GAP_POLL_MS,
      refusesUsedIds: true,
    },
    connect,
    async close() {
      isClosed = true;
      updates.close();
    },
    instrument: reader.instrument,
    async submitOrder(order, signal, limit) {
      if (isClosed) return { kind: 'not_sent', reason: 'the adapter is closed' };
      return submitOrder(wire, order, signal, limit && inTime(settings.clock, limit));
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
    capacity: (inFlight) => wire.capacity(inFlight),
    checkProtection: (request, signal) => checkExits(wire, settings, account, request, signal),
    quote: reader.quote,
    describe: (signal) => describeAccount(wire, settings, settings.stream ? updates.isUp : undefined, signal),
    ...(settings.stream && { reports$: updates.reports$ }),
  };
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
