/** What OKX's API v5 answers for spot, in the shapes that its documentation shows. */
import type { Asked, Heard, Speech } from './fake-exchange.js';
import { type BookOrder, Refused, type VenueBook } from './venue-book.js';

const STATUS = {
  waiting: 'live',
  filled: 'filled',
  cancelled: 'canceled',
  rejected: 'canceled',
  expired: 'canceled',
} as const;

const ERRORS = {
  funds: ['51008', 'Order failed. Insufficient BTC balance in account.'],
  lot: ['51121', 'Order quantity must be a multiple of the lot size.'],
  duplicate: ['51016', 'Client order ID already exists.'],
  trigger: ['51280', 'SL trigger price cannot be higher than the last price'],
  no_order: ['51603', 'Order does not exist'],
  closed_order: ['51400', 'Cancellation failed as the order has been filled, canceled or does not exist.'],
  rate: ['50011', 'Too Many Requests'],
  key: ['50111', 'Invalid OK-ACCESS-KEY'],
} as const;

const market = (book: VenueBook) => ({
  instType: 'SPOT',
  instId: 'BTC-USDT',
  baseCcy: 'BTC',
  quoteCcy: 'USDT',
  settleCcy: '',
  ctVal: '',
  ctMult: '',
  ctValCcy: '',
  category: '1',
  listTime: '1548133413000',
  expTime: '',
  lever: '10',
  tickSz: '0.01',
  lotSz: '0.001',
  minSz: '0.001',
  maxMktSz: '9000',
  maxLmtSz: '9999999999',
  state: book.tradable ? 'live' : 'suspend',
});

function shown(order: BookOrder, book: VenueBook) {
  return {
    instType: 'SPOT',
    instId: 'BTC-USDT',
    ordId: order.id,
    clOrdId: order.name,
    tag: '',
    px: '',
    sz: order.quantity,
    ordType: 'market',
    side: order.side,
    tdMode: 'cash',
    tgtCcy: 'base_ccy',
    accFillSz: order.filled,
    avgPx: book.average(order) ?? '',
    state: order.state === 'open' ? (order.filled === '0' ? 'live' : 'partially_filled') : STATUS[order.state],
    uTime: String(order.at),
    cTime: String(order.at),
  };
}

/** One algo order for both legs. */
function pair(legs: readonly BookOrder[]) {
  const [stop, profit] = [legs.find(({ type }) => type === 'stop'), legs.find(({ type }) => type === 'profit')];
  const isOn = (order: BookOrder | undefined) => order?.state === 'waiting';
  const { side, quantity, pair: name, at } = (stop ?? profit) as BookOrder;
  return {
    instType: 'SPOT',
    instId: 'BTC-USDT',
    ordType: 'oco',
    algoId: name?.id,
    algoClOrdId: name?.name,
    clOrdId: '',
    side,
    sz: quantity,
    tdMode: 'cash',
    state: isOn(stop) || isOn(profit) ? 'live' : 'canceled',
    slTriggerPx: isOn(stop) ? stop?.price : '',
    slOrdPx: '-1',
    tpTriggerPx: isOn(profit) ? profit?.price : '',
    tpOrdPx: '-1',
    actualSide: '',
    actualSz: '',
    actualPx: '',
    cTime: String(at),
    uTime: String(at),
  };
}

const legsOf = (book: VenueBook, which: { readonly id?: string | undefined; readonly name?: string | undefined }) =>
  book.orders.filter(({ pair: known }) =>
    which.id === undefined ? known !== undefined && known.name === which.name : known?.id === which.id,
  );

function placePair(params: Asked['params'], book: VenueBook) {
  const { algoClOrdId: name = '', sz = '', slTriggerPx = '', tpTriggerPx = '' } = params;
  if (name.length > 32 || !/^[A-Za-z0-9]+$/.test(name)) throw new Error('algoClOrdId cannot be taken');
  if (legsOf(book, { name }).some(({ state }) => state === 'waiting')) throw new Refused('duplicate');
  const legs = book.exits(
    params['side'] === 'sell' ? 'sell' : 'buy',
    sz,
    [
      { type: 'stop', name: `${name}sl`, price: slTriggerPx },
      { type: 'profit', name: `${name}tp`, price: tpTriggerPx },
    ],
    name,
  );
  return [{ algoId: legs[0]?.pair?.id, algoClOrdId: name, clOrdId: '', sCode: '0', sMsg: '', tag: '' }];
}

