/**
 * The broker's own truth: orders, fills, exits and positions, whatever any process gets to hear of them.
 *
 * 1. It is a function of the plans, of what came in, and of the time: asking changes nothing.
 * 2. An order is known by its client id, and an id that is known already makes no second order; what was asked for is
 *    counted all the same.
 * 3. Everything is whole numbers: quantities in units, prices in ticks of 0.01.
 */
import type {
  CancelOutcome,
  Clock,
  LegOutcome,
  OpenOrder,
  OrderReport,
  OrderRequest,
  PositionReport,
  ProtectionOutcome,
  ProtectionRequest,
} from '../../domain/ports.js';
import type { OrderPlan, PlannedFill } from './order-plan.js';

export const TICKS_PER_UNIT = 100;
/** Averages are told in millionths. */
const MICROS_PER_TICK = 10_000;

export interface WorldOrder {
  readonly request: OrderRequest;
  readonly brokerOrderId: string;
  readonly plan: OrderPlan;
  /** Monotonic ms. */
  readonly liveAt: number;
  /** When a cancel that was taken closes it. */
  cancelledAt?: number;
  /** A cancel that lost the race: the rest was filled then. */
  raceFill?: PlannedFill;
  exits?: Exits;
}

export interface Exits {
  readonly quantity: number;
  readonly placedAt: number;
  readonly stopLoss?: string;
  readonly takeProfit?: string;
}

export interface OrderTruth {
  readonly state: 'pending' | 'partially_filled' | 'filled' | 'cancelled' | 'rejected' | 'expired';
  readonly cumQty: number;
  /** Average price as the broker tells it. */
  readonly avgPrice?: string;
}

export interface BrokerWorldOptions {
  readonly clock: Clock;
  /** What becomes of an order; asked once, when it goes live. */
  readonly plan: (order: OrderRequest) => OrderPlan;
  /** Net positions before anything happens. */
  readonly positions?: Readonly<Record<string, number>>;
}

export interface BrokerWorld {
  readonly orders: ReadonlyMap<string, WorldOrder>;
  /** Makes the order live, or says that it is known. */
  submit(request: OrderRequest): { readonly order: WorldOrder; readonly isNew: boolean };
  /** The order as it stands, or as it stood at an earlier time. */
  truth(order: WorldOrder, at?: number): OrderTruth;
  /** What a status query shows: of an entry order, or of a leg. */
  status(clientOrderId: string, at?: number): OrderReport | 'not_found';
  cancel(clientOrderId: string): CancelOutcome;
  protect(request: ProtectionRequest, legs?: readonly ('sl' | 'tp')[]): ProtectionOutcome;
  /** How much of the position a leg has closed. */
  exited(order: WorldOrder, leg: 'sl' | 'tp', at?: number): number;
  position(symbol: string, at?: number): number;
  positions(symbols: readonly string[], at?: number): readonly PositionReport[];
  openOrders(): readonly OpenOrder[];
}

