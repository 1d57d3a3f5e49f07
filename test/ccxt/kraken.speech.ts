/** What Kraken's REST API answers for spot, in the shapes that its documentation shows. */
import type { Asked, Heard, Speech } from './fake-exchange.js';
import { chargedFor, type Refusal, Refused, type StoredOrder, type VenueStore } from './venue-store.js';

const STATUS = {
  open: 'open',
  waiting: 'open',
  filled: 'closed',
  cancelled: 'canceled',
  rejected: 'canceled',
  expired: 'expired',
} as const;

const OTHER = 'EGeneral:Invalid arguments';
const ERRORS: Partial<Record<Refusal, string>> = {
  funds: 'EOrder:Insufficient funds',
  lot: 'EGeneral:Invalid arguments:volume',
  least_quantity: 'EOrder:Order minimum not met',
  duplicate: 'EOrder:cl_ord_id already in use',
  trigger: 'EOrder:Invalid price',
  unknown_symbol: 'EQuery:Unknown asset pair',
  no_order: 'EOrder:Unknown order',
  closed_order: 'EOrder:Unknown order',
  rate: 'EAPI:Rate limit exceeded',
  lockout: 'EGeneral:Temporary lockout',
  key: 'EAPI:Invalid key',
};

/** Old assets have names of their own here. */
const assetOf = (base: string): string => (base === 'BTC' ? 'XXBT' : base);
const altOf = (base: string): string => (base === 'BTC' ? 'XBT' : base);
const pairOf = (base: string): string => (base === 'BTC' ? 'XXBTZUSD' : `${base}USD`);
const altPairOf = (symbol: string): string => `${altOf(symbol.split('/')[0] ?? '')}USD`;
const symbolOf = (pair: string | undefined, store: VenueStore): string => {
  const base = store.bases.find((name) => pairOf(name) === pair || altPairOf(name) === pair);
  if (base === undefined || store.delisted) throw new Refused('unknown_symbol');
  return `${base}/USD`;
};

const market = (base: string, { rules, tradable }: VenueStore) => ({
  altname: altPairOf(base),
  wsname: `${altOf(base)}/USD`,
  aclass_base: 'currency',
  base: assetOf(base),
  aclass_quote: 'currency',
  quote: 'ZUSD',
  lot: 'unit',
  pair_decimals: 2,
  lot_decimals: rules.lot === '1' ? 0 : (rules.lot ?? '0.001').length - 2,
  lot_multiplier: 1,
  leverage_buy: [],
  leverage_sell: [],
  fees: [[0, 0.26]],
  fees_maker: [[0, 0.16]],
  fee_volume_currency: 'ZUSD',
  margin_call: 80,
  margin_stop: 40,
  ordermin: rules.leastQuantity,
  costmin: '0.5',
  tick_size: rules.tick,
  status: tradable ? 'online' : 'cancel_only',
});

function shown(order: StoredOrder, store: VenueStore) {
  const ordertype = { market: 'market', stop: 'stop-loss', profit: 'take-profit' }[order.type];
  return {
    refid: null,
    userref: 0,
    cl_ord_id: order.name,
    status: STATUS[order.state],
    reason: order.state === 'cancelled' ? 'User requested' : null,
    opentm: order.at / 1_000,
    ...(order.state === 'open' || order.state === 'waiting' ? {} : { closetm: order.at / 1_000 }),
    descr: {
      pair: altPairOf(order.symbol),
      type: order.side,
      ordertype,
      price: order.price ?? '0',
      price2: '0',
      leverage: 'none',
    },
    vol: order.quantity,
    vol_exec: order.filled,
    cost: order.hasPrice ? order.cost : '0.00000',
    fee: chargedFor(order)['USD'] ?? '0.00000',
    price: store.average(order) ?? '0.00000',
    stopprice: order.price ?? '0.00000',
    misc: '',
    oflags: 'fciq',
  };
}

const isOpen = ({ state }: StoredOrder): boolean => state === 'open' || state === 'waiting';

