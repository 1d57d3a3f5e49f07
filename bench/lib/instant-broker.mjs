/**
 * A broker in memory that answers at once, so that what is measured is not the broker. It keeps the time of every call.
 *
 * Orders fill in full when they are first asked about, or never (`fills: false`), or as `plan` says of the n-th; a cancel is
 * final at once. Positions net by symbol. Exits stay open, or the take-profit fills when one is asked about (`exits: 'fill'`).
 */
import { performance } from 'node:perf_hooks';

const PRICE = '151.00';
/** Reports in one turn of the event loop. */
const PAGE = 1_000;

export function instantBroker({
  fills = true,
  batch = false,
  exits = 'stay',
  plan = () => (fills ? 'fill' : 'never'),
  onSubmit,
  now = () => performance.now(),
} = {}) {
  const orders = new Map();
  const positions = new Map();
  const counts = { submits: 0, cancels: 0, queries: 0, batches: 0, positions: 0, protections: 0 };
  const times = { submits: [], cancels: [] };
  let lastId = 0;

  function reportOf({ clientOrderId }) {
    const order = orders.get(clientOrderId);
    if (order === undefined) return 'not_found';
    if (order.state === 'pending' && order.plan === 'fill') fill(order);
    if (order.entry !== undefined && exits === 'fill') fillExits(order.entry);
    const { brokerOrderId, state, filledSize } = order;
    const filled = filledSize === '0' ? {} : { fillPrice: PRICE };
    return { clientOrderId, brokerOrderId, state, filledSize, ...filled };
  }

  function fill(order) {
    order.state = 'filled';
    order.filledSize = order.quantity;
    move(order.symbol, Number(order.quantity) * (order.side === 'buy' ? 1 : -1));
  }

  function move(symbol, by) {
    const position = positions.get(symbol) ?? { size: 0 };
    position.size += by;
    positions.set(symbol, position);
  }

  function exitOf({ clientOrderId, symbol, side, quantity }, leg, brokerOrderId) {
    const exit = { symbol, side, quantity, brokerOrderId, state: 'working', filledSize: '0', entry: clientOrderId };
    orders.set(`${clientOrderId}-${leg}`, exit);
    return { kind: 'accepted', brokerOrderId };
  }

  /** The take-profit fills, and the stop-loss goes with it. */
  function fillExits(entry) {
    const [sl, tp] = [orders.get(`${entry}-sl`), orders.get(`${entry}-tp`)];
    if (tp?.state !== 'working') return;
    fill(tp);
    if (sl !== undefined) sl.state = 'cancelled';
  }

  return {
    orders,
    counts,
    times,
    /** Forgets what is over, so that a long run does not measure this map. */
    forget() {
      orders.clear();
    },
    /**
     * The same while others are still live: only what was final the last time goes, for an engine that is behind asks about it
     * once more; and the times of calls.
     */
    forgetOver() {
      for (const [id, order] of orders) {
        if (order.state === 'pending' || order.state === 'working') continue;
        if (order.isForgotten) orders.delete(id);
        order.isForgotten = true;
      }
      times.submits.length = 0;
      times.cancels.length = 0;
    },
    name: 'instant',
    capabilities: {
      push: false,
      batchStatus: batch,
      lookupByClientId: true,
      nativeOco: true,
      positions: 'netting',
      fractional: false,
      minPollMs: 0,
    },
    instrument: async (symbol) => ({ symbol, tickSize: '0.01', lotSize: '1' }),
    async submitOrder({ clientOrderId, symbol, side, quantity }) {
      const planned = plan(counts.submits);
      counts.submits += 1;
      times.submits.push(now());
      onSubmit?.({ clientOrderId, symbol });
      if (planned === 'reject') return { kind: 'rejected', code: 'BENCH', reason: 'rejected by plan' };
      lastId += 1;
      const brokerOrderId = `B${lastId}`;
      orders.set(clientOrderId, {
        symbol,
        side,
        quantity,
        brokerOrderId,
        state: 'pending',
        filledSize: '0',
        at: now(),
        plan: planned,
      });
      return { kind: 'accepted', brokerOrderId };
    },
    async getOrderStatus(ref) {
      counts.queries += 1;
      return reportOf(ref);
    },
    ...(batch && {
      async getOrderStatuses(refs) {
        counts.batches += 1;
        const reports = [];
        for (const [index, ref] of refs.entries()) {
          // A real answer comes in pages: the broker is no stall of the engine's event loop.
          if (index % PAGE === PAGE - 1) await new Promise((resolve) => setImmediate(resolve));
          const report = reportOf(ref);
          if (report !== 'not_found') reports.push(report);
        }
        return reports;
      },
    }),
    async cancelOrder({ clientOrderId }) {
      counts.cancels += 1;
      times.cancels.push(now());
      const order = orders.get(clientOrderId);
      if (order === undefined) return 'not_found';
      if (order.state !== 'pending') return 'already_closed';
      order.state = 'cancelled';
      return 'requested';
    },
    async placeProtection(request) {
      counts.protections += 1;
      const { stopLoss: sl, takeProfit: tp, symbol } = request;
      Object.assign(positions.get(symbol) ?? {}, { sl, tp });
      lastId += 1;
      return { stopLoss: exitOf(request, 'sl', `S${lastId}`), takeProfit: exitOf(request, 'tp', `T${lastId}`) };
    },
    async getPositions(symbols) {
      counts.positions += 1;
      return symbols.map((symbol) => {
        const { size = 0, ...legs } = positions.get(symbol) ?? {};
        return { symbol, size: String(size), ...(size === 0 ? {} : { entryPrice: PRICE, ...legs }) };
      });
    },
  };
}

/** The `index`-th advisory; it expires long after every clock here. */
export const advisory = (index, symbols = 100) => ({
  advisoryId: `ADV-${index}`,
  symbol: `SYM${index % symbols}`,
  referencePrice: '150',
  positionSize: '100',
  slOffsetPct: '-0.02',
  tpOffsetPct: '0.03',
  expirationTimestamp: '2099-01-01T00:00:00Z',
});
