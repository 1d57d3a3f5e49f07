/** What Bybit's API v5 answers for spot, in the shapes that its documentation shows. */
import { add } from '../../src/domain/decimal.js';
import type { Asked, Heard, Speech } from './fake-exchange.js';
import { type BookOrder, Refused, type VenueBook } from './venue-book.js';

const STATUS = {
  waiting: 'Untriggered',
  filled: 'Filled',
  cancelled: 'Cancelled',
  rejected: 'Rejected',
  expired: 'Deactivated',
} as const;

const ERRORS = {
  funds: [170131, 'Insufficient balance.'],
  lot: [170137, 'Order quantity has too many decimals.'],
  duplicate: [170141, 'Duplicate clientOrderId.'],
  trigger: [170193, 'Trigger price is out of range.'],
  no_order: [170213, 'Order does not exist.'],
  closed_order: [170213, 'Order does not exist.'],
  rate: [10006, 'Too many visits!'],
  key: [10003, 'API key is invalid.'],
} as const;

const market = (book: VenueBook) => ({
  symbol: 'BTCUSDT',
  baseCoin: 'BTC',
  quoteCoin: 'USDT',
  innovation: '0',
  status: book.tradable ? 'Trading' : 'Closed',
  marginTrading: 'none',
  lotSizeFilter: {
    basePrecision: '0.001',
    quotePrecision: '0.00000001',
    minOrderQty: '0.001',
    maxOrderQty: '9000',
    minOrderAmt: '5',
    maxOrderAmt: '4000000',
  },
  priceFilter: { tickSize: '0.01' },
});

const isClosed = ({ state }: BookOrder): boolean => state !== 'open' && state !== 'waiting';

/** What has triggered is an order like any other. */
const filterOf = ({ type, basis, state }: BookOrder): 'Order' | 'StopOrder' | 'tpslOrder' =>
  type === 'market' || state === 'open' ? 'Order' : basis === undefined ? 'tpslOrder' : 'StopOrder';

function shown(order: BookOrder, book: VenueBook) {
  const state = order.state === 'open' ? (order.filled === '0' ? 'New' : 'PartiallyFilled') : STATUS[order.state];
  const isCutShort = order.state === 'cancelled' && order.filled !== '0';
  const isDropped = order.state === 'cancelled' && order.basis !== undefined;
  return {
    orderId: order.id,
    orderLinkId: order.name,
    symbol: 'BTCUSDT',
    side: order.side === 'buy' ? 'Buy' : 'Sell',
    orderType: 'Market',
    qty: order.quantity,
    price: '0',
    orderStatus: isCutShort ? 'PartiallyFilledCanceled' : isDropped ? 'Deactivated' : state,
    avgPrice: book.average(order) ?? '',
    cumExecQty: order.filled,
    cumExecValue: order.pricelessUntil <= book.now() ? order.cost : '0',
    rejectReason: order.state === 'rejected' ? 'EC_NoEnoughQtyToFill' : 'EC_NoError',
    stopOrderType: { Order: '', StopOrder: 'Stop', tpslOrder: 'tpslOrder' }[filterOf(order)],
    triggerPrice: order.price ?? '0',
    triggerDirection: 0,
    basePrice: order.basis ?? '',
    createdTime: String(order.at),
    updatedTime: String(order.at),
  };
}

const account = (book: VenueBook) => ({
  list: [
    {
      accountType: 'UNIFIED',
      coin: [
        { coin: 'BTC', walletBalance: book.total(), locked: book.held('base') },
        { coin: 'USDT', walletBalance: add(book.free('quote'), book.held('quote')), locked: book.held('quote') },
      ],
    },
  ],
});

function place(params: Asked['params'], book: VenueBook): BookOrder | undefined {
  const side = params['side'] === 'Sell' ? 'sell' : 'buy';
  const { qty = '', orderLinkId: name = '', triggerPrice: price } = params;
  if (params['marketUnit'] !== 'baseCoin') throw new Error('the size is in the quote coin');
  if (price === undefined) return book.market(name, side, qty);
  const type = name.endsWith('-sl') ? 'stop' : 'profit';
  switch (params['orderFilter']) {
    case 'StopOrder':
      return book.conditional(type, name, side, qty, price);
    case 'tpslOrder':
      return book.exits(side, qty, [{ type, name, price }])[0];
    default:
      throw new Error('a trigger price without a filter');
  }
}

const answer = (result: unknown, book: VenueBook) => ({
  status: 200,
  body: { retCode: 0, retMsg: 'OK', result, retExtInfo: {}, time: book.now() },
});

/** Open orders of one kind or of all, the newest first, page by page. */
function open({ orderFilter, limit = '20', cursor = '0' }: Asked['params'], book: VenueBook) {
  const all = book.open().filter((order) => orderFilter === undefined || filterOf(order) === orderFilter);
  const end = Number(cursor) + Number(limit);
  const list = all
    .toReversed()
    .slice(Number(cursor), end)
    .map((order) => shown(order, book));
  return answer({ category: 'spot', list, nextPageCursor: list.length === 0 ? '' : String(end) }, book);
}

function hear({ method, path, params }: Asked, book: VenueBook): Heard {
  const ok = (result: unknown) => answer(result, book);
  const which = { id: params['orderId'], name: params['orderLinkId'] };
  const name = params['orderLinkId'] ?? book.find(which)?.name;
  const list = (orders: readonly BookOrder[]) =>
    ok({ category: 'spot', list: orders.map((order) => shown(order, book)), nextPageCursor: '' });
  switch (`${method} ${path.replace('/v5/', '')}`) {
    case 'GET market/instruments-info': {
      const route = params['symbol'] === undefined ? 'markets' : 'rules';
      return { route, act: () => ok({ category: 'spot', list: [market(book)] }) };
    }
    case 'GET market/time':
      return { route: 'time', act: () => ok({ timeSecond: '0', timeNano: `${book.now()}000000` }) };
    case 'GET market/tickers':
      return {
        route: 'price',
        act: () => ok({ category: 'spot', list: [{ symbol: 'BTCUSDT', lastPrice: book.last }] }),
      };
    case 'GET account/wallet-balance':
      return { route: 'account', act: () => ok(account(book)) };
    case 'GET order/realtime':
      if (which.id === undefined && which.name === undefined) return { route: 'orders', act: () => open(params, book) };
      return { route: 'order', name, act: () => list([book.find(which) ?? []].flat().filter((one) => !isClosed(one))) };
    case 'GET order/history':
      return { route: 'order', name, act: () => list([book.find(which) ?? []].flat().filter(isClosed)) };
    case 'POST order/cancel':
      return {
        route: 'cancel',
        name,
        act() {
          const order = book.find(which);
          if (order !== undefined && filterOf(order) !== (params['orderFilter'] ?? 'Order'))
            throw new Refused('no_order');
          return ok({ orderId: book.cancel(which).id, orderLinkId: name });
        },
      };
    case 'POST order/create':
      return {
        route: params['triggerPrice'] === undefined ? 'submit' : 'protect',
        name: params['orderLinkId'],
        act() {
          const order = place(params, book);
          if (order === undefined) throw new Refused('no_order');
          return ok({ orderId: order.id, orderLinkId: order.name });
        },
      };
    default:
      throw new Error(`no such route: ${method} ${path}`);
  }
}

export const bybitSpeech: Speech = {
  symbol: 'BTC/USDT',
  keyHeader: 'x-bapi-api-key',
  hear,
  refuse(why) {
    const [retCode, retMsg] = ERRORS[why];
    return { status: 200, body: { retCode, retMsg, result: {}, retExtInfo: {}, time: 0 } };
  },
};
