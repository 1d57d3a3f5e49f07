/** What Binance's spot API answers, in the shapes that its documentation shows. */
import type { Admission } from '../../src/testing/venue/capacity.js';
import { type Asked, digits, type Heard, type Speech } from './fake-exchange.js';
import { type Refusal, Refused, type StoredOrder, type VenueStore } from './venue-store.js';

const STATUS = {
  waiting: 'NEW',
  filled: 'FILLED',
  cancelled: 'CANCELED',
  rejected: 'REJECTED',
  expired: 'EXPIRED',
} as const;

const filter = (name: string): readonly [number, number, string] => [400, -1013, `Filter failure: ${name}`];
const OTHER: readonly [number, number, string] = [400, -1102, 'Mandatory parameter was not sent or malformed.'];

const ERRORS: Partial<Record<Refusal, readonly [number, number, string]>> = {
  funds: [400, -2010, 'Account has insufficient balance for requested action.'],
  lot: filter('LOT_SIZE'),
  least_quantity: filter('LOT_SIZE'),
  least_value: filter('NOTIONAL'),
  price_band: filter('PERCENT_PRICE_BY_SIDE'),
  too_many_stops: filter('MAX_NUM_ALGO_ORDERS'),
  too_many_orders: filter('MAX_NUM_ORDERS'),
  duplicate: [400, -2010, 'Duplicate order sent.'],
  trigger: [400, -2010, 'Stop price would trigger immediately.'],
  take_profit_passed: [400, -2010, 'The relationship of the prices for the orders is not correct.'],
  no_order: [400, -2013, 'Order does not exist.'],
  closed_order: [400, -2011, 'Unknown order sent.'],
  too_late_to_cancel: [400, -2011, 'Unknown order sent.'],
  unknown_symbol: [400, -1121, 'Invalid symbol.'],
  time: [400, -1021, 'Timestamp for this request is outside of the recvWindow.'],
  rate: [429, -1003, 'Too many requests; current limit is 6000 request weight per 1 MINUTE.'],
  lockout: [418, -1003, 'Way too many requests; IP banned.'],
  key: [401, -2015, 'Invalid API-key, IP, or permissions for action.'],
};

const idOf = (symbol: string): string => symbol.replace('/', '');
const symbolOf = (id: string | undefined, store: VenueStore): string => {
  const base = store.bases.find((name) => `${name}USDT` === id);
  if (base === undefined || store.delisted) throw new Refused('unknown_symbol');
  return `${base}/USDT`;
};

function market(base: string, { rules, tradable }: VenueStore) {
  const { tick, lot, leastQuantity = lot, mostStops, mostOrders, priceBand, leastValue = '5' } = rules;
  const counts = [
    ...(mostStops === undefined ? [] : [{ filterType: 'MAX_NUM_ALGO_ORDERS', maxNumAlgoOrders: mostStops }]),
    ...(mostOrders === undefined ? [] : [{ filterType: 'MAX_NUM_ORDERS', maxNumOrders: mostOrders }]),
  ];
  const { least = '0.2', most = '5' } = priceBand ?? {};
  return {
    symbol: `${base}USDT`,
    status: tradable ? 'TRADING' : 'BREAK',
    baseAsset: base,
    baseAssetPrecision: 8,
    quoteAsset: 'USDT',
    quotePrecision: 8,
    quoteAssetPrecision: 8,
    orderTypes: ['LIMIT', 'LIMIT_MAKER', 'MARKET', 'STOP_LOSS', 'STOP_LOSS_LIMIT', 'TAKE_PROFIT', 'TAKE_PROFIT_LIMIT'],
    ocoAllowed: true,
    isSpotTradingAllowed: true,
    isMarginTradingAllowed: false,
    filters: [
      { filterType: 'PRICE_FILTER', minPrice: '0.01000000', maxPrice: '1000000.00000000', tickSize: tick },
      { filterType: 'LOT_SIZE', minQty: leastQuantity, maxQty: '9000.00000000', stepSize: lot },
      { filterType: 'MARKET_LOT_SIZE', minQty: '0.00000000', maxQty: '5000.00000000', stepSize: '0.00000000' },
      { filterType: 'NOTIONAL', minNotional: leastValue, applyMinToMarket: true, avgPriceMins: 5 },
      {
        filterType: 'PERCENT_PRICE_BY_SIDE',
        bidMultiplierUp: most,
        bidMultiplierDown: least,
        askMultiplierUp: most,
        askMultiplierDown: least,
        avgPriceMins: 5,
      },
      ...counts,
    ],
    permissions: ['SPOT'],
    permissionSets: [['SPOT']],
  };
}

