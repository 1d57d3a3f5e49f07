/**
 * The broker, in a process of its own: what is true there survives every death of the engine. A front of the venue model.
 *
 * 1. It counts every submit call by `clientOrderId`, and notes each that came when the order was there already; cancels
 *    and protections that came in are counted too.
 * 2. What becomes of an order is fixed by the seed; time is real time, `speed` times as fast.
 * 3. It takes a repeated id for what it is (`duplicate`), so that a resent order is counted and not hidden.
 *
 * Arguments: socket, seed, speed, pace, roughness. Over IPC it answers every message with its truth.
 */
import { createServer, type Socket } from 'node:net';
import type { Clock, OrderRef, OrderReport, OrderRequest, ProtectionRequest } from '../../src/domain/ports.js';
import { Venue } from '../../src/testing/venue/venue.js';
import { isOver, type VenueOrder } from '../../src/testing/venue/venue-order.js';
import { VenuePort } from '../../src/testing/venue/venue-port.js';
import { type OrderScript, orderScript, type Pace, type Roughness } from './order-script.js';
import { type BrokerMethod, onLines, type Request, send } from './wire.js';

/** What became of an exit. */
export interface LegTruth {
  readonly state: string;
  readonly filledSize: number;
}

/** What the broker holds to be so, for the laws. */
export interface OrderTruth {
  readonly clientOrderId: string;
  readonly brokerOrderId: string;
  readonly symbol: string;
  readonly quantity: string;
  readonly submits: number;
  /** Submit calls that came when the order had been taken. */
  readonly resent: number;
  /** Cancel requests that came in. */
  readonly cancels: number;
  readonly state: string;
  readonly filledSize: number;
  readonly fillPrice?: string;
  /** A fill was taken back or changed, this long after the order was taken, in ms of the engine's time. */
  readonly corrected?: { readonly kind: 'bust' | 'correct'; readonly afterMs: number };
  /** As they were placed. */
  readonly legs?: { readonly quantity: string; readonly stopLoss: string; readonly takeProfit: string };
  readonly exits?: { readonly stopLoss: LegTruth; readonly takeProfit: LegTruth };
}

interface Counted {
  readonly request: OrderRequest;
  readonly script: OrderScript;
  readonly brokerOrderId: string;
  submits: number;
  resent: number;
  cancels: number;
  protections: number;
  isTaken: boolean;
}

const [, , socketPath = '', seedText = '1', speedText = '1', pace = 'quick', roughness = 'plain'] = process.argv;
const speed = Number(speedText);
const clock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now() * speed,
  setTimeout: (fn, ms) => setTimeout(fn, ms / speed),
  clearTimeout: (id) => clearTimeout(id as NodeJS.Timeout),
};
const known = new Map<string, Counted>();
const venue = new Venue({
  clock,
  plan: ({ clientOrderId, role }) => {
    const { plan, exits } = scriptOf(clientOrderId.replace(/-(?:sl|tp)$/, ''));
    return role === 'entry' ? plan : clientOrderId.endsWith('-sl') ? exits.sl : exits.tp;
  },
});
const port = new VenuePort(venue, { tellsFills: roughness === 'rough' });
/** Anything that leaves a call without an answer. */
const SILENCE = Symbol('silence');
const BUSY = { kind: 'rejected', code: 'BUSY', reason: 'busy', transient: true } as const;

const scriptOf = (clientOrderId: string): OrderScript =>
  orderScript(Number(seedText), clientOrderId, pace as Pace, roughness as Roughness);

/** The order, hidden or not. */
const orderOf = (clientOrderId: string): VenueOrder | undefined => venue.find({ clientOrderId, isHidden: true });

