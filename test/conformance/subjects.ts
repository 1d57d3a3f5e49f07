/**
 * The brokers of this package in the situations of the conformance cases, on virtual time; and adapters that break a promise.
 */
import type { BrokerAdapter, OrderRequest, ProtectionRequest } from 'fillchart';
import { type PaperScript, paperBroker } from 'fillchart/adapters';
import {
  type ConformanceSubject,
  type FaultBrokerOptions,
  faultBroker,
  type OrderScript,
  type Situation,
  type VenuePowers,
  virtualClock,
} from 'fillchart/testing';

export const SYMBOL = 'AAPL';
export const BOUND_MS = 1_000;
const AN_HOUR_MS = 3_600_000;

const paperScripts: { readonly [Name in Situation]: PaperScript } = {
  any: {},
  fills: {},
  rests: { fills: [] },
  'fills-partly': { fills: [{ afterMs: 0, quantity: '4' }] },
  rejects: { submit: { rejected: { code: 'NO_MARGIN', reason: 'not enough margin' } } },
  'submit-hangs': { submitAnswerAfterMs: AN_HOUR_MS },
  'query-hangs': {},
};

/** Long enough for an abort to come first, short enough for the answers that a case waits for. */
const SLOW_LINE_MS = 800;

export function paperSubject(situation: Situation): ConformanceSubject {
  const clock = virtualClock();
  const broker = paperBroker({
    clock,
    instruments: [{ symbol: SYMBOL, tickSize: '0.01', lotSize: '1' }],
    quotes: { [SYMBOL]: '150' },
    scripts: { [SYMBOL]: paperScripts[situation] },
    ...(situation === 'query-hangs' && { latencyMs: SLOW_LINE_MS }),
  });
  return {
    broker,
    wait: (ms) => clock.advance(ms),
    moveTo: (price) => broker.setQuote(SYMBOL, price),
    cutPush: async () => {
      broker.setConnected(false);
      await clock.advance(10);
      broker.setConnected(true);
    },
  };
}

const fillsAtOnce = ({ quantity }: Pick<OrderRequest, 'quantity'>): OrderScript => ({
  fills: [{ at: 0, quantity, price: '150' }],
});

const faultScripts: { readonly [Name in Situation]: OrderScript | ((order: OrderRequest) => OrderScript) } = {
  any: {},
  fills: fillsAtOnce,
  rests: {},
  'fills-partly': { fills: [{ at: 0, quantity: '4', price: '150' }] },
  rejects: { submit: { kind: 'rejected', code: 'NO_MARGIN', reason: 'not enough margin' } },
  'submit-hangs': (order) => ({ ...fillsAtOnce(order), submit: 'hang' }),
  'query-hangs': {},
};