export function brokerWorld({ clock, plan, positions: before = {} }: BrokerWorldOptions): BrokerWorld {
  const orders = new Map<string, WorldOrder>();
  const now = () => clock.monotonic();

  function submit(request: OrderRequest): { readonly order: WorldOrder; readonly isNew: boolean } {
    const known = orders.get(request.clientOrderId);
    if (known !== undefined) return { order: known, isNew: false };
    const order = { request, brokerOrderId: `B-${orders.size + 1}`, plan: plan(request), liveAt: now() };
    orders.set(request.clientOrderId, order);
    return { order, isNew: true };
  }

  function status(clientOrderId: string, at = now()): OrderReport | 'not_found' {
    const [entryId, leg] = legOf(clientOrderId);
    const order = orders.get(entryId);
    if (order === undefined || at < order.liveAt) return 'not_found';
    if (leg !== undefined) return legStatus(order, leg, at);
    if (at < order.liveAt + (order.plan.visibleFromMs ?? 0)) return 'not_found';
    const { state, cumQty, avgPrice } = truthAt(order, at);
    const isPriced = avgPrice !== undefined && at >= order.liveAt + (order.plan.pricedFromMs ?? 0);
    const { brokerOrderId } = order;
    return {
      clientOrderId,
      brokerOrderId,
      state,
      filledSize: String(cumQty),
      ...(isPriced && { fillPrice: avgPrice }),
    };
  }

  function legStatus(order: WorldOrder, leg: 'sl' | 'tp', at: number): OrderReport | 'not_found' {
    const price = leg === 'sl' ? order.exits?.stopLoss : order.exits?.takeProfit;
    if (price === undefined || order.exits === undefined) return 'not_found';
    const closed = exitedAt(order, leg, at);
    const isOver = exitedAt(order, 'sl', at) + exitedAt(order, 'tp', at) > 0;
    return {
      clientOrderId: `${order.request.clientOrderId}-${leg}`,
      brokerOrderId: `${order.brokerOrderId}-${leg}`,
      state: closed > 0 ? 'filled' : isOver ? 'cancelled' : 'pending',
      filledSize: String(closed),
      ...(closed > 0 && { fillPrice: price }),
    };
  }

  function cancel(clientOrderId: string): CancelOutcome {
    const order = orders.get(clientOrderId);
    if (order === undefined) return 'not_found';
    const { state, cumQty } = truthAt(order, now());
    if (state !== 'pending' && state !== 'partially_filled') return 'already_closed';
    if (order.plan.fillsOnCancel === true) {
      const quantity = Number(order.request.quantity) - cumQty;
      order.raceFill ??= { atMs: now() - order.liveAt, quantity, ticks: order.plan.fills[0]?.ticks ?? 15_000 };
      return 'already_closed';
    }
    if (order.plan.cancel !== 'never') order.cancelledAt ??= now() + order.plan.cancel;
    return 'requested';
  }

  function protect(
    { clientOrderId, quantity, stopLoss, takeProfit }: ProtectionRequest,
    legs: readonly ('sl' | 'tp')[] = ['sl', 'tp'],
  ): ProtectionOutcome {
    const order = orders.get(clientOrderId);
    if (order === undefined) return { stopLoss: UNKNOWN_ENTRY, takeProfit: UNKNOWN_ENTRY };
    const known = order.exits;
    order.exits = {
      quantity: known?.quantity ?? Number(quantity),
      placedAt: known?.placedAt ?? now(),
      ...(legs.includes('sl') && { stopLoss }),
      ...(legs.includes('tp') && { takeProfit }),
      ...known,
    };
    const answer = (leg: 'sl' | 'tp', before: string | undefined): LegOutcome =>
      before !== undefined
        ? { kind: 'duplicate' }
        : legs.includes(leg)
          ? { kind: 'accepted', brokerOrderId: `${order.brokerOrderId}-${leg}` }
          : { kind: 'rejected', code: 'LEG_REFUSED', reason: 'the market is there already' };
    return { stopLoss: answer('sl', known?.stopLoss), takeProfit: answer('tp', known?.takeProfit) };
  }

  function position(symbol: string, at = now()): number {
    let size = before[symbol] ?? 0;
    for (const order of orders.values()) {
      if (order.request.symbol !== symbol || at < order.liveAt) continue;
      const net = truthAt(order, at).cumQty - exitedAt(order, 'sl', at) - exitedAt(order, 'tp', at);
      size += order.request.side === 'buy' ? net : -net;
    }
    return size;
  }

  const symbolsKnown = () =>
    new Set([...Object.keys(before), ...[...orders.values()].map(({ request }) => request.symbol)]);

  return {
    orders,
    submit,
    truth: (order, at = now()) => truthAt(order, at),
    status,
    cancel,
    protect,
    exited: (order, leg, at = now()) => exitedAt(order, leg, at),
    position,
    positions: (symbols, at = now()) =>
      (symbols.length === 0 ? [...symbolsKnown()] : symbols).map((symbol) => ({
        symbol,
        size: String(position(symbol, at)),
        protections: workingExits([...orders.values()], symbol, at),
      })),
    openOrders: () =>
      [...orders.values()].flatMap((order) => {
        const { clientOrderId, symbol } = order.request;
        return [clientOrderId, `${clientOrderId}-sl`, `${clientOrderId}-tp`]
          .map((id) => status(id))
          .filter((report): report is OrderReport => report !== 'not_found' && isOpenWord(report.state))
          .map((report) => ({ ...report, symbol }));
      }),
  };
}

