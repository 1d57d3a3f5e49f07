/**
 * A broker that does exactly what a script says, faults included, on a clock of your own.
 *
 * 1. Times in a script are ms since the first submit call of that order: the T of the rules.
 * 2. The broker keeps its own truth (orders, fills, position, exits); faults stand between that truth and the caller.
 * 3. Every call is counted and listed, with the time at which it came.
 */
import { Subject } from 'rxjs';
import {
  add,
  type Decimal,
  decimal,
  divide,
  isZero,
  lessThan,
  multiply,
  negate,
  sum,
  ZERO,
} from '../domain/decimal.js';
import type {
  BrokerAdapter,
  BrokerCapabilities,
  CancelOutcome,
  Clock,
  Instrument,
  LegOutcome,
  OrderRef,
  OrderReport,
  OrderRequest,
  PositionReport,
  ProtectionOutcome,
  ProtectionRequest,
  SubmitOutcome,
} from '../domain/ports.js';
import { type BrokerMethod, type Fault, isFault, nth, type OrderScript, type ScriptedFill } from './fault-script.js';

export type { BrokerMethod, Fault, LegsScript, OrderScript, ScriptedFill } from './fault-script.js';

export interface FaultBrokerOptions {
  readonly clock: Clock;
  /** By symbol, or for every order alike. */
  readonly script?: OrderScript | ((order: OrderRequest) => OrderScript);
  /** Faults by method; a function is asked at each call, with the count of calls so far (from 1). */
  readonly faults?: { readonly [Method in BrokerMethod]?: Fault | ((call: number) => Fault | undefined) };
  readonly instruments?: Readonly<Record<string, Instrument | 'unknown_symbol'>>;
  readonly capabilities?: Partial<BrokerCapabilities>;
  /** Net positions before anything happens. */
  readonly positions?: Readonly<Record<string, string>>;
  /** Margin check is offered, and answers this. */
  readonly margin?: 'ok' | { readonly refused: string };
}

export interface BrokerCall {
  readonly method: BrokerMethod;
  /** Monotonic ms of the clock. */
  readonly at: number;
  readonly clientOrderId?: string;
  readonly argument: unknown;
}

export interface FaultBroker extends BrokerAdapter {
  readonly calls: readonly BrokerCall[];
  /** Calls of one method, or of those that write. */
  count(method: BrokerMethod | 'writes', clientOrderId?: string): number;
  /** Pushes a raw report now. */
  push(report: unknown): void;
  /** Reports on the order as the broker's truth has it now. */
  truth(clientOrderId: string): OrderReport | undefined;
}

interface LiveOrder {
  readonly request: OrderRequest;
  readonly script: OrderScript;
  readonly submittedAt: number;
  readonly brokerOrderId: string;
  readonly isLive: boolean;
  closedAt?: number;
  legs: { stopLoss?: string; takeProfit?: string; quantity?: string };
  cancels: number;
  protections: number;
  /** What the fills so far add up to: they only grow in number, so their number names them. */
  filled?: Filled;
}

interface Filled {
  readonly count: number;
  readonly cumQty: Decimal;
  readonly average: Decimal;
  readonly isFull: boolean;
}

const WRITES: readonly BrokerMethod[] = ['submitOrder', 'cancelOrder', 'placeProtection'];

const DEFAULT_CAPABILITIES: BrokerCapabilities = {
  push: false,
  batchStatus: false,
  lookupByClientId: true,
  nativeOco: true,
  positions: 'netting',
  fractional: true,
  minPollMs: 0,
};

