/**
 * An exchange of ccxt as a broker: binance, bybit, okx or kraken, spot.
 *
 * 1. One call, one request that writes; no write is ever tried again here, but where the exchange says that it bore the
 *    wrong time and was not carried out (`wire.ts`). No name is sent twice (`sent-orders.ts`).
 * 2. What an answer proves is in one table for each exchange; what is not in it is `unknown`.
 * 3. The sandbox unless `live: true`, which is said loudly on every connect.
 * 4. Where the exchange has no pairs and its exits hold nothing, the one that is left is cancelled here
 *    (`sibling-watch.ts`); apart from that nothing is sent that was not asked for.
 * 5. The keys are in a closure: neither the adapter nor any error, cause or warning of it shows them.
 */

import { BrokerRefusal } from '../../../domain/broker-refusal.js';
import { requireOptions } from '../../../domain/option-names.js';
import type { BrokerAdapter, OrderReport, OrderRequest, SendLimit, SubmitOutcome } from '../../../domain/ports.js';
import { inTime } from '../http-exchange.js';
import { accountReader } from './account.js';
import { binance } from './binance.js';
import { bybit } from './bybit.js';
import { bybitLinear } from './bybit-linear.js';
import { classifySubmit } from './classify.js';
import { clientIds } from './client-ids.js';
import type { Connection } from './connection.js';
import { readContracts } from './contracts.js';
import { describeExchange } from './describe.js';
import type { Dialect, Market } from './dialect.js';
import { checkExits } from './exit-checks.js';
import { exitOrders } from './exits.js';
import { readOpenOrders, readPositions } from './holdings.js';
import { instrumentReader } from './instrument.js';
import { kraken } from './kraken.js';
import { learnedOrders } from './learned-orders.js';
import { type CcxtLibrary, loadClass, setUp } from './library.js';
import { liveOrders } from './live-orders.js';
import { checkMargin } from './margin.js';
import { type Markets, marketsOf } from './markets.js';
import { okx } from './okx.js';
import { type CcxtBrokerOptions, type CcxtExchange, type CcxtSettings, readSettings } from './options.js';
import { orderPushes } from './order-pushes.js';
import { cancelOrder, orderStatus, reportOf } from './orders.js';
import { recentOrders } from './recent-orders.js';
import { type SentOrders, sentOrders } from './sent-orders.js';
import { siblingWatch } from './sibling-watch.js';
import { ccxtWire, type Wire } from './wire.js';

const nameOf = ({ exchange, market, live }: CcxtSettings): string =>
  ['ccxt', exchange, ...(market === 'spot' ? [] : [market]), live ? 'live' : 'sandbox'].join('-');

/** While orders are pushed, a poll is there for what a push has missed. */
const PUSHED_POLL_MS = 5_000;

const ANY_MARKET: Market = { id: '', symbol: '', baseId: '', quoteId: '', aliases: [] };

const DIALECTS: Readonly<Record<CcxtExchange, Dialect>> = { binance, bybit, okx, kraken };

/**
 * Spot trading at an exchange that ccxt knows: market entries, with exits as the exchange offers them.
 *
 * The library `ccxt` is loaded on connect, and of it the one exchange.
 *
 * @throws {FillchartError} `INVALID_OPTION` for options that cannot be taken, missing keys among them
 * @public @since 0.1.0
 */
