// A broker adapter in plain JavaScript, and what `fillchart conform` needs to try it:
//
//   npx fillchart conform --adapter my-broker.js
//
// The first half stands in for your broker: a venue in memory that fills market orders at once and keeps exit pairs (OCO).
// The second half is the adapter. It translates, says what an answer proves, and never sends anything twice.

const PRICE = '150';
const RULES = { AAPL: { symbol: 'AAPL', tickSize: '0.01', lotSize: '1' } };

// ── The venue: in your adapter, this is the broker, behind its library or its HTTP interface ─────────────────────────

/** The mood of the day, by situation: how much of an order is filled, and what the venue does not do. */
const MOODS = {
  rests: { fillsAtMost: 0 },
  'fills-partly': { fillsAtMost: 4 },
  rejects: { refuses: true },
  'submit-hangs': { silentOn: 'submit' },
  'query-hangs': { silentOn: 'query' },
};

/** @param {string} situation */
function makeVenue(situation) {
  /** @type {{ fillsAtMost?: number, refuses?: boolean, silentOn?: string }} */
  const { fillsAtMost = Number.POSITIVE_INFINITY, refuses = false, silentOn } = MOODS[situation] ?? {};
  const orders = new Map(); // by clientOrderId
  const pairs = new Map(); // by the clientOrderId of the entry
  const held = (symbol) =>
    [...orders.values()]
      .filter((order) => order.symbol === symbol)
      .reduce((sum, { side, filled }) => sum + (side === 'buy' ? filled : -filled), 0);

  return {
    orders,
    pairs,
    held,
    /** The way there and back. It ends when the signal does: an adapter that waits longer is left behind. */
    answer(what, signal) {
      return new Promise((resolve, reject) => {
        const timer = what === silentOn ? undefined : setTimeout(resolve, 1);
        const stop = () => {
          clearTimeout(timer);
          reject(new Error(`${what}: no answer in time`));
        };
        if (signal.aborted) stop();
        else signal.addEventListener('abort', stop, { once: true });
      });
    },
    /** Returns why the order is refused, or nothing. */
    take({ clientOrderId, symbol, side, quantity }) {
      if (orders.has(clientOrderId)) return { code: 'DUPLICATE', reason: 'this id was used before' };
      if (refuses) return { code: 'NO_MARGIN', reason: 'not enough margin' };
      if (!/^[1-9]\d*$/.test(quantity)) return { code: 'LOT', reason: `${quantity} is no multiple of the lot` };
      const filled = Math.min(Number(quantity), fillsAtMost);
      const isWhole = filled === Number(quantity);
      const state = isWhole ? 'filled' : filled > 0 ? 'partially_filled' : 'pending';
      orders.set(clientOrderId, { brokerOrderId: `V-${orders.size + 1}`, symbol, side, filled, state });
      return undefined;
    },
    /** Both exits or none. They can only close what is held, and what no other pair closes already. */
    takePair({ clientOrderId, symbol, side, quantity, stopLoss, takeProfit }) {
      if (pairs.has(clientOrderId)) return { code: 'DUPLICATE', reason: 'this pair is there' };
      const promised = [...pairs.values()].filter((pair) => pair.symbol === symbol && pair.side === side);
      const free = Math.abs(held(symbol)) - promised.reduce((sum, pair) => sum + Number(pair.quantity), 0);
      const closes = side === 'sell' ? held(symbol) > 0 : held(symbol) < 0;
      if (!closes || Number(quantity) > free) return { code: 'REDUCE_ONLY', reason: 'there is nothing to close' };
      pairs.set(clientOrderId, { symbol, side, quantity, stopLoss, takeProfit });
      return undefined;
    },
  };
}

// ── The adapter ──────────────────────────────────────────────────────────────────────────────────────────────────────

/**
 * @param {ReturnType<typeof makeVenue>} venue
 * @returns {import('fillchart').BrokerAdapter}
 */
