/**
 * The broker, in a process of its own: what is true there survives every death of the engine.
 *
 * 1. It counts every submit call by `clientOrderId`, and notes each that came when the order was there already.
 * 2. What becomes of an order is fixed by the seed; time is real time, `speed` times as fast.
 * 3. It takes a repeated id for what it is (`duplicate`), so that a resent order is counted and not hidden.
 *
 * Arguments: socket, seed, speed, pace. Over IPC it answers every message with its truth.
 */
import { createServer, type Socket } from 'node:net';
import type { OrderRef, OrderRequest, ProtectionRequest } from '../../src/domain/ports.js';
import { type OrderScript, orderScript, type Pace } from './order-script.js';
import { type BrokerMethod, onLines, type Request, send } from './wire.js';

/** What the broker holds to be so, for the laws. */
export interface OrderTruth {
  readonly clientOrderId: string;
  readonly brokerOrderId: string;
  readonly symbol: string;
  readonly quantity: string;
  readonly submits: number;
  /** Submit calls that came when the order had been taken. */
  readonly resent: number;
  readonly state: string;
  readonly filledSize: number;
  readonly fillPrice?: string;
  readonly legs?: { readonly quantity: string; readonly stopLoss: string; readonly takeProfit: string };
}

interface Order {
  readonly request: OrderRequest;
  readonly script: OrderScript;
  readonly brokerOrderId: string;
  submits: number;
  resent: number;
  takenAt?: number;
  closedAt?: number;
  protections: number;
  legs?: OrderTruth['legs'];
}

const [, , socketPath = '', seedText = '1', speedText = '1', pace = 'quick'] = process.argv;
const seed = Number(seedText);
const now = (): number => performance.now() * Number(speedText);
const orders = new Map<string, Order>();
/** Anything that leaves a call without an answer. */
const SILENCE = Symbol('silence');

const age = ({ takenAt = now() }: Order): number => now() - takenAt;
const isTaken = ({ takenAt }: Order): boolean => takenAt !== undefined;

function fillsSoFar(order: Order): OrderScript['fills'] {
  const until = Math.min(age(order), order.closedAt ?? Number.POSITIVE_INFINITY);
  return order.script.fills.filter(({ at }) => at <= until);
}

function truthOf(order: Order): OrderTruth {
  const { request, script, brokerOrderId, submits, resent, legs } = order;
  const fills = isTaken(order) ? fillsSoFar(order) : [];
  const filledSize = fills.reduce((sum, { quantity }) => sum + quantity, 0);
  const open = filledSize > 0 ? 'partially_filled' : 'pending';
  const closed = order.closedAt === undefined ? open : 'cancelled';
  const [first] = fills;
  return {
    clientOrderId: request.clientOrderId,
    brokerOrderId,
    symbol: request.symbol,
    quantity: request.quantity,
    submits,
    resent,
    state:
      filledSize >= 100 ? 'filled' : isTaken(order) ? closed : script.submit === 'rejected' ? 'rejected' : 'refused',
    filledSize,
    ...(first !== undefined && { fillPrice: first.price }),
    ...(legs !== undefined && { legs }),
  };
}

const isOpen = (order: Order): boolean =>
  isTaken(order) && ['pending', 'partially_filled'].includes(truthOf(order).state);

function submitOrder(request: OrderRequest): unknown {
  const known = orders.get(request.clientOrderId);
  const order: Order = known ?? {
    request,
    script: orderScript(seed, request.clientOrderId, pace as Pace),
    brokerOrderId: `B-${orders.size + 1}`,
    submits: 0,
    resent: 0,
    protections: 0,
  };
  orders.set(request.clientOrderId, order);
  order.submits += 1;
  if (isTaken(order)) {
    order.resent += 1;
    return { kind: 'duplicate' };
  }
  const { submit } = order.script;
  if (submit === 'rejected') return { kind: 'rejected', code: 'NO_MARGIN', reason: 'no margin' };
  if (typeof submit === 'object' && order.submits <= submit.busy) {
    return { kind: 'rejected', code: 'BUSY', reason: 'busy', transient: true };
  }
  order.takenAt = now();
  return submit === 'silent' ? SILENCE : { kind: 'accepted', brokerOrderId: order.brokerOrderId };
}

