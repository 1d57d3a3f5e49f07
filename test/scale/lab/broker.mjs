/**
 * A broker as a process of its own, for tests of the host on Restate.
 *
 * 1. It does not know used ids: every POST that arrives is an order, so a double shows.
 * 2. Exits are kept by id, as a broker's are: the same id again is a duplicate.
 * 3. It tells everything that it was sent, with the time of arrival.
 */
import http from 'node:http';

const [port = '9300'] = process.argv.slice(2);
const settings = {
  fillMs: 300,
  submitMs: 5,
  price: '151.00',
  neverFills: false,
  fillsNow: false,
  refusesExits: false,
  loses: '',
};
const orders = [];
const exits = new Map();
const log = [];

const byId = (id) => orders.filter((order) => order.clientOrderId === id);
const settle = (order) => {
  if (order.state !== 'open' || settings.neverFills) return order;
  if (!settings.fillsNow && Date.now() < order.fillsAt) return order;
  order.state = 'filled';
  order.filledAt = Date.now();
  return order;
};

const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

const routes = {
  async 'POST /orders'(body) {
    const order = { ...body, brokerOrderId: `lab-${orders.length + 1}`, state: 'open', at: Date.now() };
    order.fillsAt = Date.now() + settings.fillMs;
    orders.push(order);
    await wait(settings.submitMs);
    return { brokerOrderId: order.brokerOrderId };
  },
  'GET /orders': ({ clientOrderId }) => {
    const [order] = byId(clientOrderId).map(settle);
    const exit = exits.get(clientOrderId);
    if (order === undefined && exit === undefined) return { notFound: true };
    if (order === undefined) return { report: { ...exit, filledSize: '0', state: 'working' } };
    const isFilled = order.state === 'filled';
    const { brokerOrderId } = order;
    const state = order.state === 'open' ? 'pending' : order.state;
    const filled = isFilled ? { filledSize: order.quantity, fillPrice: settings.price } : { filledSize: '0' };
    return { report: { clientOrderId, brokerOrderId, state, ...filled } };
  },
  'POST /statuses': ({ ids }) => ({
    reports: ids.flatMap((clientOrderId) => routes['GET /orders']({ clientOrderId }).report ?? []),
  }),
  'DELETE /orders': ({ clientOrderId }) => {
    log.push({ what: 'cancel', clientOrderId, at: Date.now() });
    const open = byId(clientOrderId)
      .map(settle)
      .filter(({ state }) => state === 'open');
    for (const order of open) Object.assign(order, { state: 'cancelled', cancelledAt: Date.now() });
    return { outcome: open.length > 0 ? 'requested' : byId(clientOrderId).length > 0 ? 'already_closed' : 'not_found' };
  },
  'POST /exits': (body) => {
    const { clientOrderId, stopLoss, takeProfit } = body;
    if (settings.refusesExits) {
      const refused = { kind: 'rejected', reason: 'the lab refuses exits' };
      return { stopLoss: refused, takeProfit: refused };
    }
    const legs = [
      [`${clientOrderId}-sl`, stopLoss],
      [`${clientOrderId}-tp`, takeProfit],
    ].map(([id, price]) => {
      const isKnown = exits.has(id);
      const brokerOrderId = exits.get(id)?.brokerOrderId ?? `exit-${exits.size + 1}`;
      const { symbol, quantity, by } = body;
      exits.set(id, { clientOrderId: id, by, symbol, brokerOrderId, price, quantity, at: Date.now() });
      return isKnown ? { kind: 'duplicate' } : { kind: 'accepted', brokerOrderId };
    });
    return { stopLoss: legs[0], takeProfit: legs[1] };
  },
  'GET /positions': ({ symbol }) => ({
    positions: orders
      .map(settle)
      .filter((order) => (symbol === undefined || order.symbol === symbol) && order.state === 'filled')
      .filter(({ clientOrderId }) => clientOrderId !== settings.loses)
      .map(({ clientOrderId, quantity, side, symbol: own }) => {
        const [sl, tp] = ['sl', 'tp'].map((leg) => exits.get(`${clientOrderId}-${leg}`)?.price);
        return { symbol: own, clientOrderId, size: side === 'sell' ? `-${quantity}` : quantity, sl, tp };
      }),
  }),
  'GET /open': () => ({
    orders: [...orders.map(settle).filter(({ state }) => state === 'open'), ...exits.values()].map(
      ({ clientOrderId, symbol }) => ({ clientOrderId, symbol }),
    ),
  }),
  'GET /state': () => ({ orders: orders.map(settle), exits: [...exits.values()], log }),
  'POST /settings': (body) => Object.assign(settings, body),
};

const server = http.createServer(async (request, response) => {
  const url = new URL(request.url ?? '/', 'http://lab');
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const route = routes[`${request.method} ${url.pathname}`];
  const given = chunks.length > 0 ? JSON.parse(Buffer.concat(chunks).toString()) : Object.fromEntries(url.searchParams);
  const answer = route === undefined ? undefined : await route(given);
  response.writeHead(answer === undefined ? 404 : 200, { 'content-type': 'application/json' });
  response.end(JSON.stringify(answer ?? {}));
});
server.keepAliveTimeout = 60_000;
server.listen(Number(port), '127.0.0.1', () => process.stdout.write('ready\n'));
