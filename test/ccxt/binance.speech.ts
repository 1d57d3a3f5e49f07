/** What Binance's spot API answers, in the shapes that its documentation shows. */
import type { Asked, Heard, Speech } from './fake-exchange.js';
import { type BookOrder, Refused, type VenueBook } from './venue-book.js';

const STATUS = {
  waiting: 'NEW',
  filled: 'FILLED',
  cancelled: 'CANCELED',
  rejected: 'REJECTED',
  expired: 'EXPIRED',
} as const;

const ERRORS = {
  funds: [400, -2010, 'Account has insufficient balance for requested action.'],
  lot: [400, -1013, 'Filter failure: LOT_SIZE'],
  duplicate: [400, -2010, 'Duplicate order sent.'],
  trigger: [400, -2010, 'Stop price would trigger immediately.'],
  no_order: [400, -2013, 'Order does not exist.'],
  closed_order: [400, -2011, 'Unknown order sent.'],
  rate: [429, -1003, 'Too many requests; current limit is 6000 request weight per 1 MINUTE.'],
  key: [401, -2015, 'Invalid API-key, IP, or permissions for action.'],
} as const;

const market = (book: VenueBook) => ({
  symbol: 'BTCUSDT',
  status: book.tradable ? 'TRADING' : 'BREAK',
  baseAsset: 'BTC',
  baseAssetPrecision: 8,
  quoteAsset: 'USDT',
  quotePrecision: 8,
  quoteAssetPrecision: 8,
  orderTypes: ['LIMIT', 'LIMIT_MAKER', 'MARKET', 'STOP_LOSS', 'STOP_LOSS_LIMIT', 'TAKE_PROFIT', 'TAKE_PROFIT_LIMIT'],
  ocoAllowed: true,
  isSpotTradingAllowed: true,
  isMarginTradingAllowed: false,
  filters: [
    { filterType: 'PRICE_FILTER', minPrice: '0.01000000', maxPrice: '1000000.00000000', tickSize: '0.01000000' },
    { filterType: 'LOT_SIZE', minQty: '0.00100000', maxQty: '9000.00000000', stepSize: '0.00100000' },
    { filterType: 'MARKET_LOT_SIZE', minQty: '0.00000000', maxQty: '5000.00000000', stepSize: '0.00000000' },
    { filterType: 'NOTIONAL', minNotional: '5.00000000', applyMinToMarket: true, avgPriceMins: 5 },
  ],
  permissions: ['SPOT'],
  permissionSets: [['SPOT']],
});

function shown(order: BookOrder, book: VenueBook) {
  const hasPrice = order.pricelessUntil <= book.now();
  return {
    symbol: 'BTCUSDT',
    orderId: Number(order.id),
    orderListId: order.pair === undefined ? -1 : Number(order.pair.id),
    clientOrderId: order.name,
    price: order.type === 'profit' ? order.price : '0.00000000',
    origQty: order.quantity,
    executedQty: order.filled,
    // Below zero: not known.
    cummulativeQuoteQty: hasPrice ? order.cost : '-1.00000000',
    status: order.state === 'open' ? (order.filled === '0' ? 'NEW' : 'PARTIALLY_FILLED') : STATUS[order.state],
    timeInForce: 'GTC',
    type: { market: 'MARKET', stop: 'STOP_LOSS', profit: 'LIMIT_MAKER' }[order.type],
    side: order.side.toUpperCase(),
    stopPrice: order.type === 'stop' ? order.price : '0.00000000',
    time: order.at,
    updateTime: order.at,
    isWorking: true,
  };
}