/** The fault broker, and a market that sets off the exits it was given: as orders of their side and quantity, no less. */
export function faultSubject(situation: Situation, changes: Partial<FaultBrokerOptions> = {}): ConformanceSubject {
  const clock = virtualClock();
  let stopRefusedAfter: number | undefined;
  const written = faultScripts[situation];
  const script = (order: OrderRequest): OrderScript => ({
    ...(typeof written === 'function' ? written(order) : written),
    ...(stopRefusedAfter !== undefined && {
      exits: { sl: { worksFrom: AN_HOUR_MS, ends: { at: stopRefusedAfter, state: 'rejected' } } },
    }),
  });
  const good = faultBroker({
    clock,
    script,
    capabilities: { batchStatus: true },
    instruments: {
      [SYMBOL]: { symbol: SYMBOL, tickSize: '0.01', lotSize: '1', protectionLotSize: '0.01', baseAsset: SYMBOL },
      'NO-SUCH-SYMBOL': 'unknown_symbol',
    },
    tellsFills: true,
    feeRate: '0',
    capacity: (inFlight) => Math.max(0, 100 - inFlight),
    ...(situation === 'query-hangs' && { faults: { getOrderStatus: 'hang' } }),
    ...changes,
  });
  const resting = new Map<string, ProtectionRequest>();
  const broker: BrokerAdapter = {
    ...good,
    placeProtection: (request, signal) => {
      resting.set(request.clientOrderId, request);
      return good.placeProtection(request, signal);
    },
  };
  const moveTo = async (price: string): Promise<void> => {
    for (const [id, { symbol, side, quantity, stopLoss, takeProfit }] of resting) {
      const [low, high] = [stopLoss, takeProfit].map(Number).sort((a, b) => a - b);
      if (Number(price) > Number(low) && Number(price) < Number(high)) continue;
      resting.delete(id);
      const exit = { clientOrderId: `${id}-exit`, symbol, side, quantity, orderType: 'MARKET' } as const;
      await good.submitOrder(exit, new AbortController().signal);
    }
  };
  const idOf = (clientOrderId: string): string => good.venue.find({ clientOrderId })?.id ?? '';
  const venue: VenuePowers = {
    takeBack: (clientOrderId) => good.venue.correct(idOf(clientOrderId), { kind: 'bust', fill: 0 }),
    correctPrice: (clientOrderId, price) =>
      good.venue.correct(idOf(clientOrderId), { kind: 'correct', fill: 0, price }),
    endExit: (exitId) => good.venue.end(idOf(exitId), 'cancelled'),
    refuseNextStop: (afterMs) => {
      stopRefusedAfter = afterMs;
    },
    feeInAsset: (rate) => void Object.assign(good.venue.profile, { fee: { rate, in: 'received' } }),
  };
  return { broker, wait: (ms) => clock.advance(ms), moveTo, venue };
}

interface BadAdapter {
  /** The cases that it fails; all others it passes. */
  readonly fails: readonly string[];
  readonly change: (good: BrokerAdapter) => Partial<BrokerAdapter>;
}

const opposite = { buy: 'sell', sell: 'buy' } as const;
const another = <Named extends { readonly clientOrderId: string }>(order: Named): Named => ({
  ...order,
  clientOrderId: `${order.clientOrderId}-again`,
});

