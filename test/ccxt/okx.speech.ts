/** What OKX's API v5 answers for spot, in the shapes that its documentation shows. */
import { negate } from '../../src/domain/decimal.js';
import type { Asked, Heard, Speech } from './fake-exchange.js';
import { chargedFor, type Refusal, Refused, type StoredOrder, type VenueStore } from './venue-store.js';

const STATUS = {
  waiting: 'live',
  filled: 'filled',
  cancelled: 'canceled',
  rejected: 'canceled',
  expired: 'canceled',
} as const;

const OTHER: readonly [string, string] = ['51000', 'Parameter error'];
const ERRORS: Partial<Record<Refusal, readonly [string, string]>> = {
  funds: ['51008', 'Order failed. Insufficient BTC balance in account.'],
  lot: ['51121', 'Order quantity must be a multiple of the lot size.'],
  least_quantity: ['51020', 'Your order should meet or exceed the minimum order amount.'],
  duplicate: ['51016', 'Client order ID already exists.'],
  trigger: ['51280', 'SL trigger price cannot be higher than the last price'],
  take_profit_passed: ['51279', 'TP trigger price cannot be lower than the last price'],
  too_many_stops: ['51261', 'Too many pending stop orders.'],
  unknown_symbol: ['51001', 'Instrument ID does not exist'],
  no_order: ['51603', 'Order does not exist'],
  closed_order: ['51400', 'Cancellation failed as the order has been filled, canceled or does not exist.'],
  time: ['50102', 'Timestamp request expired'],
  rate: ['50011', 'Too Many Requests'],
  lockout: ['50011', 'Too Many Requests'],
  key: ['50111', 'Invalid OK-ACCESS-KEY'],
};

const idOf = (symbol: string): string => symbol.replace('/', '-');
const symbolOf = (id: string | undefined, store: VenueStore): string => {
  const base = store.bases.find((name) => `${name}-USDT` === id);
  if (base === undefined || store.delisted) throw new Refused('unknown_symbol');
  return `${base}/USDT`;
};

const market = (base: string, { rules, tradable }: VenueStore) => ({
  instType: 'SPOT',
  instId: `${base}-USDT`,
  baseCcy: base,
  quoteCcy: 'USDT',
  settleCcy: '',
  ctVal: '',
  ctMult: '',
  ctValCcy: '',
  category: '1',
  listTime: '1548133413000',
  expTime: '',
  lever: '10',
  tickSz: rules.tick,
  lotSz: rules.lot,
  minSz: rules.leastQuantity,
  maxMktSz: '9000',
  maxLmtSz: '9999999999',
  state: tradable ? 'live' : 'suspend',
});

/** A fee is told as what the balance changed by. */
function fee(order: StoredOrder) {
  const [charged] = Object.entries(chargedFor(order));
  return charged === undefined ? { fee: '0', feeCcy: '' } : { fee: negate(charged[1]), feeCcy: charged[0] };
}

function shown(order: StoredOrder, store: VenueStore) {
  return {
    instType: 'SPOT',
    instId: idOf(order.symbol),
    ordId: order.id,
    ...fee(order),
    clOrdId: order.name,
    tag: '',
    px: '',
    sz: order.quantity,
    ordType: 'market',
    side: order.side,
    tdMode: 'cash',
    tgtCcy: 'base_ccy',
    accFillSz: order.filled,
    avgPx: store.average(order) ?? '',
    state: order.state === 'open' ? (order.filled === '0' ? 'live' : 'partially_filled') : STATUS[order.state],
    uTime: String(order.at),
    cTime: String(order.at),
  };
}