function placePair(params: Asked['params'], book: VenueBook) {
  const leg = (where: 'above' | 'below') => ({
    type: params[`${where}Type`] === 'STOP_LOSS' ? ('stop' as const) : ('profit' as const),
    name: params[`${where}ClientOrderId`] ?? '',
    price: params[`${where}StopPrice`] ?? params[`${where}Price`] ?? '',
  });
  const legs = [leg('above'), leg('below')];
  const side = params['side'] === 'SELL' ? 'sell' : 'buy';
  const orders = book.exits(side, params['quantity'] ?? '', legs, params['listClientOrderId']);
  return {
    orderListId: Number(orders[0]?.pair?.id),
    contingencyType: 'OCO',
    listStatusType: 'EXEC_STARTED',
    listOrderStatus: 'EXECUTING',
    listClientOrderId: params['listClientOrderId'],
    transactionTime: book.now(),
    symbol: 'BTCUSDT',
    orders: orders.map(({ id, name }) => ({ symbol: 'BTCUSDT', orderId: Number(id), clientOrderId: name })),
    // A leg that was lost is lost later: the answer does not show it.
    orderReports: orders.map((order) => ({ ...shown(order, book), status: 'NEW' })),
  };
}

const which = ({ orderId, origClientOrderId }: Asked['params']) => ({ id: orderId, name: origClientOrderId });

function hear({ method, path, params }: Asked, book: VenueBook): Heard {
  const ok = (body: unknown) => ({ status: 200, body });
  const nameOf = () => params['origClientOrderId'] ?? book.find({ id: params['orderId'] })?.name;
  switch (`${method} ${path.replace('/api/v3/', '')}`) {
    case 'GET exchangeInfo':
      return {
        route: params['symbol'] === undefined ? 'markets' : 'rules',
        act: () => ok({ timezone: 'UTC', serverTime: book.now(), rateLimits: [], symbols: [market(book)] }),
      };
    case 'GET time':
      return { route: 'time', act: () => ok({ serverTime: book.now() }) };
    case 'GET ticker/price':
      return { route: 'price', act: () => ok({ symbol: 'BTCUSDT', price: book.last }) };
    case 'GET account':
      return { route: 'account', act: () => ok(account(book)) };
    case 'GET openOrders':
      return { route: 'orders', act: () => ok(book.open().map((order) => shown(order, book))) };
    case 'GET myTrades':
      return { route: 'fills', act: () => ok([]) };
    case 'GET order':
      return {
        route: 'order',
        name: nameOf(),
        act() {
          const order = book.find(which(params));
          if (order === undefined) throw new Refused('no_order');
          return ok(shown(order, book));
        },
      };
    case 'DELETE order':
      return { route: 'cancel', name: nameOf(), act: () => ok(shown(book.cancel(which(params)), book)) };
    case 'POST order':
      return {
        route: 'submit',
        name: params['newClientOrderId'],
        act() {
          const side = params['side'] === 'SELL' ? 'sell' : 'buy';
          const { id, name } = book.market(params['newClientOrderId'] ?? '', side, params['quantity'] ?? '');
          return ok({
            symbol: 'BTCUSDT',
            orderId: Number(id),
            orderListId: -1,
            clientOrderId: name,
            transactTime: book.now(),
          });
        },
      };
    case 'POST orderList/oco':
      return { route: 'protect', name: params['listClientOrderId'], act: () => ok(placePair(params, book)) };
    default:
      throw new Error(`no such route: ${method} ${path}`);
  }
}

const account = (book: VenueBook) => ({
  makerCommission: 0,
  takerCommission: 0,
  canTrade: true,
  canWithdraw: true,
  canDeposit: true,
  updateTime: book.now(),
  accountType: 'SPOT',
  balances: [
    { asset: 'BTC', free: book.shownBase ?? book.free('base'), locked: book.shownBase ? '0' : book.held('base') },
    { asset: 'USDT', free: book.free('quote'), locked: book.held('quote') },
  ],
  permissions: ['SPOT'],
});

export const binanceSpeech: Speech = {
  symbol: 'BTC/USDT',
  keyHeader: 'x-mbx-apikey',
  hear,
  refuse(why) {
    const [status, code, msg] = ERRORS[why];
    return { status, body: { code, msg } };
  },
};
