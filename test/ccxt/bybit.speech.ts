/** What Bybit's API v5 answers for spot, in the shapes that its documentation shows. */
import type { Asked, Heard, Speech } from './fake-exchange.js';
import { chargedFor, type Refusal, Refused, type StoredOrder, type VenueStore } from './venue-store.js';

const STATUS = {
  waiting: 'Untriggered',
  filled: 'Filled',
  cancelled: 'Cancelled',
  rejected: 'Rejected',
  expired: 'Deactivated',
} as const;

const OTHER: readonly [number, string] = [10001, 'Request parameter error.'];
const ERRORS: Partial<Record<Refusal, readonly [number, string]>> = {
  funds: [170131, 'Insufficient balance.'],
  lot: [170137, 'Order quantity has too many decimals.'],
  least_quantity: [170136, 'Order quantity lower than the minimum.'],
  least_value: [170140, 'Order value lower than the minimum.'],
  duplicate: [170141, 'Duplicate clientOrderId.'],
  trigger: [170193, 'Trigger price is out of range.'],
  take_profit_passed: [170193, 'Trigger price is out of range.'],
  too_many_stops: [170213, 'Conditional orders exceed the limit.'],
  unknown_symbol: [170121, 'Invalid symbol.'],
  no_order: [170213, 'Order does not exist.'],
  closed_order: [170213, 'Order does not exist.'],
  time: [10002, 'invalid request, please check your server timestamp or recv_window param.'],
  rate: [10006, 'Too many visits!'],
  lockout: [10018, 'Exceeded the IP rate limit.'],
  key: [10003, 'API key is invalid.'],
};

const idOf = (symbol: string): string => symbol.replace('/', '');
const symbolOf = (id: string | undefined, store: VenueStore): string => {
  const base = store.bases.find((name) => `${name}USDT` === id);
  if (base === undefined || store.delisted) throw new Refused('unknown_symbol');
  return `${base}/USDT`;
};

const market = (base: string, { rules, tradable }: VenueStore) => ({
  symbol: `${base}USDT`,
  baseCoin: base,
  quoteCoin: 'USDT',
  innovation: '0',
  status: tradable ? 'Trading' : 'Closed',
  marginTrading: 'none',
  lotSizeFilter: {
    basePrecision: rules.lot,
    quotePrecision: '0.00000001',
    minOrderQty: rules.leastQuantity,
    maxOrderQty: '9000',
    minOrderAmt: '5',
    maxOrderAmt: '4000000',
  },
  priceFilter: { tickSize: rules.tick },
});

const isClosed = ({ state }: StoredOrder): boolean => state !== 'open' && state !== 'waiting';

/** What has triggered is an order like any other. */
const filterOf = ({ type, state }: StoredOrder): 'Order' | 'StopOrder' =>
  type === 'market' || state === 'open' ? 'Order' : 'StopOrder';

function shown(order: StoredOrder, store: VenueStore) {
  const state = order.state === 'open' ? (order.filled === '0' ? 'New' : 'PartiallyFilled') : STATUS[order.state];
  const isCutShort = order.state === 'cancelled' && order.filled !== '0';
  const isDropped = order.state === 'cancelled' && order.basis !== undefined;
  return {
    orderId: order.id,
    orderLinkId: order.name,
    symbol: idOf(order.symbol),
    side: order.side === 'buy' ? 'Buy' : 'Sell',
    orderType: 'Market',
    qty: order.quantity,
    price: '0',
    orderStatus: isCutShort ? 'PartiallyFilledCanceled' : isDropped ? 'Deactivated' : state,
    avgPrice: store.average(order) ?? '',
    cumExecQty: order.filled,
    cumExecValue: order.hasPrice ? order.cost : '0',
    cumFeeDetail: chargedFor(order),
    rejectReason: order.state === 'rejected' ? 'EC_NoEnoughQtyToFill' : 'EC_NoError',
    stopOrderType: { Order: '', StopOrder: 'Stop' }[filterOf(order)],
    triggerPrice: order.price ?? '0',
    triggerDirection: 0,
    basePrice: order.basis ?? '',
    createdTime: String(order.at),
    updatedTime: String(order.at),
  };
}

const account = (store: VenueStore) => ({
  list: [
    {
      accountType: 'UNIFIED',
      coin: store.balances().map(({ asset, total, held }) => ({ coin: asset, walletBalance: total, locked: held })),
    },
  ],
});

