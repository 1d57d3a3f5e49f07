/**
 * A bench to test at: a paper broker on a virtual clock, and short words for its calls.
 */
import { afterEach, expect } from 'vitest';
import { type PaperBroker, paperBroker } from '../../src/adapters/brokers/paper/paper-broker.js';
import type { PaperBrokerOptions } from '../../src/adapters/brokers/paper/paper-options.js';
import type {
  OrderReport,
  OrderRequest,
  ProtectionOutcome,
  ProtectionRequest,
  SubmitOutcome,
} from '../../src/domain/ports.js';
import { type VirtualClock, virtualClock } from '../../src/testing/virtual-clock.js';

export const AAPL = { symbol: 'AAPL', tickSize: '0.01', lotSize: '1' } as const;
export const MSFT = { symbol: 'MSFT', tickSize: '0.05', lotSize: '10', minQty: '20', maxQty: '1000' } as const;

interface Bench {
  readonly clock: VirtualClock;
  readonly broker: PaperBroker;
  readonly signal: AbortSignal;
  /** What was pushed: `id state filledSize@fillPrice`, or `gap`. */
  readonly pushed: readonly string[];
  /** Buys 100 AAPL as `A`, unless told otherwise. */
  submit(order?: Partial<OrderRequest>): Promise<SubmitOutcome>;
  status(clientOrderId?: string): Promise<OrderReport | 'not_found'>;
  /** The order in one line: `state filledSize@fillPrice`. */
  line(clientOrderId?: string): Promise<string>;
  cancel(clientOrderId?: string): Promise<string>;
  /** Protects 100 AAPL of `A` by a stop at 147.98 and a take-profit at 155.53, unless told otherwise. */
  protect(request?: Partial<ProtectionRequest>): Promise<ProtectionOutcome>;
  /** Signed size of AAPL, `0` when flat. */
  size(symbol?: string): string;
}

export const order = (changes: Partial<OrderRequest> = {}): OrderRequest => ({
  clientOrderId: 'A',
  symbol: 'AAPL',
  side: 'buy',
  quantity: '100',
  orderType: 'MARKET',
  ...changes,
});

export const protection = (changes: Partial<ProtectionRequest> = {}): ProtectionRequest => ({
  clientOrderId: 'A',
  symbol: 'AAPL',
  side: 'sell',
  quantity: '100',
  stopLoss: '147.98',
  takeProfit: '155.53',
  ...changes,
});

const inOneLine = (report: OrderReport): string =>
  `${report.state} ${report.filledSize}${report.fillPrice === undefined ? '' : `@${report.fillPrice}`}`;

export const never = (): AbortSignal => new AbortController().signal;

/** Makes benches, and after each test holds their brokers to this: once idle, or closed, no timer is left. */
export function benches(): (options?: Partial<PaperBrokerOptions>) => Bench {
  const open: Bench[] = [];
  afterEach(async () => {
    for (const { broker, clock } of open.splice(0)) {
      await broker.close();
      expect(clock.pendingTimers, 'timers left after close').toBe(0);
    }
  });
  return (options = {}) => {
    const bench = makeBench(options);
    open.push(bench);
    return bench;
  };
}

function makeBench(options: Partial<PaperBrokerOptions>): Bench {
  const clock = virtualClock();
  const broker = paperBroker({ instruments: [AAPL, MSFT], quotes: { AAPL: '151.00' }, clock, ...options });
  const signal = never();
  const pushed: string[] = [];
  broker.reports$?.subscribe((report) => {
    pushed.push('type' in report ? report.type : `${report.clientOrderId} ${inOneLine(report)}`);
  });
  const status = (clientOrderId = 'A') => broker.getOrderStatus({ clientOrderId, symbol: 'AAPL' }, signal);
  return {
    clock,
    broker,
    signal,
    pushed,
    submit: (changes) => broker.submitOrder(order(changes), signal),
    status,
    async line(clientOrderId) {
      const report = await status(clientOrderId);
      return report === 'not_found' ? report : inOneLine(report);
    },
    async cancel(clientOrderId = 'A') {
      const outcome = await broker.cancelOrder({ clientOrderId, symbol: 'AAPL' }, signal);
      return typeof outcome === 'string' ? outcome : outcome.kind;
    },
    protect: (changes) => broker.placeProtection(protection(changes), signal),
    size: (symbol = 'AAPL') => broker.positions().find((position) => position.symbol === symbol)?.size ?? '0',
  };
}

/** Both legs in one line: `accepted accepted`. */
export const legs = ({ stopLoss, takeProfit }: ProtectionOutcome): string =>
  [stopLoss, takeProfit].map((leg) => (leg.kind === 'rejected' ? leg.code : leg.kind)).join(' ');
