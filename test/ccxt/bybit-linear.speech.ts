/** What Bybit's API v5 answers for perpetuals that are settled in USDT, in the shapes that its documentation shows. */
import { absolute, isNegative, subtract } from '../../src/domain/decimal.js';
import type { Asked, Heard, Speech } from './fake-exchange.js';
import { chargedFor, Refused, type StoredOrder, type VenueStore } from './venue-store.js';

const STATUS = {
  waiting: 'Untriggered',
  filled: 'Filled',
  cancelled: 'Cancelled',
  rejected: 'Rejected',
  expired: 'Deactivated',
} as const;

const ERRORS: Readonly<Record<string, readonly [number, string]>> = {
  funds: [110007, 'Available balance is not enough.'],
  duplicate: [110072, 'OrderLinkedID is duplicate'],
  no_order: [110001, 'order not exists or too late to cancel'],
  closed_order: [110001, 'order not exists or too late to cancel'],
  lot: [110017, 'orderQty will be truncated to zero'],
  time: [10002, 'invalid request, please check your server timestamp or recv_window param.'],
  rate: [10006, 'Too many visits!'],
  key: [10003, 'API key is invalid.'],
};

export interface LinearAccount {
  /** Long and short are held apart. */
  isHedged?: boolean;
  /** Positions of other markets, listed first. */
  strangers?: number;
  /** What is told as the size of each position, in place of the truth. */
  sizes?: unknown;
}

/** So many rows a page as are asked for, 200 at most; the cursor is the place of the next row. */
function positionPage(params: Asked['params'], store: VenueStore, account: LinearAccount) {
  const isEmpty = params['settleCoin'] === 'USDC' || (params['symbol'] === undefined && account.isHedged === true);
  const others = params['symbol'] === undefined ? (account.strangers ?? 0) : 0;
  const strange = Array.from({ length: others }, (_, index) => ({
    symbol: `X${index}USDT`,
    side: 'Buy',
    size: '1',
    positionIdx: 0,
  }));
  const own = positions(store, account).map((row) => ('sizes' in account ? { ...row, size: account.sizes } : row));
  const all = isEmpty ? [] : [...strange, ...own];
  const begin = Number(params['cursor'] ?? 0);
  const end = begin + Math.min(200, Number(params['limit'] ?? 20));
  return {
    category: 'linear',
    list: all.slice(begin, end),
    nextPageCursor: end < all.length ? String(end) : '',
  };
}

const isClosed = ({ state }: StoredOrder): boolean => state !== 'open' && state !== 'waiting';
const idOf = (symbol: string): string => symbol.replace('/', '');

function shown(order: StoredOrder, store: VenueStore) {
  const state = order.state === 'open' ? (order.filled === '0' ? 'New' : 'PartiallyFilled') : STATUS[order.state];
  return {
    symbol: idOf(order.symbol),
    orderId: order.id,
    orderLinkId: order.name,
    side: order.side === 'buy' ? 'Buy' : 'Sell',
    orderType: 'Market',
    orderStatus: state,
    positionIdx: 0,
    qty: order.quantity,
    price: '0',
    avgPrice: store.average(order) ?? '',
    cumExecQty: order.filled,
    cumExecValue: order.cost,
    cumFeeDetail: chargedFor(order),
    reduceOnly: order.type !== 'market',
    rejectReason: 'EC_NoError',
    stopOrderType: order.type === 'market' ? '' : 'Stop',
    triggerPrice: order.price ?? '0',
    triggerDirection: order.type === 'market' ? 0 : order.model.waitsFor === 'rise' ? 1 : 2,
    basePrice: order.basis ?? '',
    createdTime: String(order.at),
    updatedTime: String(order.at),
  };
}

function place(params: Asked['params'], store: VenueStore): StoredOrder {
  const side = params['side'] === 'Sell' ? 'sell' : 'buy';
  const { qty = '', orderLinkId: name = '', triggerPrice: price, marketUnit, positionIdx } = params;
  if (marketUnit !== undefined || positionIdx !== '0') throw new Error('not an order of a contract in one-way mode');
  if (price === undefined) return store.market(name, side, qty);
  if (params['reduceOnly'] !== 'true') throw new Error('an exit that could open a position');
  const type = (side === 'sell') === (params['triggerDirection'] === '2') ? 'stop' : 'profit';
  return store.conditional(type, name, side, qty, price);
}

function positions(store: VenueStore, { isHedged }: LinearAccount) {
  const size = store.venue.position(store.symbol);
  const one = { symbol: idOf(store.symbol), leverage: '10', avgPrice: store.venue.entryPrice(store.symbol) ?? '' };
  if (isHedged === true) return [1, 2].map((positionIdx) => ({ ...one, positionIdx, side: '', size: '0' }));
  return [
    { ...one, positionIdx: 0, side: size === '0' ? '' : isNegative(size) ? 'Sell' : 'Buy', size: absolute(size) },
  ];
}