function place(params: Asked['params'], store: VenueStore): StoredOrder | undefined {
  const side = params['side'] === 'Sell' ? 'sell' : 'buy';
  const { qty = '', orderLinkId: name = '', triggerPrice: price } = params;
  const symbol = symbolOf(params['symbol'], store);
  if (params['marketUnit'] !== 'baseCoin') throw new Error('the size is in the quote coin');
  if (price === undefined) return store.market(name, side, qty, symbol);
  const type = name.endsWith('-sl') ? 'stop' : 'profit';
  switch (params['orderFilter']) {
    case 'StopOrder':
      return store.conditional(type, name, side, qty, price, symbol);
    default:
      throw new Error('a trigger price without a filter');
  }
}

const answer = (result: unknown, store: VenueStore) => ({
  status: 200,
  body: { retCode: 0, retMsg: 'OK', result, retExtInfo: {}, time: store.now() },
});

/** Open orders of one kind or of all, the newest first, page by page. */
function open({ symbol, orderFilter, limit = '20', cursor = '0' }: Asked['params'], store: VenueStore) {
  const all = store
    .open(symbol && symbolOf(symbol, store))
    .filter((order) => orderFilter === undefined || filterOf(order) === orderFilter);
  const end = Number(cursor) + Number(limit);
  const list = all
    .toReversed()
    .slice(Number(cursor), end)
    .map((order) => shown(order, store));
  return answer({ category: 'spot', list, nextPageCursor: list.length === 0 ? '' : String(end) }, store);
}

const markets = (symbol: string | undefined, store: VenueStore) =>
  store.delisted
    ? []
    : store.bases.map((base) => market(base, store)).filter((one) => symbol === undefined || one.symbol === symbol);

function prices(symbol: string | undefined, store: VenueStore) {
  const lastPrice = store.lastOf(symbolOf(symbol, store));
  return { lastPrice, bid1Price: lastPrice, ask1Price: lastPrice };
}

function hear({ method, path, params }: Asked, store: VenueStore): Heard {
  const ok = (result: unknown) => answer(result, store);
  const which = { id: params['orderId'], name: params['orderLinkId'] };
  const name = params['orderLinkId'] ?? store.find(which)?.name;
  const list = (orders: readonly StoredOrder[]) =>
    ok({ category: 'spot', list: orders.map((order) => shown(order, store)), nextPageCursor: '' });
  switch (`${method} ${path.replace('/v5/', '')}`) {
    case 'GET market/instruments-info': {
      const route = params['symbol'] === undefined ? 'markets' : 'rules';
      return { route, act: () => ok({ category: 'spot', list: markets(params['symbol'], store) }) };
    }
    case 'GET market/time':
      return { route: 'time', act: () => ok({ timeSecond: '0', timeNano: `${store.now()}000000` }) };
    case 'GET market/tickers':
      return {
        route: 'price',
        act: () => ok({ category: 'spot', list: [{ symbol: params['symbol'], ...prices(params['symbol'], store) }] }),
      };
    case 'GET account/wallet-balance':
      return { route: 'account', act: () => ok(account(store)) };
    case 'GET order/realtime':
      if (which.id === undefined && which.name === undefined)
        return { route: 'orders', act: () => open(params, store) };
      return {
        route: 'order',
        name,
        act: () => list([store.find(which) ?? []].flat().filter((one) => !isClosed(one))),
      };
    case 'GET order/history':
      return { route: 'order', name, act: () => list([store.find(which) ?? []].flat().filter(isClosed)) };
    case 'POST order/cancel':
      return {
        route: 'cancel',
        name,
        act() {
          const order = store.find(which);
          if (order !== undefined && filterOf(order) !== (params['orderFilter'] ?? 'Order'))
            throw new Refused('no_order');
          return ok({ orderId: store.cancel(which).id, orderLinkId: name });
        },
      };
    case 'POST order/create':
      return {
        route: params['triggerPrice'] === undefined ? 'submit' : 'protect',
        name: params['orderLinkId'],
        act() {
          const order = place(params, store);
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
  signed: ({ headers }) => ({
    at: Number(headers['x-bapi-timestamp']),
    behindMs: Number(headers['x-bapi-recv-window'] ?? 5_000),
  }),
  refuse(why) {
    const [retCode, retMsg] = ERRORS[why] ?? OTHER;
    return { status: 200, body: { retCode, retMsg, result: {}, retExtInfo: {}, time: 0 } };
  },
};