export function faultBroker(options: FaultBrokerOptions): FaultBroker {
  const { clock } = options;
  const calls: BrokerCall[] = [];
  const orders = new Map<string, LiveOrder>();
  const bySymbol = new Map<string, LiveOrder[]>();
  const submits = new Map<string, number>();
  const pushed = new Subject<OrderReport>();

  const count = (method: BrokerMethod | 'writes', clientOrderId?: string): number =>
    calls.filter(
      (call) =>
        (method === 'writes' ? WRITES.includes(call.method) : call.method === method) &&
        (clientOrderId === undefined || call.clientOrderId === clientOrderId),
    ).length;

  const scriptFor = (order: OrderRequest): OrderScript =>
    typeof options.script === 'function' ? options.script(order) : (options.script ?? {});

  /** Lists the call, lets a fault have its way, else answers with the truth. */
  function answer<T>(
    method: BrokerMethod,
    argument: unknown,
    clientOrderId: string | undefined,
    truth: () => T,
    scripted?: Fault,
  ): Promise<T> {
    calls.push({ method, at: clock.monotonic(), argument, ...(clientOrderId !== undefined && { clientOrderId }) });
    const configured = options.faults?.[method];
    const fault = scripted ?? (typeof configured === 'function' ? configured(count(method)) : configured);
    if (fault === 'throw-sync') throw new Error(`${method} threw at once`);
    if (fault === 'lost') return new Promise(() => undefined);
    const value = truth();
    if (fault === undefined) return Promise.resolve(value);
    if (fault === 'hang') return new Promise(() => undefined);
    if (fault === 'throw') return Promise.reject(new Error(`${method} threw`));
    if ('answer' in fault) return Promise.resolve(fault.answer as T);
    if ('returns' in fault) return fault.returns as Promise<T>;
    return new Promise((resolve) => clock.setTimeout(() => resolve(truth()), fault.delayMs));
  }

  function beginOrder(request: OrderRequest, isLive: boolean): LiveOrder {
    const known = orders.get(request.clientOrderId);
    if (known !== undefined) return known;
    const script = scriptFor(request);
    const order: LiveOrder = {
      request,
      script,
      submittedAt: clock.monotonic(),
      brokerOrderId: `B-${orders.size + 1}`,
      isLive,
      legs: {},
      cancels: 0,
      protections: 0,
    };
    orders.set(request.clientOrderId, order);
    bySymbol.set(request.symbol, [...(bySymbol.get(request.symbol) ?? []), order]);
    for (const { at, report } of script.pushes ?? []) clock.setTimeout(() => push(report), at);
    return order;
  }

  function submitOrder(request: OrderRequest): Promise<SubmitOutcome> {
    const script = scriptFor(request);
    const tries = (submits.get(request.clientOrderId) ?? 0) + 1;
    submits.set(request.clientOrderId, tries);
    const outcome = isFault(script.submit) ? undefined : nth(script.submit, tries);
    const refuses = outcome?.kind === 'rejected' || outcome?.kind === 'not_sent';
    const isLive = script.live ?? !refuses;
    return answer(
      'submitOrder',
      request,
      request.clientOrderId,
      () => {
        const order = refuses && !isLive ? undefined : beginOrder(request, isLive);
        return outcome ?? { kind: 'accepted', brokerOrderId: order?.brokerOrderId ?? 'B-0' };
      },
      isFault(script.submit) ? script.submit : undefined,
    );
  }

  const elapsed = (order: LiveOrder): number => clock.monotonic() - order.submittedAt;

  /** The broker's truth about an order now. */
  function truthOf(order: LiveOrder): OrderReport {
    const { script, request } = order;
    const now = elapsed(order);
    const { ends } = script;
    const endsAt = Math.min(ends?.at ?? Number.POSITIVE_INFINITY, order.closedAt ?? Number.POSITIVE_INFINITY);
    const fills = (script.fills ?? []).filter(({ at }) => at <= now && at <= endsAt);
    if (order.filled?.count !== fills.length) order.filled = filledBy(fills, request.quantity);
    const { cumQty, average, isFull } = order.filled;
    const byItself = ends !== undefined && ends.at <= now && ends.at <= endsAt;
    const state = isFull
      ? 'filled'
      : byItself
        ? ends.state
        : now >= endsAt
          ? 'cancelled'
          : isZero(cumQty)
            ? 'pending'
            : 'partially_filled';
    const isPriced = !isZero(cumQty) && now >= (script.pricedFrom ?? 0);
    return {
      clientOrderId: request.clientOrderId,
      brokerOrderId: order.brokerOrderId,
      state,
      filledSize: cumQty,
      ...(isPriced && { fillPrice: average }),
    };
  }

  function statusOf(ref: OrderRef): OrderReport | 'not_found' {
    const order = orders.get(ref.clientOrderId);
    if (order === undefined || !order.isLive || elapsed(order) < (order.script.visibleFrom ?? 0)) return 'not_found';
    return truthOf(order);
  }

  function cancelOrder(ref: OrderRef): Promise<CancelOutcome> {
    const order = orders.get(ref.clientOrderId);
    const scripted = order?.script.cancel;
    return answer(
      'cancelOrder',
      ref,
      ref.clientOrderId,
      () => {
        if (order === undefined || !order.isLive) return 'not_found';
        order.cancels += 1;
        return cancelTruth(order, scripted);
      },
      isFault(scripted) ? scripted : undefined,
    );
  }

  function cancelTruth(order: LiveOrder, scripted: OrderScript['cancel']): CancelOutcome {
    if (['filled', 'cancelled', 'rejected', 'expired'].includes(truthOf(order).state)) return 'already_closed';
    if (scripted === 'ignore') return 'requested';
    const outcome =
      scripted === undefined || scripted === 'confirm' || typeof scripted === 'number' || isFault(scripted)
        ? 'requested'
        : nth(scripted, order.cancels);
    if (outcome === 'requested') order.closedAt ??= elapsed(order) + (typeof scripted === 'number' ? scripted : 0);
    return outcome ?? 'requested';
  }

  function placeProtection(request: ProtectionRequest): Promise<ProtectionOutcome> {
    const order = orders.get(request.clientOrderId);
    const scripted = order?.script.protection;
    return answer(
      'placeProtection',
      request,
      request.clientOrderId,
      () => {
        if (order === undefined) return { stopLoss: refusedLeg, takeProfit: refusedLeg };
        order.protections += 1;
        const script = isFault(scripted) ? undefined : nth(scripted, order.protections);
        const stopLoss = script?.stopLoss ?? acceptedLeg(`${order.brokerOrderId}-sl`);
        const takeProfit = script?.takeProfit ?? acceptedLeg(`${order.brokerOrderId}-tp`);
        if (exists(stopLoss)) order.legs = { ...order.legs, stopLoss: request.stopLoss, quantity: request.quantity };
        if (exists(takeProfit))
          order.legs = { ...order.legs, takeProfit: request.takeProfit, quantity: request.quantity };
        return { stopLoss, takeProfit };
      },
      isFault(scripted) ? scripted : undefined,
    );
  }

  function positionOf(symbol: string): PositionReport {
    const inSymbol = bySymbol.get(symbol) ?? [];
    const sizes = inSymbol.map((order) => signedSize(order.request, truthOf(order).filledSize));
    const shown = inSymbol.find(({ script }) => script.positionShown !== undefined)?.script.positionShown;
    const size = shown ?? add(decimal(options.positions?.[symbol] ?? '0'), sum(sizes));
    const exits = inSymbol.filter(({ legs }) => legs.quantity !== undefined);
    const last = exits.at(-1);
    const hides = last?.script.hides ?? [];
    return {
      symbol,
      size,
      ...(last?.legs.stopLoss !== undefined && !hides.includes('sl') && { sl: last.legs.stopLoss }),
      ...(last?.legs.takeProfit !== undefined && !hides.includes('tp') && { tp: last.legs.takeProfit }),
      ...(exits.length > 1 && {
        protections: exits.map(({ request, legs, script }) => ({
          clientOrderId: request.clientOrderId,
          quantity: legs.quantity ?? '0',
          ...(legs.stopLoss !== undefined && script.hides?.includes('sl') !== true && { stopLoss: legs.stopLoss }),
          ...(legs.takeProfit !== undefined &&
            script.hides?.includes('tp') !== true && { takeProfit: legs.takeProfit }),
        })),
      }),
    };
  }

  function push(report: unknown): void {
    pushed.next(report as OrderReport);
  }

  const allSymbols = () =>
    new Set([...Object.keys(options.positions ?? {}), ...[...orders.values()].map(({ request }) => request.symbol)]);

  return {
    name: 'fault',
    capabilities: { ...DEFAULT_CAPABILITIES, ...options.capabilities },
    reports$: pushed,
    calls,
    count,
    push,
    truth: (clientOrderId) => {
      const order = orders.get(clientOrderId);
      return order === undefined ? undefined : truthOf(order);
    },
    connect: () => answer('connect', undefined, undefined, () => undefined),
    instrument: (symbol) =>
      answer(
        'instrument',
        symbol,
        undefined,
        () => options.instruments?.[symbol] ?? { symbol, tickSize: '0.01', lotSize: '1' },
      ),
    submitOrder,
    getOrderStatus: (ref) => answer('getOrderStatus', ref, ref.clientOrderId, () => statusOf(ref)),
    getOrderStatuses: (refs) =>
      answer('getOrderStatuses', refs, undefined, () =>
        refs.map(statusOf).filter((report): report is OrderReport => report !== 'not_found'),
      ),
    cancelOrder,
    placeProtection,
    getPositions: (symbols) =>
      answer('getPositions', symbols, undefined, () =>
        (symbols.length === 0 ? [...allSymbols()] : symbols).map(positionOf),
      ),
    ...(options.margin !== undefined && {
      checkMargin: (order: OrderRequest) =>
        answer('checkMargin', order, order.clientOrderId, () => options.margin ?? 'ok'),
    }),
  };
}

const acceptedLeg = (brokerOrderId: string): LegOutcome => ({ kind: 'accepted', brokerOrderId });
const refusedLeg: LegOutcome = { kind: 'rejected', code: 'UNKNOWN_ORDER', reason: 'no such entry order' };
const exists = ({ kind }: LegOutcome): boolean => kind === 'accepted' || kind === 'duplicate';

const signedSize = ({ side }: OrderRequest, size: string): Decimal =>
  side === 'buy' ? decimal(size) : negate(decimal(size));

function filledBy(fills: readonly ScriptedFill[], wanted: string): Filled {
  const cumQty = sum(fills.map(({ quantity }) => decimal(quantity)));
  const average = isZero(cumQty) ? ZERO : averageOf(fills, cumQty);
  return { count: fills.length, cumQty, average, isFull: !lessThan(cumQty, decimal(wanted)) };
}

function averageOf(fills: readonly ScriptedFill[], cumQty: Decimal): Decimal {
  const value = fills.reduce(
    (total, { quantity, price }) => add(total, multiply(decimal(quantity), decimal(price))),
    ZERO,
  );
  return divide(value, cumQty);
}