export function ccxtBroker(options: CcxtBrokerOptions): BrokerAdapter {
  requireOptions('ccxtBroker', options);
  const settings = readSettings(options);
  const dialect = settings.market === 'linear' ? bybitLinear : DIALECTS[settings.exchange];
  let library: CcxtLibrary | undefined;
  let markets: Markets | undefined;
  const wire = ccxtWire(settings, dialect, () => library);
  const connection: Connection = {
    settings,
    dialect,
    wire,
    ids: clientIds(settings.exchange),
    live: liveOrders(settings.clock),
    learned: learnedOrders(),
    accounts: accountReader(wire, dialect, settings.clock),
    recent: recentOrders(settings.clock),
    markets() {
      if (markets === undefined) throw new Error(`${settings.exchange}: not connected`);
      return markets;
    },
  };
  /** What a poll of an order asks. */
  const aPoll = dialect.lookUps(ANY_MARKET, { name: '', pair: '', kind: 'entry', brokerOrderId: '' })[0];
  const reader = instrumentReader(connection);
  const sent = sentOrders();
  const watch = siblingWatch(connection);
  const exits = exitOrders(connection, sent, watch);
  const pushes = orderPushes(connection);

  async function connect(signal: AbortSignal): Promise<void> {
    const opened = await open(settings, wire, signal);
    library = opened;
    if (!dialect.isOrdered) await wire.time.measure();
    const { blocked } = await connection.accounts.read(signal);
    if (blocked !== undefined) throw new BrokerRefusal(`${settings.exchange}: ${blocked}`);
    // In hedge mode no order of ours would be taken.
    await readContracts(connection, signal, 'read');
    markets = marketsOf(opened.markets, settings.market);
    watch.start();
    if (settings.stream) pushes.start(opened);
  }

  return {
    name: nameOf(settings),
    capabilities: {
      push: settings.stream,
      batchStatus: false,
      lookupByClientId: true,
      nativeOco: dialect.exitPair !== undefined,
      positions: 'netting',
      fractional: true,
      gapPollMs: settings.pollMs,
      refusesUsedIds: false, // `sent-orders.ts`
      /** The more orders are polled, the farther apart their polls are. */
      get minPollMs() {
        const leastMs = pushes.isUp() ? Math.max(settings.pollMs, PUSHED_POLL_MS) : settings.pollMs;
        return Math.max(leastMs, wire.pollGapMs(connection.live.count(), aPoll));
      },
    },
    connect,
    async close() {
      watch.stop();
      await pushes.stop();
      library = undefined;
      markets = undefined;
    },
    instrument: reader.instrument,
    submitOrder: (order, signal, limit) => submitOrder(connection, { sent, pushes, limit }, order, signal),
    getOrderStatus: (ref, signal) => orderStatus(connection, ref, signal),
    getOpenOrders: (signal) => readOpenOrders(connection, signal),
    cancelOrder: (ref, signal) => cancelOrder(connection, ref, signal),
    placeProtection: exits.place,
    getPositions: (symbols, signal) => readPositions(connection, symbols, signal),
    checkMargin: (order, signal) => checkMargin(connection, reader, order, signal),
    checkProtection: (request, signal) => checkExits(connection, reader, request, signal),
    quote: reader.quote,
    aliases: (symbol) => marketsOr(connection.markets)?.aliases(symbol) ?? [],
    capacity: wire.budget.capacity,
    reports$: pushes.reports$,
    describe: (signal) => describeExchange(connection, signal),
  };
}

/** ccxt, set up, with the exchange's markets. @throws {Error} in one sentence, without any key */
async function open(settings: CcxtSettings, wire: Wire, signal: AbortSignal): Promise<CcxtLibrary> {
  const { exchange, live, warn } = settings;
  const library = setUp(
    await loadClass(exchange),
    settings,
    (url, init) => wire.carry(signal, url, init),
    () => wire.time.now(),
  );
  if (live) warn(`LIVE TRADING: orders of this process go to ${exchange} with REAL MONEY.`);
  try {
    await library.loadMarkets(true);
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    throw new Error(`${exchange}: its markets cannot be read: ${wire.redact(words).slice(0, 200)}`);
  }
  return library;
}

interface Sending {
  readonly sent: SentOrders;
  readonly pushes: { readonly tell: (report: OrderReport) => void };
  readonly limit: SendLimit | undefined;
}

async function submitOrder(
  connection: Connection,
  { sent, pushes, limit }: Sending,
  { symbol, side, quantity, clientOrderId }: OrderRequest,
  signal: AbortSignal,
): Promise<SubmitOutcome> {
  const { settings, dialect, wire, ids, live, learned } = connection;
  const isInTime = limit && inTime(settings.clock, limit);
  const market = marketsOr(connection.markets)?.find(symbol);
  if (market === undefined) return { kind: 'not_sent', reason: `no market ${symbol}, or not connected` };
  const name = ids.toVenue(clientOrderId);
  return sent.once(name, async () => {
    const request = dialect.entry(market, side, quantity, name);
    live.begin(clientOrderId, symbol);
    wire.budget.begin(clientOrderId, symbol);
    const exchange = await wire.exchange('submit', signal, request, clientOrderId, isInTime);
    const outcome = classifySubmit(dialect, exchange, 'entry');
    if (outcome.kind === 'rejected' && outcome.transient !== true) {
      live.over(clientOrderId, false);
      wire.budget.end(clientOrderId);
    }
    if (exchange.kind !== 'answer' || outcome.kind !== 'accepted') return outcome;
    // What the answer tells of the order beyond its id reaches the engine as a report of its own.
    const said = dialect.readAnswer(exchange.status, exchange.body);
    const entered = dialect.entered?.(said?.data);
    if (entered?.fills === undefined) return outcome;
    learned.keep(entered.brokerOrderId, { fills: entered.fills, fees: entered.fees ?? [] });
    const report = reportOf(entered, clientOrderId, market);
    if (entered.state === 'filled') live.over(clientOrderId, true);
    if (report !== undefined) pushes.tell(report);
    return outcome;
  });
}

function marketsOr(markets: () => Markets): Markets | undefined {
  try {
    return markets();
  } catch {
    return undefined;
  }
}