function shown(order: StoredOrder) {
  return {
    symbol: idOf(order.symbol),
    orderId: digits(order.id),
    orderListId: order.pair === undefined ? -1 : Number(order.pair.id),
    clientOrderId: order.name,
    price: order.type === 'profit' ? order.price : '0.00000000',
    origQty: order.quantity,
    executedQty: order.filled,
    // Below zero: not known.
    cummulativeQuoteQty: order.hasPrice ? order.cost : '-1.00000000',
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

/** The fills, as the answer to an order has them and as the list of trades has them. */
const fills = (order: StoredOrder, idField: 'tradeId' | 'id') =>
  order.hasPrice
    ? order.model.fills.map(({ id, quantity, price, fee }) => ({
        symbol: idOf(order.symbol),
        orderId: digits(order.id),
        [idField]: Number(id.replace(/\D/g, '')),
        price,
        qty: quantity,
        commission: fee?.amount ?? '0.00000000',
        commissionAsset: fee?.asset ?? 'USDT',
      }))
    : [];

function placePair(params: Asked['params'], store: VenueStore) {
  const leg = (where: 'above' | 'below') => ({
    type: params[`${where}Type`] === 'STOP_LOSS' ? ('stop' as const) : ('limit' as const),
    name: params[`${where}ClientOrderId`] ?? '',
    price: params[`${where}StopPrice`] ?? params[`${where}Price`] ?? '',
  });
  const legs = [leg('above'), leg('below')];
  const side = params['side'] === 'SELL' ? 'sell' : 'buy';
  const symbol = symbolOf(params['symbol'], store);
  const orders = store.exits(side, params['quantity'] ?? '', legs, params['listClientOrderId'], symbol);
  return {
    orderListId: Number(orders[0]?.pair?.id),
    contingencyType: 'OCO',
    listStatusType: 'EXEC_STARTED',
    listOrderStatus: 'EXECUTING',
    listClientOrderId: params['listClientOrderId'],
    transactionTime: store.now(),
    symbol: params['symbol'],
    orders: orders.map(({ id, name }) => ({ symbol: params['symbol'], orderId: digits(id), clientOrderId: name })),
    // A leg that was lost is lost later: the answer does not show it.
    orderReports: orders.map((order) => ({ ...shown(order), status: 'NEW' })),
  };
}

function placeOne(params: Asked['params'], store: VenueStore) {
  const side = params['side'] === 'SELL' ? 'sell' : 'buy';
  const { newClientOrderId: name = '', quantity = '', type, stopPrice = '', price = '' } = params;
  const symbol = symbolOf(params['symbol'], store);
  if (type !== 'MARKET') {
    const leg = {
      type: type === 'STOP_LOSS' ? ('stop' as const) : ('limit' as const),
      name,
      price: stopPrice || price,
    };
    const [order] = store.exits(side, quantity, [leg], undefined, symbol);
    if (order === undefined) throw new Refused('no_order');
    return { ...shown(order), transactTime: store.now() };
  }
  const order = store.market(name, side, quantity, symbol);
  const answer = {
    symbol: params['symbol'],
    orderId: digits(order.id),
    orderListId: -1,
    clientOrderId: order.name,
    transactTime: store.now(),
  };
  return params['newOrderRespType'] === 'FULL' && order.isVisible
    ? { ...shown(order), ...answer, fills: fills(order, 'tradeId') }
    : answer;
}

const which = ({ orderId, origClientOrderId }: Asked['params']) => ({ id: orderId, name: origClientOrderId });

function hear({ method, path, params }: Asked, store: VenueStore): Heard {
  const ok = (body: unknown) => ({ status: 200, body });
  const nameOf = () => params['origClientOrderId'] ?? store.find({ id: params['orderId'] })?.name;
  const last = () => store.lastOf(symbolOf(params['symbol'], store));
  const found = () => {
    const order = store.find(which(params));
    if (order === undefined) throw new Refused('no_order');
    return order;
  };
  switch (`${method} ${path.replace('/api/v3/', '')}`) {
    case 'GET exchangeInfo':
      return {
        route: params['symbol'] === undefined ? 'markets' : 'rules',
        act() {
          if (params['symbol'] !== undefined) symbolOf(params['symbol'], store);
          const symbols = store.bases.map((base) => market(base, store));
          return ok({ timezone: 'UTC', serverTime: store.now(), rateLimits: [], symbols });
        },
      };
    case 'GET time':
      return { route: 'time', act: () => ok({ serverTime: store.now() }) };
    case 'GET ticker/price':
      return { route: 'price', act: () => ok({ symbol: params['symbol'], price: last() }) };
    case 'GET avgPrice':
      return { route: 'price', act: () => ok({ mins: 5, price: last(), closeTime: store.now() }) };
    case 'GET ticker/24hr':
      return { route: 'price', act: () => ok({ lastPrice: last(), bidPrice: last(), askPrice: last() }) };
    case 'GET account':
      return { route: 'account', act: () => ok(account(store)) };
    case 'GET openOrders':
      return {
        route: 'orders',
        act: () => ok(store.open(params['symbol'] && symbolOf(params['symbol'], store)).map(shown)),
      };
    case 'GET myTrades':
      return { route: 'fills', act: () => ok(fills(found(), 'id')) };
    case 'GET order':
      return { route: 'order', name: nameOf(), act: () => ok(shown(found())) };
    case 'DELETE order':
      return { route: 'cancel', name: nameOf(), act: () => ok(shown(store.cancel(which(params)))) };
    case 'POST order':
      return {
        route: params['type'] === 'MARKET' ? 'submit' : 'protect',
        name: params['newClientOrderId'],
        act: () => ok(placeOne(params, store)),
      };
    case 'POST orderList/oco':
      return { route: 'protect', name: params['listClientOrderId'], act: () => ok(placePair(params, store)) };
    default:
      throw new Error(`no such route: ${method} ${path}`);
  }
}

const account = (store: VenueStore) => ({
  makerCommission: 0,
  takerCommission: 0,
  canTrade: true,
  canWithdraw: true,
  canDeposit: true,
  updateTime: store.now(),
  accountType: 'SPOT',
  balances: store.balances().map(({ asset, free, held }) => ({ asset, free, locked: held })),
  permissions: ['SPOT'],
});

function told({ usage, ...admission }: Admission): Record<string, string> {
  const used = (name: string) => String(usage.find(({ bucket }) => bucket === name)?.used ?? 0);
  return {
    'x-mbx-used-weight-1m': used('weight'),
    'x-mbx-order-count-10s': used('orders'),
    ...(admission.kind !== 'admitted' && { 'retry-after': String(Math.ceil(admission.retryAfterMs / 1_000)) }),
  };
}

export const binanceSpeech: Speech = {
  symbol: 'BTC/USDT',
  keyHeader: 'x-mbx-apikey',
  hear,
  told,
  signed: ({ params }) => ({ at: Number(params['timestamp']), behindMs: Number(params['recvWindow'] ?? 5_000) }),
  refuse(why) {
    const [status, code, msg] = ERRORS[why] ?? OTHER;
    return { status, body: { code, msg } };
  },
};
