/**
 * The market of the paper account that is served without a config: every symbol can be traded, at the reference price of the
 * first advisory that names it.
 *
 * 1. Each symbol has a paper broker of its own; orders and positions of one are none of another's.
 * 2. They number their orders together: an id of the broker names one order.
 */
import { Subject } from 'rxjs';
import { numberedPaperBroker, type PaperBroker } from '../../adapters/brokers/paper/paper-broker.js';
import type { BrokerAdapter, Clock, OrderReport } from '../../domain/ports.js';
import type { FrozenSnapshot } from '../../domain/snapshot.js';

interface OpenMarket {
  readonly broker: BrokerAdapter;
  /** From now on the symbol can be traded. */
  learn(snapshot: FrozenSnapshot): void;
}

const LEAST_PRICE_DECIMALS = 2;
/** Fine enough for any size that comes later. */
const LOT_DECIMALS = 8;

export function openMarket(clock: Clock): OpenMarket {
  const symbols = new Map<string, PaperBroker>();
  const reports$ = new Subject<OrderReport | { readonly type: 'gap' }>();
  let orders = 0;
  const own = (symbol: string): PaperBroker | undefined => symbols.get(symbol);
  const unknown = (symbol: string): never => {
    throw new Error(`nothing is known of ${symbol}`);
  };

  function learn({ symbol, referencePrice, positionSize }: FrozenSnapshot): void {
    if (symbols.has(symbol)) return;
    const tickSize = stepOf(Math.max(LEAST_PRICE_DECIMALS, decimalsOf(referencePrice)));
    const lotSize = stepOf(Math.max(LOT_DECIMALS, decimalsOf(positionSize)));
    const instrument = { symbol, tickSize, lotSize };
    const options = { instruments: [instrument], quotes: { [symbol]: referencePrice }, clock };
    const broker = numberedPaperBroker(options, () => (orders += 1));
    symbols.set(symbol, broker);
    broker.reports$?.subscribe((report) => reports$.next(report));
  }

  const broker: BrokerAdapter = {
    name: 'paper',
    capabilities: Object.freeze({
      push: true,
      batchStatus: true,
      lookupByClientId: true,
      nativeOco: true,
      positions: 'netting' as const,
      fractional: true,
      minPollMs: 0,
    }),
    reports$: reports$.asObservable(),
    connect: async () => undefined,
    instrument: async (symbol, signal) => own(symbol)?.instrument(symbol, signal) ?? 'unknown_symbol',
    submitOrder: async (order, signal) => (own(order.symbol) ?? unknown(order.symbol)).submitOrder(order, signal),
    getOrderStatus: async (ref, signal) => own(ref.symbol)?.getOrderStatus(ref, signal) ?? 'not_found',
    async getOrderStatuses(refs, signal) {
      const known = [...new Set(refs.map(({ symbol }) => symbol))].flatMap((symbol) => own(symbol) ?? []);
      const answers = await Promise.all(known.map((one) => one.getOrderStatuses(refs, signal)));
      return answers.flat();
    },
    cancelOrder: async (ref, signal) => own(ref.symbol)?.cancelOrder(ref, signal) ?? 'not_found',
    placeProtection: async (request, signal) =>
      (own(request.symbol) ?? unknown(request.symbol)).placeProtection(request, signal),
    async getPositions(wanted, signal) {
      const chosen = wanted.length === 0 ? [...symbols.values()] : wanted.flatMap((symbol) => own(symbol) ?? []);
      const answers = await Promise.all(chosen.map((one) => one.getPositions(wanted, signal)));
      return answers.flat();
    },
    async getOpenOrders(signal) {
      const answers = await Promise.all([...symbols.values()].map((one) => one.getOpenOrders(signal)));
      return answers.flat();
    },
    quote: async (symbol, signal) => own(symbol)?.quote(symbol, signal) ?? {},
    async describe() {
      const now = new Date(clock.now()).toISOString();
      return { about: 'simulated in this process, without a network', clock: { time: now, aheadMs: 0 } };
    },
    async close() {
      await Promise.all([...symbols.values()].map((one) => one.close()));
      reports$.complete();
    },
  };
  return { broker, learn };
}

const decimalsOf = (decimal: string): number => decimal.split('.')[1]?.length ?? 0;
const stepOf = (decimals: number): string => (decimals === 0 ? '1' : `0.${'1'.padStart(decimals, '0')}`);