const UNKNOWN_ENTRY: LegOutcome = { kind: 'rejected', code: 'UNKNOWN_ORDER', reason: 'no such entry order' };

const isOpenWord = (state: string): boolean => state === 'pending' || state === 'partially_filled';

/** The entry's id, and which leg is meant. */
function legOf(clientOrderId: string): readonly [string, 'sl' | 'tp' | undefined] {
  if (clientOrderId.endsWith('-sl')) return [clientOrderId.slice(0, -3), 'sl'];
  if (clientOrderId.endsWith('-tp')) return [clientOrderId.slice(0, -3), 'tp'];
  return [clientOrderId, undefined];
}

function truthAt(order: WorldOrder, at: number): OrderTruth {
  const { plan, liveAt, cancelledAt, raceFill, request } = order;
  const age = at - liveAt;
  const endsAt = Math.min(
    plan.ends?.atMs ?? Number.POSITIVE_INFINITY,
    (cancelledAt ?? Number.POSITIVE_INFINITY) - liveAt,
  );
  const filled = plan.fills.filter(({ atMs }) => atMs <= age && atMs < endsAt && atMs <= (raceFill?.atMs ?? atMs));
  const stray = strayFill(order, filled, age);
  const all = [...filled, ...(raceFill === undefined || age < raceFill.atMs ? [] : [raceFill]), ...stray];
  const cumQty = all.reduce((sum, { quantity }) => sum + quantity, 0);
  const isOver = age >= endsAt;
  const state =
    cumQty >= Number(request.quantity)
      ? 'filled'
      : isOver
        ? plan.ends !== undefined && plan.ends.atMs <= endsAt
          ? plan.ends.state
          : 'cancelled'
        : cumQty > 0
          ? 'partially_filled'
          : 'pending';
  return { state, cumQty, ...(cumQty > 0 && { avgPrice: averageOf(all, cumQty) }) };
}

/** The fill that comes to light after a cancel was confirmed. */
function strayFill(
  { plan, cancelledAt, liveAt, request }: WorldOrder,
  filled: readonly PlannedFill[],
  age: number,
): PlannedFill[] {
  if (cancelledAt === undefined || plan.fillsAfterCancelMs === undefined) return [];
  const atMs = cancelledAt - liveAt + plan.fillsAfterCancelMs;
  const left = Number(request.quantity) - filled.reduce((sum, { quantity }) => sum + quantity, 0);
  return age >= atMs && left > 0 ? [{ atMs, quantity: left, ticks: plan.fills[0]?.ticks ?? 15_000 }] : [];
}

/** The average price, rounded to the millionth as brokers do. */
function averageOf(fills: readonly PlannedFill[], cumQty: number): string {
  const value = fills.reduce((sum, { quantity, ticks }) => sum + quantity * ticks, 0);
  const micros = Math.round((value * MICROS_PER_TICK) / cumQty);
  const text = String(micros).padStart(7, '0');
  return `${text.slice(0, -6)}.${text.slice(-6)}`;
}

function exitedAt({ plan, exits }: WorldOrder, leg: 'sl' | 'tp', at: number): number {
  if (exits === undefined || plan.exit?.leg !== leg) return 0;
  const isThere = (leg === 'sl' ? exits.stopLoss : exits.takeProfit) !== undefined;
  return isThere && at >= exits.placedAt + plan.exit.afterMs ? exits.quantity : 0;
}

function workingExits(
  orders: readonly WorldOrder[],
  symbol: string,
  at: number,
): NonNullable<PositionReport['protections']> {
  return orders
    .filter(({ request, exits }) => request.symbol === symbol && exits !== undefined && exits.placedAt <= at)
    .filter((order) => exitedAt(order, 'sl', at) + exitedAt(order, 'tp', at) === 0)
    .map(({ request, exits }) => ({
      clientOrderId: request.clientOrderId,
      quantity: String(exits?.quantity ?? 0),
      ...(exits?.stopLoss !== undefined && { stopLoss: exits.stopLoss }),
      ...(exits?.takeProfit !== undefined && { takeProfit: exits.takeProfit }),
    }));
}