/** One algo order for one leg or both. */
function pair(legs: readonly StoredOrder[]) {
  const [stop, profit] = [legs.find(({ type }) => type === 'stop'), legs.find(({ type }) => type === 'profit')];
  const isOn = (order: StoredOrder | undefined) => order?.state === 'waiting';
  const first = stop ?? profit;
  if (first === undefined) throw new Refused('no_order');
  const done = legs.find(({ state }) => state === 'filled');
  const failed = legs.find(({ model }) => model.reason?.includes('insufficient'));
  const state = isOn(stop) || isOn(profit) ? 'live' : done ? 'effective' : failed ? 'order_failed' : 'canceled';
  return {
    instType: 'SPOT',
    instId: idOf(first.symbol),
    ordType: first.pair === undefined ? 'conditional' : 'oco',
    algoId: algoIdOf(first),
    algoClOrdId: first.pair?.name ?? first.name,
    clOrdId: '',
    side: first.side,
    sz: first.quantity,
    tdMode: 'cash',
    state,
    slTriggerPx: isOn(stop) ? stop?.price : '',
    slOrdPx: '-1',
    tpTriggerPx: isOn(profit) ? profit?.price : '',
    tpOrdPx: '-1',
    actualSide: done === undefined ? '' : done.type === 'stop' ? 'sl' : 'tp',
    actualSz: done?.filled ?? '',
    actualPx: done?.model.average ?? '',
    failCode: state === 'order_failed' ? '51008' : '',
    cTime: String(first.at),
    uTime: String(first.at),
  };
}

const algoIdOf = (order: StoredOrder): string => order.pair?.id ?? order.id;

const legsOf = (store: VenueStore, which: { readonly id?: string | undefined; readonly name?: string | undefined }) =>
  store.orders.filter(
    (order) =>
      order.type !== 'market' &&
      (which.id === undefined ? (order.pair?.name ?? order.name) === which.name : algoIdOf(order) === which.id),
  );

function placeAlgo(params: Asked['params'], store: VenueStore) {
  const { algoClOrdId: name = '', sz = '', slTriggerPx = '', tpTriggerPx = '', ordType } = params;
  if (name.length > 32 || !/^[A-Za-z0-9]+$/.test(name)) throw new Error('algoClOrdId cannot be taken');
  if (legsOf(store, { name }).some(({ state }) => state === 'waiting')) throw new Refused('duplicate');
  const isPair = ordType === 'oco';
  const legs = [
    ...(slTriggerPx === ''
      ? []
      : [{ type: 'stop' as const, name: isPair ? `${name.slice(2)}sl` : name, price: slTriggerPx }]),
    ...(tpTriggerPx === ''
      ? []
      : [{ type: 'profit' as const, name: isPair ? `${name.slice(2)}tp` : name, price: tpTriggerPx }]),
  ];
  const side = params['side'] === 'sell' ? 'sell' : 'buy';
  const [first] = store.exits(side, sz, legs, isPair ? name : undefined, symbolOf(params['instId'], store));
  if (first === undefined) throw new Refused('no_order');
  return [{ algoId: algoIdOf(first), algoClOrdId: name, clOrdId: '', sCode: '0', sMsg: '', tag: '' }];
}