const byId = (orders: readonly StoredOrder[], store: VenueStore) =>
  Object.fromEntries(orders.map((order) => [order.id, shown(order, store)]));

function place(params: Asked['params'], store: VenueStore): StoredOrder {
  const { type, volume = '', ordertype, cl_ord_id: name = '', price = '' } = params;
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(name)) throw new Error('cl_ord_id cannot be taken');
  const side = type === 'sell' ? 'sell' : 'buy';
  const symbol = symbolOf(params['pair'], store);
  if (ordertype === 'market') return store.market(name, side, volume, symbol);
  const leg = { type: ordertype === 'stop-loss' ? ('stop' as const) : ('profit' as const), name, price };
  const [order] = store.exits(side, volume, [leg], undefined, symbol);
  if (order === undefined) throw new Refused('no_order');
  return order;
}

function hear({ path, params }: Asked, store: VenueStore): Heard {
  const ok = (result: unknown) => ({ status: 200, body: { error: [], result } });
  const which = { id: params['txid'], name: params['cl_ord_id'] };
  const name = params['cl_ord_id'] ?? store.find(which)?.name;
  const found = () => [store.find(which) ?? []].flat();
  switch (path.replace(/^\/0\/(public|private)\//, '')) {
    case 'AssetPairs':
      return {
        route: params['pair'] === undefined ? 'markets' : 'rules',
        act: () => ok(markets(params['pair'], store)),
      };
    case 'Time':
      return { route: 'time', act: () => ok({ unixtime: Math.trunc(store.now() / 1_000) }) };
    case 'Ticker':
      return { route: 'price', act: () => ok(prices(params['pair'], store)) };
    case 'GetWebSocketsToken':
      return { route: 'account', act: () => ok({ token: 'a-token', expires: 900 }) };
    case 'BalanceEx':
      return { route: 'account', act: () => ok(balances(store)) };
    case 'OpenOrders': {
      const isOne = which.name !== undefined;
      const open = () => (isOne ? found().filter(isOpen) : store.open());
      return { route: isOne ? 'order' : 'orders', name, act: () => ok({ open: byId(open(), store) }) };
    }
    case 'ClosedOrders': {
      const closed = () => found().filter((order) => !isOpen(order));
      return { route: 'order', name, act: () => ok({ closed: byId(closed(), store), count: closed().length }) };
    }
    case 'QueryOrders':
      return {
        route: 'order',
        name,
        act() {
          if (found().length === 0) throw new Refused('no_order');
          return ok(byId(found(), store));
        },
      };
    case 'CancelOrder':
      return {
        route: 'cancel',
        name,
        act() {
          store.cancel(which);
          return ok({ count: 1 });
        },
      };
    case 'AddOrder':
      return {
        route: params['ordertype'] === 'market' ? 'submit' : 'protect',
        name: params['cl_ord_id'],
        act: () => ok({ descr: { order: 'as asked' }, txid: [place(params, store).id] }),
      };
    default:
      throw new Error(`no such route: ${path}`);
  }
}

function markets(pair: string | undefined, store: VenueStore) {
  if (pair !== undefined) symbolOf(pair, store);
  const all = store.bases.map((base) => [pairOf(base), market(base, store)] as const);
  return Object.fromEntries(all.filter(([name]) => pair === undefined || name === pair));
}

function prices(pair: string | undefined, store: VenueStore) {
  const last = store.lastOf(symbolOf(pair, store));
  return { [pair ?? '']: { a: [last, '1', '1'], b: [last, '1', '1'], c: [last, '0.1'] } };
}

const balances = (store: VenueStore) =>
  Object.fromEntries(
    store
      .balances()
      .map(({ asset, total, held }) => [
        asset === 'USD' ? 'ZUSD' : assetOf(asset),
        { balance: total, hold_trade: held },
      ]),
  );

export const krakenSpeech: Speech = {
  symbol: 'BTC/USD',
  keyHeader: 'api-key',
  hear,
  refuse: (why) => ({ status: 200, body: { error: [ERRORS[why] ?? OTHER] } }),
};