export const bybitLinearSpeech = (account: LinearAccount = {}): Speech => ({
  symbol: 'BTC/USDT:USDT',
  keyHeader: 'x-bapi-api-key',
  signed: ({ headers }) => ({ at: Number(headers['x-bapi-timestamp']), behindMs: 5_000 }),
  refuse(why) {
    const [retCode, retMsg] = ERRORS[why] ?? [10001, 'params error'];
    return { status: 200, body: { retCode, retMsg, result: {}, retExtInfo: {}, time: 0 } };
  },
  hear({ method, path, params }: Asked, store: VenueStore): Heard {
    const ok = (result: unknown) => ({
      status: 200,
      body: { retCode: 0, retMsg: 'OK', result, retExtInfo: {}, time: store.now() },
    });
    const which = { id: params['orderId'], name: params['orderLinkId'] };
    const name = params['orderLinkId'] ?? store.find(which)?.name;
    const found = () => [store.find(which) ?? []].flat();
    const list = (orders: readonly StoredOrder[]) =>
      ok({ category: 'linear', list: orders.map((order) => shown(order, store)), nextPageCursor: '' });
    if (params['category'] !== 'linear' && !['time', 'wallet-balance'].some((end) => path.endsWith(end)))
      throw new Error(`another category: ${path}`);
    switch (`${method} ${path.replace('/v5/', '')}`) {
      case 'GET market/instruments-info':
        return {
          route: params['symbol'] === undefined ? 'markets' : 'rules',
          act: () => ok({ category: 'linear', list: [market(store)], nextPageCursor: '' }),
        };
      case 'GET market/time':
        return { route: 'time', act: () => ok({ timeSecond: '0', timeNano: `${store.now()}000000` }) };
      case 'GET market/tickers':
        return {
          route: 'price',
          act: () => ok({ category: 'linear', list: [{ symbol: 'BTCUSDT', lastPrice: store.last }] }),
        };
      case 'GET account/wallet-balance':
        return {
          route: 'account',
          act: () =>
            ok({
              list: [
                {
                  totalAvailableBalance: subtract(store.quote, store.held('quote')),
                  coin: [{ coin: 'USDT', walletBalance: store.quote, locked: '0' }],
                },
              ],
            }),
        };
      case 'GET position/list':
        return {
          route: 'account',
          act: () => ok(positionPage(params, store, account)),
        };
      case 'GET order/realtime':
        if (which.id === undefined && which.name === undefined) {
          if (params['symbol'] === undefined && params['settleCoin'] === undefined)
            throw new Error('a list of nothing');
          const isStop = params['orderFilter'] === 'StopOrder';
          const open = () =>
            params['settleCoin'] === 'USDC' ? [] : store.open().filter(({ state }) => !isStop || state === 'waiting');
          return { route: 'orders', act: () => list(open()) };
        }
        return { route: 'order', name, act: () => list(found().filter((one) => !isClosed(one))) };
      case 'GET order/history':
        return { route: 'order', name, act: () => list(found().filter(isClosed)) };
      case 'POST order/cancel':
        if (params['orderFilter'] !== undefined) throw new Error('a filter that spot alone has');
        return { route: 'cancel', name, act: () => ok({ orderId: store.cancel(which).id, orderLinkId: name }) };
      case 'POST order/create':
        return {
          route: params['triggerPrice'] === undefined ? 'submit' : 'protect',
          name: params['orderLinkId'],
          act() {
            if (account.isHedged === true) throw new Refused('client_id');
            const order = place(params, store);
            return ok({ orderId: order.id, orderLinkId: order.name });
          },
        };
      default:
        throw new Error(`no such route: ${method} ${path}`);
    }
  },
});

const market = ({ rules, tradable }: VenueStore) => ({
  symbol: 'BTCUSDT',
  contractType: 'LinearPerpetual',
  status: tradable ? 'Trading' : 'Closed',
  baseCoin: 'BTC',
  quoteCoin: 'USDT',
  settleCoin: 'USDT',
  launchTime: '1584230400000',
  deliveryTime: '0',
  deliveryFeeRate: '',
  priceScale: '2',
  leverageFilter: { minLeverage: '1', maxLeverage: '100.00', leverageStep: '0.01' },
  priceFilter: { minPrice: '0.10', maxPrice: '1999999.80', tickSize: rules.tick },
  lotSizeFilter: {
    maxOrderQty: '9000',
    minOrderQty: rules.leastQuantity,
    qtyStep: rules.lot,
    maxMktOrderQty: '500',
    minNotionalValue: '5',
  },
  unifiedMarginTrade: true,
  fundingInterval: 480,
  copyTrading: 'both',
});