function hear({ method, path, params }: Asked, book: VenueBook): Heard {
  const ok = (data: unknown) => ({ status: 200, body: { code: '0', msg: '', data } });
  const which = { id: params['ordId'], name: params['clOrdId'] };
  const nameOf = () => params['clOrdId'] ?? book.find(which)?.name;
  const done = (id: string | undefined, name: unknown) =>
    ok([{ ordId: id, clOrdId: name, tag: '', ts: String(book.now()), sCode: '0', sMsg: '' }]);
  switch (`${method} ${path.replace('/api/v5/', '')}`) {
    case 'GET public/instruments':
      return { route: params['instId'] === undefined ? 'markets' : 'rules', act: () => ok([market(book)]) };
    case 'GET public/time':
      return { route: 'time', act: () => ok([{ ts: String(book.now()) }]) };
    case 'GET market/ticker':
      return { route: 'price', act: () => ok([{ instType: 'SPOT', instId: 'BTC-USDT', last: book.last }]) };
    case 'GET account/balance':
      return { route: 'account', act: () => ok([{ totalEq: '', details: details(book) }]) };
    case 'GET trade/orders-pending':
      return {
        route: 'orders',
        act: () => ok(book.open().flatMap((order) => (order.type === 'market' ? [shown(order, book)] : []))),
      };
    case 'GET trade/orders-algo-pending':
      return { route: 'orders', act: () => ok(pendingPairs(book)) };
    case 'GET trade/order-algo':
      return {
        route: 'order',
        name: params['algoClOrdId'],
        act() {
          const legs = legsOf(book, { id: params['algoId'], name: params['algoClOrdId'] });
          if (legs.length === 0) throw new Refused('no_order');
          return ok([pair(legs)]);
        },
      };
    case 'GET trade/order':
      return {
        route: 'order',
        name: nameOf(),
        act() {
          const order = book.find(which);
          if (order === undefined) throw new Refused('no_order');
          return ok([shown(order, book)]);
        },
      };
    case 'POST trade/cancel-order':
      return { route: 'cancel', name: nameOf(), act: () => done(book.cancel(which).id, nameOf()) };
    case 'POST trade/order':
      return {
        route: 'submit',
        name: params['clOrdId'],
        act() {
          if (params['tgtCcy'] !== 'base_ccy') throw new Error('the size is in the quote currency');
          const side = params['side'] === 'sell' ? 'sell' : 'buy';
          return done(book.market(params['clOrdId'] ?? '', side, params['sz'] ?? '').id, params['clOrdId']);
        },
      };
    case 'POST trade/order-algo':
      return { route: 'protect', name: params['algoClOrdId'], act: () => ok(placePair(params, book)) };
    default:
      throw new Error(`no such route: ${method} ${path}`);
  }
}

const pendingPairs = (book: VenueBook) =>
  [...new Set(book.open().flatMap((order) => order.pair?.id ?? []))].map((id) => pair(legsOf(book, { id })));

const details = (book: VenueBook) => [
  {
    ccy: 'BTC',
    cashBal: book.total(),
    availBal: book.shownBase ?? book.free('base'),
    frozenBal: book.shownBase === undefined ? book.held('base') : '0',
  },
  { ccy: 'USDT', cashBal: book.quote, availBal: book.free('quote'), frozenBal: book.held('quote') },
];

export const okxSpeech: Speech = {
  symbol: 'BTC/USDT',
  keyHeader: 'ok-access-key',
  hear,
  refuse(why) {
    const [code, msg] = ERRORS[why];
    if (why === 'key') return { status: 401, body: { code, msg, data: [] } };
    if (why === 'rate') return { status: 429, body: { code, msg, data: [] } };
    if (why === 'no_order') return { status: 200, body: { code, msg, data: [] } };
    return {
      status: 200,
      body: { code: '1', msg: 'All operations failed', data: [{ ordId: '', sCode: code, sMsg: msg }] },
    };
  },
};
