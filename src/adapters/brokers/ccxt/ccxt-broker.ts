/**
 * An exchange of ccxt as a broker: binance, bybit, okx or kraken, spot.
 *
 * 1. One call, one request that writes; no write is ever tried again here, and no name is sent twice (`sent-orders.ts`).
 * 2. What an answer proves is in one table for each exchange; what is not in it is `unknown`.
 * 3. The sandbox unless `live: true`, which is said loudly on every connect.
 * 4. Where the exchange has no pairs and its exits hold nothing, the one that is left is cancelled here
 *    (`sibling-watch.ts`); apart from that nothing is sent that was not asked for.
 * 5. The keys are in a closure: neither the adapter nor any error, cause or warning of it shows them.
 */
import { BrokerRefusal } from '../../../domain/broker-refusal.js';
import type { BrokerAdapter, OrderRequest, SubmitOutcome } from '../../../domain/ports.js';
import { readAccount } from './account.js';
import { binance } from './binance.js';
import { bybit } from './bybit.js';
import { classifySubmit } from './classify.js';
import { clientIds } from './client-ids.js';
import { describeExchange } from './describe.js';
import type { Desk } from './desk.js';
import type { Dialect } from './dialect.js';
import { exitDesk } from './exits.js';
import { readOpenOrders, readPositions } from './holdings.js';
import { instrumentReader } from './instrument.js';
import { kraken } from './kraken.js';
import { type CcxtLibrary, loadClass, setUp } from './library.js';
import { checkMargin } from './margin.js';
import { type Markets, spotMarkets } from './markets.js';
import { okx } from './okx.js';
import { type CcxtBrokerOptions, type CcxtExchange, type CcxtSettings, readSettings } from './options.js';
import { cancelOrder, orderStatus } from './orders.js';
import { type SentOrders, sentOrders } from './sent-orders.js';
import { siblingWatch } from './sibling-watch.js';
import { ccxtWire, type Wire } from './wire.js';

const DIALECTS: Readonly<Record<CcxtExchange, Dialect>> = { binance, bybit, okx, kraken };

/** A clock that is off by more is told to the operator. Requests are signed in the exchange's time either way. */
const CLOCK_WARNING_MS = 1_000;

/**
 * Spot trading at an exchange that ccxt knows: market entries, with exits as the exchange offers them.
 *
 * The library `ccxt` is loaded on connect, and of it the one exchange.
 *
 * @throws {FillchartError} `INVALID_OPTION` for options that cannot be taken, missing keys among them
 */
export function ccxtBroker(options: CcxtBrokerOptions): BrokerAdapter {
  const settings = readSettings(options);
  const dialect = DIALECTS[settings.exchange];
  let library: CcxtLibrary | undefined;
  let markets: Markets | undefined;
  const wire = ccxtWire(settings, dialect, () => library);
  const desk: Desk = {
    settings,
    dialect,
    wire,
    ids: clientIds(settings.exchange),
    markets() {
      if (markets === undefined) throw new Error(`${settings.exchange}: not connected`);
      return markets;
    },
  };
  const reader = instrumentReader(desk);
  const sent = sentOrders();
  const watch = siblingWatch(desk);
  const exits = exitDesk(desk, reader, sent, watch);

  async function connect(signal: AbortSignal): Promise<void> {
    const opened = await open(settings, wire, signal);
    library = opened;
    if (!dialect.isOrdered) await setClock(settings, dialect, wire, opened, signal);
    const { blocked } = await readAccount(desk, signal);
    if (blocked !== undefined) throw new BrokerRefusal(`${settings.exchange}: ${blocked}`);
    markets = spotMarkets(opened.markets);
    watch.start();
  }

  return {
    name: `ccxt-${settings.exchange}-${settings.live ? 'live' : 'sandbox'}`,
    capabilities: {
      push: false,
      batchStatus: false,
      lookupByClientId: true,
      nativeOco: dialect.exitPair !== undefined,
      positions: 'netting',
      fractional: true,
      minPollMs: settings.pollMs,
    },
    connect,
    async close() {
      watch.stop();
      library = undefined;
      markets = undefined;
    },
    instrument: reader.instrument,
    submitOrder: (order, signal) => submitOrder(desk, sent, order, signal),
    getOrderStatus: (ref, signal) => orderStatus(desk, ref, signal),
    getOpenOrders: (signal) => readOpenOrders(desk, signal),
    cancelOrder: (ref, signal) => cancelOrder(desk, ref, signal),
    placeProtection: exits.place,
    getPositions: (symbols, signal) => readPositions(desk, symbols, signal),
    checkMargin: (order, signal) => checkMargin(desk, reader, order, signal),
    describe: (signal) => describeExchange(desk, signal),
  };
}

/** ccxt, set up, with the exchange's markets. @throws {Error} in one sentence, without any key */
async function open(settings: CcxtSettings, wire: Wire, signal: AbortSignal): Promise<CcxtLibrary> {
  const { exchange, live, warn } = settings;
  const library = setUp(await loadClass(exchange), settings, (url, init) => wire.carry(signal, url, init));
  if (live) warn(`LIVE TRADING: orders of this process go to ${exchange} with REAL MONEY.`);
  try {
    await library.loadMarkets(true);
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    throw new Error(wire.redact(`${exchange}: its markets cannot be read: ${words.slice(0, 200)}`));
  }
  return library;
}

/** Requests carry a time, and are refused when it is off: the exchange's own clock is read once. */
async function setClock(
  { clock, warn, exchange }: CcxtSettings,
  dialect: Dialect,
  wire: Wire,
  library: CcxtLibrary,
  signal: AbortSignal,
): Promise<void> {
  const before = clock.now();
  const said = await wire.read(signal, dialect.time).catch(() => undefined);
  const there = said === undefined ? undefined : dialect.serverTime(said.data);
  if (there === undefined) return;
  const offset = Math.round(there - (before + clock.now()) / 2);
  if (Math.abs(offset) > CLOCK_WARNING_MS) warn(`The clock of this machine is ${-offset} ms ahead of ${exchange}'s.`);
  library.milliseconds = () => Math.trunc(clock.now()) + offset;
}

async function submitOrder(
  { dialect, wire, ids, markets }: Desk,
  sent: SentOrders,
  { symbol, side, quantity, clientOrderId }: OrderRequest,
  signal: AbortSignal,
): Promise<SubmitOutcome> {
  const market = marketsOr(markets)?.find(symbol);
  if (market === undefined) return { kind: 'not_sent', reason: `no market ${symbol}, or not connected` };
  const name = ids.toVenue(clientOrderId);
  return sent.once(name, async () => {
    const request = dialect.entry(market, side, quantity, name);
    return classifySubmit(dialect, await wire.exchange('submit', signal, request), 'entry');
  });
}

function marketsOr(markets: () => Markets): Markets | undefined {
  try {
    return markets();
  } catch {
    return undefined;
  }
}
