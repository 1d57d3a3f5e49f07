/**
 * The bench on which a case tries a broker: calls under a bound, waiting, and claims that fail with a sentence.
 */
import { systemClock } from '../../adapters/system-clock.js';
import { add, type Decimal, decimal, multiply, parseDecimal, roundToStep, sum, ZERO } from '../../domain/decimal.js';
import type {
  BrokerAdapter,
  CancelWord,
  Instrument,
  OrderRef,
  OrderReport,
  OrderRequest,
  PositionReport,
  ProtectionOutcome,
  ProtectionRequest,
  Side,
  SubmitOutcome,
} from '../../domain/ports.js';
import type { ConformanceOptions, ConformanceSubject } from './subject.js';

/** The broker broke the promise of a case. */
export class ConformanceError extends Error {
  override readonly name = 'ConformanceError';
}

/** The case does not apply to this broker. */
export class NotApplicable extends Error {
  override readonly name = 'NotApplicable';
}

export interface Bench {
  readonly broker: BrokerAdapter;
  readonly options: ConformanceOptions;
  readonly boundMs: number;
  readonly subject: ConformanceSubject;
  order(side?: Side): Promise<OrderRequest>;
  submit(order: OrderRequest): Promise<SubmitOutcome>;
  /** Submits and demands that the broker takes it. */
  accepted(side?: Side): Promise<{ readonly order: OrderRequest; readonly ref: OrderRef }>;
  status(ref: OrderRef): Promise<OrderReport | 'not_found'>;
  cancel(ref: OrderRef): Promise<CancelWord>;
  instrument(): Promise<Instrument>;
  positions(): Promise<readonly PositionReport[]>;
  /** What is held of the symbol, signed; `undefined` where the broker tells no positions. */
  held(): Promise<Decimal | undefined>;
  protectionFor(order: OrderRequest, report: OrderReport): Promise<ProtectionRequest>;
  protect(request: ProtectionRequest): Promise<ProtectionOutcome>;
  /** Waits until the order is as wanted; fails with its last report. */
  until(ref: OrderRef, what: string, isAsWanted: (report: OrderReport) => boolean): Promise<OrderReport>;
  filled(ref: OrderRef): Promise<OrderReport>;
  /** The call under the bound: fails when it is not answered. */
  call<T>(name: string, made: (signal: AbortSignal) => Promise<T>): Promise<T>;
  wait(ms: number): Promise<void>;
  /** Waits until the promise settles, at most so long; `undefined` when it has not. */
  settled<T>(promise: Promise<T>, withinMs: number): Promise<PromiseSettledResult<T> | undefined>;
  must(holds: boolean, sentence: string): void;
}

export function must(holds: boolean, sentence: string): asserts holds {
  if (!holds) throw new ConformanceError(sentence);
}

/** The case goes on only where this holds. */
export function where(holds: boolean, reason: string): asserts holds {
  if (!holds) throw new NotApplicable(reason);
}

export const shown = (value: unknown): string => JSON.stringify(value) ?? String(value);

/** What positions add up to, signed. */
export const totalOf = (rows: readonly PositionReport[]): Decimal =>
  sum(rows.map(({ size }) => parseDecimal(size) ?? ZERO));

export const DEFAULT_BOUND_MS = 2_000;
const STEP_MS = 20;
const FINAL = ['filled', 'cancelled', 'rejected', 'expired'];

export const isFinal = ({ state }: Pick<OrderReport, 'state'>): boolean => FINAL.includes(state);

let orders = 0;

