/**
 * Alpaca on this machine: the trading API, the last prices, and the trade-updates stream, on loopback.
 *
 * 1. It keeps state: an order that was taken is there, whatever became of its answer.
 * 2. Every request is counted, by route and by client order id.
 * 3. It binds 127.0.0.1 only, and needs nothing but Node.
 */

import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { systemClock } from '../../adapters/system-clock.js';
import { isoTime } from '../../domain/time.js';
import { faultQueue, write, writeFaulty } from './faulty-answers.js';
import { isPriced, orderJson, type SimulatedOrder } from './order-json.js';
import { type Answer, type Asked, answerTo, orderOf, type RouteParts, routeOf } from './routes.js';
import {
  type AlpacaFault,
  type AlpacaRequest,
  type AlpacaRoute,
  type AlpacaScript,
  type AlpacaSimulatorOptions,
  checkedSimulator,
} from './simulator-options.js';
import { type UpdateStream, updateStream } from './updates.js';
import { type SimulatedVenue, simulatedVenue, type ToldFill } from './venue.js';

/** Alpaca's trading API on a loopback port, for tests. @beta @since 0.1.0 */
export interface AlpacaSimulator {
  /** Address of both the trading API and the market data API. */
  readonly url: string;
  readonly streamUrl: string;
  readonly keyId: string;
  readonly secretKey: string;
  /** Scripts the next entry order that has none. */
  script(script: AlpacaScript): void;
  fault(fault: AlpacaFault): void;
  setQuote(symbol: string, price: string): void;
  /** From now on quote and last trade of a symbol are told to be so old, in ms. */
  setQuoteAge(symbol: string, ageMs: number): void;
  setOpen(isOpen: boolean): void;
  setPosition(symbol: string, size: string): void;
  /** What `positions` shows from now on instead of the truth; `undefined` for the truth again. */
  showPosition(symbol: string, size: string | undefined): void;
  /** One leg of every exit pair from now on is gone as soon as it is placed. */
  loseExit(leg: 'stopLoss' | 'takeProfit'): void;
  /** Fills an order, an exit leg among them, by its client or broker id. */
  fill(id: string, quantity: string, price: string): void;
  /** Ends an order, an exit leg among them, by its client or broker id, as Alpaca does by itself. */
  end(id: string, as: 'canceled' | 'expired' | 'rejected', reason?: string): void;
  /** Takes back the latest fill of an order (`trade_bust`), an exit leg's too, by its client or broker id; the order is over. */
  takeBack(id: string): void;
  /** Changes the price of the latest fill of an order (`trade_correct`), by its client or broker id. */
  correctPrice(id: string, price: string): void;
  /** Cuts the streams; with `refuseNew` no new ones are accepted until `allowStreams`. */
  cutStreams(refuseNew?: boolean): void;
  allowStreams(): void;
  /** Sends a text of your own over the stream. */
  sendRaw(text: string): void;
  readonly requests: readonly AlpacaRequest[];
  /** Requests on a route, of one client order id when it is named. */
  count(route: AlpacaRoute, clientOrderId?: string): number;
  /** Orders as the API shows them, oldest first. */
  orders(): readonly Readonly<Record<string, unknown>>[];
  readonly streams: { readonly listening: number; readonly connections: number };
  /** Requests being answered, those kept waiting on purpose, and updates that nobody has been proved to have read. */
  readonly pending: { readonly requests: number; readonly held: number; readonly updates: number };
  close(): Promise<void>;
}

const MINUTE_MS = 60_000;

/** What a test does to single orders. */
function actsOf(
  venue: SimulatedVenue,
): Pick<AlpacaSimulator, 'loseExit' | 'fill' | 'end' | 'takeBack' | 'correctPrice'> {
  function named(id: string): SimulatedOrder {
    const order = venue.find(id);
    if (order === undefined) throw new Error(`the simulator has no order ${id}`);
    return order;
  }
  return {
    loseExit: venue.loseExit,
    fill: (id, quantity, price) => venue.fill(named(id), quantity, price),
    end: (id, as, reason) => venue.end(named(id), as, reason),
    takeBack: (id) => venue.correct(named(id)),
    correctPrice: (id, price) => venue.correct(named(id), price),
  };
}