function hear({ method, path, params }: Asked, store: VenueStore): Heard {
  const ok = (data: unknown) => ({ status: 200, body: { code: '0', msg: '', data } });
  const which = { id: params['ordId'], name: params['clOrdId'] };
  const nameOf = () => params['clOrdId'] ?? store.find(which)?.name;
  const done = (id: string | undefined, name: unknown) =>
    ok([{ ordId: id, clOrdId: name, tag: '', ts: String(store.now()), sCode: '0', sMsg: '' }]);
  switch (`${method} ${path.replace('/api/v5/', '')}`) {
    case 'GET public/instruments':
      return {
        route: params['instId'] === undefined ? 'markets' : 'rules',
        act: () => ok(markets(params['instId'], store)),
      };
    case 'GET public/time':
      return { route: 'time', act: () => ok([{ ts: String(store.now()) }]) };
    case 'GET market/ticker':
      return {
        route: 'price',
        act: () => ok([{ instType: 'SPOT', instId: params['instId'], ...prices(params['instId'], store) }]),
      };
    case 'GET account/balance':
      return { route: 'account', act: () => ok([{ totalEq: '', details: details(store) }]) };
    case 'GET trade/orders-pending':
      return {
        route: 'orders',
        act: () =>
          ok(
            page(
              opened(params['instId'], store)
                .filter(({ type }) => type === 'market')
                .map((order) => shown(order, store)),
              'ordId',
              params['after'],
            ),
          ),
      };
    case 'GET trade/orders-algo-pending':
      return { route: 'orders', act: () => ok(page(pendingAlgos(params['instId'], store), 'algoId', params['after'])) };
    case 'GET trade/order-algo':
      return {
        route: 'order',
        name: params['algoClOrdId'],
        act() {
          const legs = legsOf(store, { id: params['algoId'], name: params['algoClOrdId'] });
          if (legs.length === 0) throw new Refused('no_order');
          return ok([pair(legs)]);
        },
      };
    case 'GET trade/order':
      return {
        route: 'order',
        name: nameOf(),
        act() {
          const order = store.find(which);
          if (order === undefined) throw new Refused('no_order');
          return ok([shown(order, store)]);
        },
      };
    case 'POST trade/cancel-order':
      return { route: 'cancel', name: nameOf(), act: () => done(store.cancel(which).id, nameOf()) };
    case 'POST trade/order':
      return {
        route: 'submit',
        name: params['clOrdId'],
        act() {
          if (params['tgtCcy'] !== 'base_ccy') throw new Error('the size is in the quote currency');
          const side = params['side'] === 'sell' ? 'sell' : 'buy';
          const symbol = symbolOf(params['instId'], store);
          return done(store.market(params['clOrdId'] ?? '', side, params['sz'] ?? '', symbol).id, params['clOrdId']);
        },
      };
    case 'POST trade/order-algo':
      return { route: 'protect', name: params['algoClOrdId'], act: () => ok(placeAlgo(params, store)) };
    default:
      throw new Error(`no such route: ${method} ${path}`);
  }
}

const markets = (id: string | undefined, store: VenueStore) =>
  store.delisted
    ? []
    : store.bases.map((base) => market(base, store)).filter((one) => id === undefined || one.instId === id);

function prices(id: string | undefined, store: VenueStore) {
  const last = store.lastOf(symbolOf(id, store));
  return { last, bidPx: last, askPx: last };
}

const opened = (id: string | undefined, store: VenueStore) =>
  store.open(id === undefined ? undefined : symbolOf(id, store)).toReversed();

const pendingAlgos = (id: string | undefined, store: VenueStore) =>
  [...new Set(opened(id, store).flatMap((order) => (order.type === 'market' ? [] : [algoIdOf(order)])))].map((algoId) =>
    pair(legsOf(store, { id: algoId })),
  );

/** A hundred rows, the newest first, from behind the one that is named. */
function page<Row extends object>(rows: readonly Row[], idField: keyof Row & string, after: string | undefined) {
  const start = after === undefined ? 0 : rows.findIndex((row) => row[idField] === after) + 1;
  return rows.slice(start, start + 100);
}

const details = (store: VenueStore) =>
  store
    .balances()
    .map(({ asset, total, free, held }) => ({ ccy: asset, cashBal: total, availBal: free, frozenBal: held }));

export const okxSpeech: Speech = {
  symbol: 'BTC/USDT',
  keyHeader: 'ok-access-key',
  hear,
  signed: ({ headers }) => ({ at: Date.parse(String(headers['ok-access-timestamp'])), behindMs: 30_000 }),
  refuse(why) {
    const [code, msg] = ERRORS[why] ?? OTHER;
    if (why === 'unknown_symbol') return { status: 200, body: { code, msg, data: [] } };
    if (why === 'key' || why === 'time') return { status: 401, body: { code, msg, data: [] } };
    if (why === 'rate' || why === 'lockout') return { status: 429, body: { code, msg, data: [] } };
    if (why === 'no_order') return { status: 200, body: { code, msg, data: [] } };
    return {
      status: 200,
      body: { code: '1', msg: 'All operations failed', data: [{ ordId: '', sCode: code, sMsg: msg }] },
    };
  },
};