function statusOf({ clientOrderId }: OrderRef): unknown {
  const order = orders.get(clientOrderId);
  if (order === undefined || !isTaken(order) || age(order) < order.script.visibleFrom) return 'not_found';
  const { brokerOrderId, state, filledSize, fillPrice } = truthOf(order);
  return { clientOrderId, brokerOrderId, state, filledSize: String(filledSize), fillPrice };
}

function cancelOrder({ clientOrderId }: OrderRef): unknown {
  const order = orders.get(clientOrderId);
  if (order === undefined || !isTaken(order)) return 'not_found';
  if (!isOpen(order)) return 'already_closed';
  const { cancel, fills } = order.script;
  if (cancel === 'confirmed') order.closedAt = age(order);
  if (cancel === 'fill wins') {
    const left = 100 - truthOf(order).filledSize;
    const price = fills[0]?.price ?? '151.00';
    const script = { ...order.script, fills: [...fillsSoFar(order), { at: age(order) + 300, quantity: left, price }] };
    orders.set(clientOrderId, { ...order, script });
  }
  return 'requested';
}

function placeProtection({ clientOrderId, quantity, stopLoss, takeProfit }: ProtectionRequest): unknown {
  const order = orders.get(clientOrderId);
  if (order === undefined) return SILENCE;
  order.protections += 1;
  const isFirst = order.protections === 1;
  const busy = { kind: 'rejected', code: 'BUSY', reason: 'busy', transient: true };
  if (isFirst && order.script.protection === 'busy once') return { stopLoss: busy, takeProfit: busy };
  const isKnown = order.legs !== undefined;
  order.legs ??= { quantity, stopLoss, takeProfit };
  if (isFirst && order.script.protection === 'silent once') return SILENCE;
  const leg = (name: string) =>
    isKnown ? { kind: 'duplicate' } : { kind: 'accepted', brokerOrderId: `${order.brokerOrderId}-${name}` };
  return { stopLoss: leg('sl'), takeProfit: leg('tp') };
}

function positionOf(symbol: string): unknown {
  const own = [...orders.values()].filter(({ request }) => request.symbol === symbol);
  const size = own.reduce((sum, order) => sum + truthOf(order).filledSize, 0);
  const protections = own.flatMap(({ request: { clientOrderId }, legs }) =>
    legs === undefined ? [] : [{ clientOrderId, ...legs }],
  );
  const last = protections.at(-1);
  return { symbol, size: String(size), protections, sl: last?.stopLoss, tp: last?.takeProfit };
}

const symbolsHeld = (): string[] => [...new Set([...orders.values()].map(({ request }) => request.symbol))];

const answers: Record<BrokerMethod, (argument: never) => unknown> = {
  instrument: (symbol: string) => ({ symbol, tickSize: '0.01', lotSize: '1' }),
  submitOrder,
  getOrderStatus: statusOf,
  getOrderStatuses: (refs: readonly OrderRef[]) => refs.map(statusOf).filter((report) => report !== 'not_found'),
  getOpenOrders: () =>
    [...orders.values()].filter(isOpen).map(({ request }) => ({
      ...(statusOf(request) as object),
      clientOrderId: request.clientOrderId,
      symbol: request.symbol,
    })),
  cancelOrder,
  placeProtection,
  getPositions: (symbols: readonly string[]) => (symbols.length === 0 ? symbolsHeld() : symbols).map(positionOf),
};

function serve(socket: Socket): void {
  // Whoever is killed in the middle of a call hangs up rudely.
  socket.on('error', () => socket.destroy());
  onLines(socket, (value) => {
    const { id, method, argument } = value as Request;
    const answer = answers[method](argument as never);
    send(socket, { id, phase: 'received' });
    if (answer !== SILENCE) send(socket, { id, phase: 'answered', value: answer });
  });
}

process.on('message', (question) => process.send?.({ question, orders: [...orders.values()].map(truthOf) }));
process.on('disconnect', () => process.exit());
createServer(serve).listen(socketPath, () => process.send?.('listening'));