/** Starts a simulator on a free port. Close it when done. @beta @since 0.1.0 */
export async function alpacaSimulator(options: AlpacaSimulatorOptions = {}): Promise<AlpacaSimulator> {
  const { clock = systemClock(), keyId = 'PKSIMULATED', secretKey = 'simulated-secret' } = checkedSimulator(options);
  const { buyingPower = '1000000', requestsPerMinute = 200, dayTrades = 0, equity = buyingPower } = options;
  const startedAt = clock.monotonic();
  const requests: AlpacaRequest[] = [];
  const faults = faultQueue();
  const told = new Map<string, Readonly<Record<string, unknown>>[]>();
  const stream = updateStream((key, secret) => key === keyId && secret === secretKey);
  const pending = { requests: 0, held: 0 };
  const venue = simulatedVenue({
    clock,
    assets: options.assets ?? [{ symbol: 'AAPL' }, { symbol: 'MSFT' }],
    quotes: options.quotes ?? {},
    buyingPower,
    equity,
    dayTrades,
    isOpen: options.isOpen ?? true,
    onUpdate: publish,
  });
  const parts: RouteParts = { venue, clock, equity, dayTrades, shown: new Map(), ages: new Map() };

  function publish(event: string, order: SimulatedOrder, fill?: ToldFill): void {
    const now = clock.now();
    const update = {
      event,
      execution_id: fill?.executionId ?? venue.nextId(),
      timestamp: isoTime(now),
      ...(fill?.previousId !== undefined && { previous_execution_id: fill.previousId }),
      ...(fill !== undefined && {
        qty: fill.quantity,
        price: isPriced(order, now) ? fill.price : null,
        position_qty: venue.position(order.model.symbol),
      }),
      order: orderJson(order, now, true),
    };
    const earlier = told.get(order.model.id) ?? [];
    const { updates = 'normal' } = order.script;
    told.set(order.model.id, [update, ...earlier]);
    if (updates === 'none') return;
    stream.publish(update);
    if (updates === 'replayed') for (const old of [update, ...earlier]) stream.publish(old);
  }

  /** Requests within the last minute, the new one among them. */
  function lately(): number {
    const since = clock.monotonic() - startedAt - MINUTE_MS;
    return requests.reduce((count, { at }) => count + (at > since ? 1 : 0), 0);
  }

  function answer(route: AlpacaRoute, asked: Asked, request: IncomingMessage): Answer {
    const { headers } = request;
    if (headers['apca-api-key-id'] !== keyId || headers['apca-api-secret-key'] !== secretKey) {
      return { status: 401, body: { message: 'unauthorized.' } };
    }
    return answerTo(route, asked, parts);
  }

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    pending.requests += 1;
    response.on('close', () => {
      pending.requests -= 1;
    });
    const asked = await read(request);
    const route = routeOf(asked);
    const about = orderOf(asked, parts);
    const clientOrderId = typeof about === 'object' ? about.model.clientOrderId : about;
    const { method, path } = asked;
    const at = clock.monotonic() - startedAt;
    const entry = requests.push({ route, method, path, at, ...(clientOrderId !== undefined && { clientOrderId }) }) - 1;
    const fault = faults.take(route);
    const isTooMuch = fault === undefined && requestsPerMinute > 0 && lately() > requestsPerMinute;
    if (isTooMuch) {
      write(
        response,
        { status: 429, body: { code: 42910000, message: 'rate limit exceeded' } },
        { 'retry-after': '1' },
      );
      note(entry, 429);
      return;
    }
    const sound = fault === undefined || fault.live === true ? answer(route, asked, request) : { status: 200 };
    if (fault === undefined) {
      write(response, sound, limitHeaders());
      note(entry, sound.status);
    } else if (!writeFaulty(response, fault.answer, sound)) {
      pending.held += 1;
      response.on('close', () => {
        pending.held -= 1;
      });
    }
  }

  function note(entry: number, status: number): void {
    const request = requests[entry];
    if (request !== undefined) requests[entry] = { ...request, status };
  }

  function limitHeaders(): Record<string, string> {
    if (requestsPerMinute === 0) return {};
    return {
      'x-ratelimit-limit': String(requestsPerMinute),
      'x-ratelimit-remaining': String(Math.max(0, requestsPerMinute - lately())),
      'x-ratelimit-reset': String(Math.ceil((clock.now() + MINUTE_MS) / 1_000)),
    };
  }

  const { server, port } = await listen((request, response) => void serve(request, response), stream);

  return {
    url: `http://127.0.0.1:${port}`,
    streamUrl: `ws://127.0.0.1:${port}/stream`,
    keyId,
    secretKey,
    script: venue.script,
    fault: faults.add,
    setQuote: venue.setQuote,
    setQuoteAge: (symbol, ageMs) => void parts.ages.set(symbol, ageMs),
    setOpen: venue.setOpen,
    setPosition: venue.setPosition,
    showPosition(symbol, size) {
      if (size === undefined) parts.shown.delete(symbol);
      else parts.shown.set(symbol, size);
    },
    ...actsOf(venue),
    cutStreams: (refuseNew = false) => stream.cut(refuseNew),
    allowStreams: stream.allow,
    sendRaw: stream.raw,
    requests,
    count: (route, clientOrderId) =>
      requests.filter(
        (one) => one.route === route && (clientOrderId === undefined || one.clientOrderId === clientOrderId),
      ).length,
    orders: () => venue.orders.map((order) => orderJson(order, clock.now(), true)),
    get streams() {
      return { listening: stream.listeners, connections: stream.connections };
    },
    get pending() {
      return { ...pending, updates: stream.unread };
    },
    async close() {
      stream.cut(true);
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

async function listen(serve: RequestListener, stream: UpdateStream) {
  const server = createServer(serve);
  server.on('upgrade', (request, socket) => stream.accept(request, socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { server, port };
}

async function read(request: IncomingMessage): Promise<Asked> {
  const url = new URL(request.url ?? '/', 'http://127.0.0.1');
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString('utf8');
  let body: unknown;
  try {
    body = text === '' ? undefined : JSON.parse(text);
  } catch {
    body = undefined;
  }
  return { method: request.method ?? 'GET', path: decodeURI(url.pathname), query: url.searchParams, body };
}