function truthOf({ request, script, brokerOrderId, submits, resent, cancels }: Counted): OrderTruth {
  const { clientOrderId, symbol, quantity } = request;
  const order = orderOf(clientOrderId);
  const stopLoss = orderOf(`${clientOrderId}-sl`);
  const takeProfit = orderOf(`${clientOrderId}-tp`);
  const hasLegs = stopLoss?.price !== undefined && takeProfit?.price !== undefined;
  const event = venue.events.find((one) => one.order.id === order?.id && one.kind.startsWith('trade_'));
  const corrected = event && order && { kind: kindOf(event.kind), afterMs: event.at - order.takenAt };
  const refused = script.submit === 'rejected' ? 'rejected' : 'refused';
  return {
    ...{ clientOrderId, brokerOrderId, symbol, quantity, submits, resent, cancels },
    state: order === undefined ? refused : port.report(order).state,
    filledSize: Number(order?.filled ?? 0),
    ...(order?.average !== undefined && { fillPrice: order.average }),
    ...(corrected !== undefined && { corrected }),
    ...(hasLegs && {
      legs: { quantity: stopLoss.ordered, stopLoss: stopLoss.price, takeProfit: takeProfit.price },
      exits: { stopLoss: legTruth(stopLoss), takeProfit: legTruth(takeProfit) },
    }),
  };
}

const kindOf = (kind: string): 'bust' | 'correct' => (kind === 'trade_cancel' ? 'bust' : 'correct');
const legTruth = ({ state, filled }: VenueOrder): LegTruth => ({ state, filledSize: Number(filled) });

function submitOrder(request: OrderRequest): unknown {
  const { clientOrderId } = request;
  const counted: Counted = known.get(clientOrderId) ?? {
    ...{ request, script: scriptOf(clientOrderId), brokerOrderId: `B-${known.size + 1}` },
    ...{ submits: 0, resent: 0, cancels: 0, protections: 0, isTaken: false },
  };
  known.set(clientOrderId, counted);
  counted.submits += 1;
  const { submit } = counted.script;
  if (counted.isTaken) counted.resent += 1;
  else if (submit === 'rejected') return { kind: 'rejected', code: 'NO_MARGIN', reason: 'no margin' };
  else if (typeof submit === 'object' && counted.submits <= submit.busy) return BUSY;
  counted.isTaken = true;
  const outcome = port.submit(request, counted.brokerOrderId);
  return submit === 'silent' && outcome.kind === 'accepted' ? SILENCE : outcome;
}

function cancelOrder({ clientOrderId }: OrderRef): unknown {
  const counted = known.get(clientOrderId);
  if (counted !== undefined) counted.cancels += 1;
  const order = orderOf(clientOrderId);
  if (order === undefined) return 'not_found';
  if (isOver(order)) return 'already_closed';
  venue.cancel({ clientOrderId, isHidden: true });
  return 'requested';
}

function placeProtection(request: ProtectionRequest): unknown {
  const counted = known.get(request.clientOrderId);
  if (counted === undefined) return SILENCE;
  counted.protections += 1;
  const isFirst = counted.protections === 1;
  const { protection } = counted.script;
  if (isFirst && protection === 'busy once') return { stopLoss: BUSY, takeProfit: BUSY };
  const outcome = port.protect(request);
  return isFirst && protection === 'silent once' ? SILENCE : outcome;
}

const statusOf = ({ clientOrderId }: OrderRef): OrderReport | 'not_found' => port.status(clientOrderId);

const answers: Record<BrokerMethod, (argument: never) => unknown> = {
  instrument: (symbol: string) => ({ symbol, tickSize: '0.01', lotSize: '1' }),
  submitOrder,
  getOrderStatus: statusOf,
  getOrderStatuses: (refs: readonly OrderRef[]) => refs.map(statusOf).filter((report) => report !== 'not_found'),
  // Exits are told with their positions.
  getOpenOrders: () => port.openOrders().filter(({ clientOrderId }) => known.has(clientOrderId)),
  cancelOrder,
  placeProtection,
  getPositions: (symbols: readonly string[]) => port.positions(symbols),
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

process.on('message', (question) => process.send?.({ question, orders: [...known.values()].map(truthOf) }));
process.on('disconnect', () => process.exit());
createServer(serve).listen(socketPath, () => process.send?.('listening'));
