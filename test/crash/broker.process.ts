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
import type { SeenOrder } from '../../src/testing/laws/outside-laws.js';
import { Venue } from '../../src/testing/venue/venue.js';
import type { VenueOrder } from '../../src/testing/venue/venue-order.js';
import { VenuePort } from '../../src/testing/venue/venue-port.js';
import { venueTruth } from '../../src/testing/venue/venue-truth.js';
import { type OrderScript, orderScript, type Pace, type Roughness } from './order-script.js';
import { type BrokerMethod, onLines, type Request, send } from './wire.js';

/** What the broker holds to be so, for the laws. */
export interface BrokerTruth {
  readonly orders: readonly SeenOrder[];
  /** Orders that it never took. */
  readonly refused: readonly { readonly clientOrderId: string; readonly submits: number }[];
  /** Cancels that came in, by `clientOrderId`: also for orders that it never had. */
  readonly cancels: Readonly<Record<string, number>>;
}

interface Counted {
  readonly request: OrderRequest;
  readonly script: OrderScript;
  readonly brokerOrderId: string;
  submits: number;
  resent: number;
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
const cancels = new Map<string, number>();
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

function truth(): BrokerTruth {
  const all = [...known.values()].map(({ request: { clientOrderId }, submits, resent }) => ({
    clientOrderId,
    order: orderOf(clientOrderId),
    received: { submits, resent, cancels: cancels.get(clientOrderId) ?? 0 },
  }));
  return {
    orders: all.flatMap(({ order, received }) =>
      order === undefined ? [] : [{ ...venueTruth(venue, order), received }],
    ),
    refused: all.flatMap(({ order, clientOrderId, received: { submits } }) =>
      order === undefined ? [{ clientOrderId, submits }] : [],
    ),
    cancels: Object.fromEntries(cancels),
  };
}

function submitOrder(request: OrderRequest): unknown {
  const { clientOrderId } = request;
  const counted: Counted = known.get(clientOrderId) ?? {
    ...{ request, script: scriptOf(clientOrderId), brokerOrderId: `B-${known.size + 1}` },
    ...{ submits: 0, resent: 0, protections: 0, isTaken: false },
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
  cancels.set(clientOrderId, (cancels.get(clientOrderId) ?? 0) + 1);
  // What ends at this very moment is no order to cancel any more, and no end of this process.
  return port.cancel(clientOrderId);
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
  getOpenOrders: () => port.openOrders(),
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

process.on('message', (question) => process.send?.({ question, truth: truth() }));
process.on('disconnect', () => process.exit());
// It ends with whoever started it, and by nothing else that means to be gentle: it is the truth of a whole campaign.
process.on('SIGTERM', () => undefined);
createServer(serve).listen(socketPath, () => process.send?.('listening'));