export function bench(subject: ConformanceSubject, options: ConformanceOptions, run: string): Bench {
  const { broker } = subject;
  const { symbol, boundMs = DEFAULT_BOUND_MS } = options;
  const wait = subject.wait ?? realWait;

  async function settled<T>(promise: Promise<T>, withinMs: number): Promise<PromiseSettledResult<T> | undefined> {
    let outcome: PromiseSettledResult<T> | undefined;
    const known = Promise.allSettled([promise]).then(([only]) => {
      outcome = only;
    });
    for (let waited = 0; outcome === undefined && waited <= withinMs; waited += STEP_MS) {
      await Promise.race([known, Promise.resolve()]);
      if (outcome === undefined) await wait(STEP_MS);
    }
    return outcome;
  }

  async function call<T>(name: string, made: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const outcome = await settled(
      begun(() => made(new AbortController().signal)),
      boundMs,
    );
    must(outcome !== undefined, `${name} was not answered within ${boundMs} ms`);
    must(
      outcome.status === 'fulfilled',
      `${name} rejected: ${outcome.status === 'rejected' ? String(outcome.reason) : ''}`,
    );
    return outcome.value;
  }

  async function instrument(): Promise<Instrument> {
    const answer = await call('instrument', (signal) => broker.instrument(symbol, signal));
    must(typeof answer === 'object', `instrument(${symbol}) says ${shown(answer)}`);
    return answer;
  }

  async function order(side: Side = 'buy'): Promise<OrderRequest> {
    const { lotSize } = await instrument();
    orders += 1;
    const quantity = options.quantity ?? multiply(decimal(lotSize), decimal('10'));
    return { clientOrderId: `bc-${run}-${orders}`, symbol, side, quantity, orderType: 'MARKET' };
  }

  const submit = (request: OrderRequest) => call('submitOrder', (signal) => broker.submitOrder(request, signal));
  const positions = () => call('getPositions', (signal) => broker.getPositions([symbol], signal));
  const status = (ref: OrderRef) => call('getOrderStatus', (signal) => broker.getOrderStatus(ref, signal));

  async function until(
    ref: OrderRef,
    what: string,
    isAsWanted: (report: OrderReport) => boolean,
  ): Promise<OrderReport> {
    let last: OrderReport | 'not_found' = 'not_found';
    for (let waited = 0; waited <= boundMs; waited += STEP_MS) {
      last = await status(ref);
      if (last !== 'not_found' && isAsWanted(last)) return last;
      await wait(STEP_MS);
    }
    throw new ConformanceError(`the order is not ${what} within ${boundMs} ms: ${shown(last)}`);
  }

  /** Those of the options are a buy's; a sale has them the other way round. */
  function exitsFor(side: Side): ConformanceOptions['exits'] {
    const { exits } = options;
    if (exits === undefined || side === 'buy') return exits;
    return { stopLoss: exits.takeProfit, takeProfit: exits.stopLoss };
  }

  return {
    broker,
    options,
    boundMs,
    subject,
    order,
    submit,
    status,
    until,
    settled,
    call,
    wait,
    instrument,
    must,
    async accepted(side) {
      const request = await order(side);
      const outcome = await submit(request);
      must(outcome.kind === 'accepted', `submitOrder came to ${shown(outcome)}`);
      const { clientOrderId } = request;
      return { order: request, ref: { clientOrderId, symbol, brokerOrderId: outcome.brokerOrderId } };
    },
    async cancel(ref) {
      const outcome = await call('cancelOrder', (signal) => broker.cancelOrder(ref, signal));
      return typeof outcome === 'object' && outcome !== null ? outcome.kind : outcome;
    },
    positions,
    held: async () => (broker.capabilities.positions === 'none' ? undefined : totalOf(await positions())),
    filled: (ref) => until(ref, 'filled', ({ state }) => state === 'filled'),
    protect: (request) => call('placeProtection', (signal) => broker.placeProtection(request, signal)),
    async protectionFor({ clientOrderId, side, quantity }, { brokerOrderId, fillPrice }) {
      const { tickSize } = await instrument();
      const { stopLoss, takeProfit } = exitsFor(side) ?? exitsAround(parseDecimal(fillPrice), decimal(tickSize), side);
      const exit = side === 'buy' ? 'sell' : 'buy';
      return { clientOrderId, brokerOrderId, symbol, side: exit, quantity, stopLoss, takeProfit };
    },
  };
}

function exitsAround(fill: Decimal | undefined, tick: Decimal, side: Side): { stopLoss: string; takeProfit: string } {
  must(fill !== undefined, 'the fill has no price');
  const away = multiply(fill, decimal('0.1'));
  const below = roundToStep(add(fill, multiply(away, decimal('-1'))), tick, 'up');
  const above = roundToStep(add(fill, away), tick, 'down');
  return side === 'buy' ? { stopLoss: below, takeProfit: above } : { stopLoss: above, takeProfit: below };
}

/** An adapter may throw before it returns a promise. */
export function begun<T>(made: () => Promise<T>): Promise<T> {
  try {
    return Promise.resolve(made());
  } catch (error) {
    return Promise.reject(error);
  }
}

function realWait(ms: number): Promise<void> {
  const clock = systemClock();
  return new Promise((resolve) => clock.setTimeout(resolve, ms));
}