/** Each breaks one promise in a way that costs money; the rest is the fault broker's. */
export const dangerousAdapters: Readonly<Record<string, BadAdapter>> = {
  'sends an order again when its submit is aborted': {
    fails: ['BC-38', 'BC-45'],
    change: (good) => ({
      submitOrder: (order, signal) => {
        signal.addEventListener('abort', () => void good.submitOrder(another(order), signal));
        return good.submitOrder(order, signal);
      },
    }),
  },
  'flattens the position when a filled order is cancelled': {
    fails: ['BC-16'],
    change: (good) => {
      const sent = new Map<string, OrderRequest>();
      return {
        submitOrder: (order, signal) => {
          sent.set(order.clientOrderId, order);
          return good.submitOrder(order, signal);
        },
        cancelOrder: async (ref, signal) => {
          const outcome = await good.cancelOrder(ref, signal);
          const order = sent.get(ref.clientOrderId);
          const report = await good.getOrderStatus(ref, signal);
          const isFilled = report !== 'not_found' && report.state === 'filled';
          if (order && isFilled) await good.submitOrder({ ...another(order), side: opposite[order.side] }, signal);
          return outcome;
        },
      };
    },
  },
  'loses the filled part with the cancel of the rest': {
    fails: ['BC-18'],
    change: (good) => {
      let isCancelled = false;
      return {
        cancelOrder: async (ref, signal) => {
          const outcome = await good.cancelOrder(ref, signal);
          isCancelled ||= outcome === 'requested';
          return outcome;
        },
        getPositions: async (symbols, signal) => (isCancelled ? [] : good.getPositions(symbols, signal)),
      };
    },
  },
  'tells the price of the first fill as the average': {
    fails: ['BC-39', 'BC-47'],
    change: (good) => ({
      getOrderStatus: async (ref, signal) => {
        const report = await good.getOrderStatus(ref, signal);
        if (report === 'not_found' || report.filledSize !== '10') return report;
        const fills = [
          { quantity: '4', price: '150' },
          { quantity: '6', price: '151' },
        ];
        return { ...report, fills, fillPrice: '150' };
      },
    }),
  },
  'tells a price that is not that of the position': {
    fails: ['BC-39'],
    change: (good) => ({
      getPositions: async (symbols, signal) =>
        (await good.getPositions(symbols, signal)).map((row) => ({ ...row, entryPrice: '149' })),
    }),
  },
  'tells a price that is not the expected one': {
    fails: ['BC-39', 'BC-47'],
    change: (good) => ({
      getOrderStatus: async (ref, signal) => {
        const report = await good.getOrderStatus(ref, signal);
        return report === 'not_found' || report.fillPrice === undefined ? report : { ...report, fillPrice: '155' };
      },
    }),
  },
  'places exits on the wrong side': {
    fails: ['BC-43', 'BC-44'],
    change: (good) => ({
      placeProtection: (request, signal) => good.placeProtection({ ...request, side: opposite[request.side] }, signal),
    }),
  },
  'sells, whatever it protects': {
    fails: ['BC-44'],
    change: (good) => ({
      placeProtection: (request, signal) => good.placeProtection({ ...request, side: 'sell' }, signal),
    }),
  },
  'protects another quantity than was asked for': {
    fails: ['BC-42', 'BC-43', 'BC-44'],
    change: (good) => ({
      placeProtection: (request, signal) => good.placeProtection({ ...request, quantity: '5' }, signal),
    }),
  },
  'shows no exits with a short position': {
    fails: ['BC-40'],
    change: (good) => ({
      getPositions: async (symbols, signal) =>
        (await good.getPositions(symbols, signal)).map(({ sl, tp, ...row }) =>
          row.size.startsWith('-') ? row : { ...row, ...(sl && { sl }), ...(tp && { tp }) },
        ),
    }),
  },
  'keeps it to itself that a fill was taken back or changed': {
    fails: ['BC-46', 'BC-47'],
    change: (good) => ({
      getOrderStatus: async (ref, signal) => {
        const report = await good.getOrderStatus(ref, signal);
        if (report === 'not_found') return report;
        const { correction: _, ...rest } = report;
        return rest;
      },
    }),
  },
  'shows every exit as working': {
    fails: ['BC-48', 'BC-49'],
    change: (good) => ({
      getOrderStatus: async (ref, signal) => {
        const report = await good.getOrderStatus(ref, signal);
        return report !== 'not_found' && /-(?:sl|tp)$/.test(ref.clientOrderId)
          ? { ...report, state: 'working' }
          : report;
      },
    }),
  },
  'calls a stop-loss placed that does not work yet': {
    fails: ['BC-49'],
    change: (good) => ({
      placeProtection: async (request, signal) => {
        const { stopLoss, takeProfit } = await good.placeProtection(request, signal);
        if (stopLoss.kind !== 'accepted') return { stopLoss, takeProfit };
        return { stopLoss: { kind: 'accepted', brokerOrderId: stopLoss.brokerOrderId }, takeProfit };
      },
    }),
  },
  'tells no fees': {
    fails: ['BC-50', 'BC-51'],
    change: (good) => ({
      getOrderStatus: async (ref, signal) => {
        const report = await good.getOrderStatus(ref, signal);
        if (report === 'not_found') return report;
        const { fees: _, ...rest } = report;
        return rest;
      },
    }),
  },
  'shows the position without the fee': {
    fails: ['BC-50'],
    change: (good) => ({
      getPositions: async (symbols, signal) =>
        (await good.getPositions(symbols, signal)).map((row) => ({
          ...row,
          size: String(Math.ceil(Number(row.size))),
        })),
    }),
  },
  'carries nobody': { fails: ['BC-52'], change: () => ({ capacity: () => 0 }) },
};
