/**
 * The order streams of the four exchanges, in the shapes that their documentation shows, in front of the venue model.
 *
 * Each answers what ccxt sends to subscribe, and pushes what happens to orders from then on.
 */
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import type { CcxtExchange } from 'fillchart/ccxt';
import { acceptSocket, type ServerSocket } from '../../src/testing/alpaca-simulator/socket.js';
import type { VenueEvent } from '../../src/testing/venue/venue-order.js';
import type { StoredOrder, VenueStore } from './venue-store.js';

type Json = Record<string, unknown>;

interface Dialogue {
  /** What is said to a message of the client; `true` beside it: it listens from now on. */
  answer(message: Json): readonly [answers: readonly unknown[], listens: boolean];
  push(order: StoredOrder, event: VenueEvent): unknown;
}

const stateOf = ({ state, filled }: StoredOrder): 'new' | 'part' | 'filled' | 'over' =>
  state === 'filled' ? 'filled' : state === 'open' || state === 'waiting' ? (filled === '0' ? 'new' : 'part') : 'over';

const binance: Dialogue = {
  answer: ({ id, method }) => [
    [{ id, status: 200, result: { subscriptionId: 0 } }],
    String(method).startsWith('userDataStream'),
  ],
  push: (order, { fill }) => ({
    subscriptionId: 0,
    event: {
      e: 'executionReport',
      E: order.at,
      s: order.symbol.replace('/', ''),
      c: order.name,
      S: order.side.toUpperCase(),
      o: { market: 'MARKET', stop: 'STOP_LOSS', profit: 'LIMIT_MAKER' }[order.type],
      f: 'GTC',
      q: order.quantity,
      p: '0',
      C: '',
      x: fill === undefined ? 'NEW' : 'TRADE',
      X: { new: 'NEW', part: 'PARTIALLY_FILLED', filled: 'FILLED', over: 'CANCELED' }[stateOf(order)],
      r: 'NONE',
      // As ccxt reads it, a number: it is not to be believed.
      i: 8389766145050670000,
      l: fill?.quantity ?? '0',
      z: order.filled,
      L: fill?.price ?? '0',
      n: fill?.fee?.amount ?? '0',
      N: fill?.fee?.asset ?? null,
      T: order.at,
      t: 1,
      Z: order.cost,
    },
  }),
};

const bybit: Dialogue = {
  answer: ({ op, req_id, args }) => [
    [
      op === 'ping'
        ? { success: true, op: 'pong', req_id }
        : { success: true, ret_msg: '', op, conn_id: 'c', req_id, args },
    ],
    op === 'subscribe',
  ],
  push: (order) => ({
    id: 'i',
    topic: 'order',
    creationTime: order.at,
    data: [
      {
        category: 'spot',
        symbol: order.symbol.replace('/', ''),
        orderId: order.id,
        orderLinkId: order.name,
        side: order.side === 'buy' ? 'Buy' : 'Sell',
        orderType: 'Market',
        orderStatus: { new: 'New', part: 'PartiallyFilled', filled: 'Filled', over: 'Cancelled' }[stateOf(order)],
        qty: order.quantity,
        price: '0',
        avgPrice: '',
        cumExecQty: order.filled,
        cumExecValue: order.cost,
        createdTime: String(order.at),
        updatedTime: String(order.at),
      },
    ],
  }),
};

const okx: Dialogue = {
  answer: ({ op, args }) => [
    op === 'login'
      ? [{ event: 'login', code: '0', msg: '', connId: 'c' }]
      : (Array.isArray(args) ? args : []).map((arg: unknown) => ({ event: 'subscribe', arg, connId: 'c' })),
    op === 'subscribe',
  ],
  push: (order) => ({
    arg: { channel: 'orders', instType: 'ANY', uid: '1' },
    data: [
      {
        instType: 'SPOT',
        instId: order.symbol.replace('/', '-'),
        ordId: order.id,
        clOrdId: order.type === 'market' ? order.name : '',
        algoClOrdId: order.type === 'market' ? '' : (order.pair?.name ?? order.name),
        sz: order.quantity,
        ordType: 'market',
        side: order.side,
        tdMode: 'cash',
        tgtCcy: 'base_ccy',
        accFillSz: order.filled,
        avgPx: '',
        px: '',
        state: { new: 'live', part: 'partially_filled', filled: 'filled', over: 'canceled' }[stateOf(order)],
        uTime: String(order.at),
        cTime: String(order.at),
      },
    ],
  }),
};

const kraken: Dialogue = {
  answer: ({ method, req_id, params }) => [
    [{ method, success: true, req_id, result: params, time_in: '', time_out: '' }],
    method === 'subscribe',
  ],
  push: (order, { fill }) => ({
    channel: 'executions',
    type: 'update',
    sequence: 1,
    data: [
      {
        order_id: order.id,
        cl_ord_id: order.name,
        symbol: order.symbol,
        side: order.side,
        order_type: { market: 'market', stop: 'stop-loss', profit: 'take-profit' }[order.type],
        order_qty: Number(order.quantity),
        cum_qty: Number(order.filled),
        cum_cost: Number(order.cost),
        // The last trade comes as one, and then once more as the end of the order.
        exec_type: stateOf(order) === 'filled' ? 'filled' : fill === undefined ? 'new' : 'trade',
        order_status: { new: 'new', part: 'partially_filled', filled: 'filled', over: 'canceled' }[stateOf(order)],
        timestamp: new Date(order.at).toISOString(),
      },
    ],
  }),
};

const DIALOGUES: Readonly<Record<CcxtExchange, Dialogue>> = { binance, bybit, okx, kraken };

interface StreamFront {
  /** Clients that listen now. */
  readonly listeners: number;
  /** Every connection is cut. */
  cut(): void;
}

/** Speaks the exchange's stream on the server that answers its HTTP. */
export function streamFront(server: Server, exchange: CcxtExchange, store: VenueStore): StreamFront {
  const dialogue = DIALOGUES[exchange];
  const open = new Set<ServerSocket>();
  const listening = new Set<ServerSocket>();
  server.on('upgrade', (request: IncomingMessage, raw: Duplex) => {
    const socket = acceptSocket(request, raw, {
      message(text) {
        if (socket === undefined || !text.startsWith('{')) return;
        const [answers, listens] = dialogue.answer(JSON.parse(text) as Json);
        for (const answer of answers) socket.send(JSON.stringify(answer));
        if (listens) listening.add(socket);
      },
      pong: () => undefined,
      closed() {
        if (socket === undefined) return;
        open.delete(socket);
        listening.delete(socket);
      },
    });
    if (socket !== undefined) open.add(socket);
  });
  store.venue.listen((event) => {
    const order = store.orderOf(event.order.id);
    for (const socket of listening) socket.send(JSON.stringify(dialogue.push(order, event)));
  });
  return {
    get listeners() {
      return listening.size;
    },
    cut() {
      for (const socket of open) socket.cut();
    },
  };
}
