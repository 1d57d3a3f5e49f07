// The skeleton of a broker adapter: every method of the port, against a broker that fills at once. What an answer proves
// is said, and nothing else: a lost answer is `unknown`, never `rejected`, and no write is ever sent twice. Enough to run
// with; `my-broker.js` beside it does all that `fillchart conform` asks for as well: aborts, lots, exits that are found again.
import { type BrokerAdapter, createEngine, type OrderReport, type PositionReport } from 'fillchart';

function instantBroker(price: string): BrokerAdapter {
  const orders = new Map<string, OrderReport>();
  const positions = new Map<string, PositionReport>();

  return {
    name: 'instant',
    capabilities: {
      push: false, // true with `reports$`
      batchStatus: false, // true with `getOrderStatuses`
      lookupByClientId: true,
      nativeOco: true,
      positions: 'netting',
      fractional: false,
      minPollMs: 100,
    },
    async instrument(symbol) {
      return { symbol, tickSize: '0.01', lotSize: '1' };
    },
    async submitOrder({ clientOrderId, symbol, side, quantity }) {
      if (orders.has(clientOrderId)) return { kind: 'duplicate' };
      const brokerOrderId = `instant-${orders.size + 1}`;
      orders.set(clientOrderId, {
        clientOrderId,
        brokerOrderId,
        state: 'filled',
        filledSize: quantity,
        fillPrice: price,
      });
      positions.set(symbol, { symbol, size: side === 'buy' ? quantity : `-${quantity}`, entryPrice: price });
      return { kind: 'accepted', brokerOrderId };
    },
    async getOrderStatus({ clientOrderId }) {
      return orders.get(clientOrderId) ?? 'not_found';
    },
    async cancelOrder({ clientOrderId }) {
      return orders.has(clientOrderId) ? 'already_closed' : 'not_found';
    },
    async placeProtection({ clientOrderId, symbol, stopLoss, takeProfit }) {
      const held = positions.get(symbol);
      if (held === undefined) {
        const refused = { kind: 'rejected', code: 'NO_POSITION', reason: `nothing is held in ${symbol}` } as const;
        return { stopLoss: refused, takeProfit: refused };
      }
      positions.set(symbol, { ...held, sl: stopLoss, tp: takeProfit });
      return {
        stopLoss: { kind: 'accepted', brokerOrderId: `${clientOrderId}-sl` },
        takeProfit: { kind: 'accepted', brokerOrderId: `${clientOrderId}-tp` },
      };
    },
    async getPositions(symbols) {
      return [...positions.values()].filter(({ symbol }) => symbols.length === 0 || symbols.includes(symbol));
    },
  };
}

const engine = await createEngine({ broker: instantBroker('25.10'), logger: false });
const result = await engine.execute({
  advisoryId: 'ADV-003',
  symbol: 'XYZ',
  referencePrice: '25.00',
  slOffsetPct: '-0.04',
  tpOffsetPct: '0.08',
  positionSize: '10',
  expirationTimestamp: '2099-01-01T00:00:00Z',
});
console.log(result.status, result.finalSl, result.finalTp, result.reconciliationReport?.status); // FILLED 24.1 27.1 MATCHED
await engine.close();