export function myBroker(venue) {
  let isClosed = false;

  /** What the venue tells of an order, an exit included, in the words of the port. */
  function report(clientOrderId) {
    const order = venue.orders.get(clientOrderId);
    if (order !== undefined) {
      const { brokerOrderId, symbol, state, filled } = order;
      // Decimals are strings. A price only where something was filled: nothing is made up.
      return {
        clientOrderId,
        brokerOrderId,
        symbol,
        state,
        filledSize: `${filled}`,
        ...(filled && { fillPrice: PRICE }),
      };
    }
    const [, entry, leg] = /^(.*)-(sl|tp)$/.exec(clientOrderId) ?? [];
    const pair = leg && venue.pairs.get(entry);
    if (!pair) return 'not_found';
    return {
      clientOrderId,
      brokerOrderId: `V-${clientOrderId}`,
      symbol: pair.symbol,
      state: 'pending',
      filledSize: '0',
    };
  }

  /** What sending proved. Only the broker's own no is a refusal; a lost answer is `unknown`, for it may have arrived. */
  async function send(what, signal, deliver) {
    if (isClosed) return { kind: 'not_sent', reason: 'the adapter is closed' };
    if (signal.aborted) return { kind: 'not_sent', reason: 'told to stop before anything was sent' };
    try {
      await venue.answer(what, signal);
    } catch (error) {
      return { kind: 'unknown', cause: String(error) };
    }
    const refusal = deliver();
    if (refusal === undefined) return { kind: 'accepted' };
    return refusal.code === 'DUPLICATE' ? { kind: 'duplicate' } : { kind: 'rejected', ...refusal };
  }

  return {
    name: 'my-broker',
    capabilities: {
      push: false, // true with `reports$`
      batchStatus: false, // true with `getOrderStatuses`
      lookupByClientId: true,
      nativeOco: true,
      positions: 'netting',
      fractional: false,
      minPollMs: 100,
    },

    async instrument(symbol, signal) {
      await venue.answer('instrument', signal);
      return RULES[symbol] ?? 'unknown_symbol';
    },

    async submitOrder(order, signal) {
      const outcome = await send('submit', signal, () => venue.take(order));
      if (outcome.kind !== 'accepted') return outcome;
      return { kind: 'accepted', brokerOrderId: venue.orders.get(order.clientOrderId).brokerOrderId };
    },

    // A read that fails throws: that is "no news". `not_found` is an answer, and only the venue can give it.
    async getOrderStatus({ clientOrderId }, signal) {
      await venue.answer('query', signal);
      return report(clientOrderId);
    },

    async cancelOrder({ clientOrderId }, signal) {
      await venue.answer('cancel', signal);
      const order = venue.orders.get(clientOrderId);
      if (order === undefined) return 'not_found';
      if (order.state !== 'pending' && order.state !== 'partially_filled') return 'already_closed';
      order.state = 'cancelled';
      return 'requested';
    },

    async placeProtection(request, signal) {
      const outcome = await send('protect', signal, () => venue.takePair(request));
      const leg = (name) =>
        outcome.kind === 'accepted' ? { ...outcome, brokerOrderId: `V-${request.clientOrderId}-${name}` } : outcome;
      return { stopLoss: leg('sl'), takeProfit: leg('tp') };
    },

    // `sl` and `tp` are exits that work now, not what was once asked for.
    async getPositions(symbols, signal) {
      await venue.answer('positions', signal);
      const asked = symbols.length > 0 ? symbols : Object.keys(RULES);
      return asked.flatMap((symbol) => {
        if (venue.held(symbol) === 0) return [];
        const protections = [...venue.pairs]
          .filter(([, pair]) => pair.symbol === symbol)
          .map(([clientOrderId, { quantity, stopLoss, takeProfit }]) => ({
            clientOrderId,
            quantity,
            stopLoss,
            takeProfit,
          }));
        const [only] = protections.length === 1 ? protections : [];
        const exits = only && { sl: only.stopLoss, tp: only.takeProfit };
        return [{ symbol, size: `${venue.held(symbol)}`, entryPrice: PRICE, ...exits, protections }];
      });
    },

    async getOpenOrders(signal) {
      await venue.answer('orders', signal);
      const legs = [...venue.pairs.keys()].flatMap((id) => [`${id}-sl`, `${id}-tp`]);
      return [...venue.orders.keys(), ...legs]
        .map(report)
        .filter(({ state }) => /^(pending|partially_filled)$/.test(state));
    },

    async close() {
      isClosed = true;
    },
  };
}

// ── For `fillchart conform`: a new, flat broker for each case, in the situation that the case needs ──────────────────

export const conformance = {
  symbol: 'AAPL',
  situations: ['fills', 'rests', 'fills-partly', 'rejects', 'submit-hangs', 'query-hangs'],
};

/** @param {string} situation */
export const makeBroker = (situation) => myBroker(makeVenue(situation));
