/**
 * A broker that remembers nothing: every order fills at once at 151, its exits work, and the take-profit fills as soon as it
 * is asked for. So whatever grows with the number of lives is the engine's.
 */
import type { BrokerAdapter, OrderReport } from '../../src/domain/ports.js';

export interface QuickBroker extends BrokerAdapter {
  /** Calls by method. */
  readonly calls: Map<string, number>;
}

/** @param keepsOpen exits that go on working: the position stays open */
export function quickBroker(keepsOpen: (clientOrderId: string) => boolean = () => false): QuickBroker {
  const calls = new Map<string, number>();
  const count = (method: string) => calls.set(method, (calls.get(method) ?? 0) + 1);
  const isAsked = new Set<string>();

  function reportOn(clientOrderId: string): OrderReport {
    const leg = /^(.*)-(sl|tp)$/.exec(clientOrderId);
    const about = { clientOrderId, brokerOrderId: `b-${clientOrderId}` };
    if (leg === null) return { ...about, state: 'filled', filledSize: '100', fillPrice: '151' };
    // At first they work (B5); asked again, one has filled and the other is gone.
    const [, entry = '', name] = leg;
    if (keepsOpen(entry) || !isAsked.delete(clientOrderId)) {
      if (!keepsOpen(entry)) isAsked.add(clientOrderId);
      return { ...about, state: 'working', filledSize: '0' };
    }
    return name === 'tp'
      ? { ...about, state: 'filled', filledSize: '100', fillPrice: '155.53' }
      : { ...about, state: 'cancelled', filledSize: '0' };
  }

  return {
    name: 'quick',
    capabilities: {
      ...{ push: false, batchStatus: false, lookupByClientId: true, nativeOco: true, fractional: false },
      ...{ positions: 'none', minPollMs: 0 },
    },
    calls,
    async instrument(symbol) {
      count('instrument');
      return { symbol, tickSize: '0.01', lotSize: '1' };
    },
    async submitOrder({ clientOrderId }) {
      count('submitOrder');
      return { kind: 'accepted', brokerOrderId: `b-${clientOrderId}` };
    },
    async getOrderStatus({ clientOrderId }) {
      count('getOrderStatus');
      return reportOn(clientOrderId);
    },
    async cancelOrder() {
      count('cancelOrder');
      return 'already_closed';
    },
    async placeProtection({ clientOrderId }) {
      count('placeProtection');
      const leg = (name: string) => ({ kind: 'accepted', brokerOrderId: `b-${clientOrderId}-${name}` }) as const;
      return { stopLoss: leg('sl'), takeProfit: leg('tp') };
    },
    async getPositions() {
      count('getPositions');
      return [];
    },
  };
}
