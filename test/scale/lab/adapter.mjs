import http from 'node:http';

/** The adapter of the lab broker; `by` goes along with orders and exits. */
export function labBroker(url, by) {
  const agent = new http.Agent({ keepAlive: true, noDelay: true });
  const call = (method, path, body, signal) =>
    new Promise((resolve, reject) => {
      const query = method === 'POST' ? '' : `?${new URLSearchParams(body)}`;
      const request = http.request(`${url}${path}${query}`, { method, agent, signal }, (answer) => {
        const chunks = [];
        answer.on('data', (chunk) => chunks.push(chunk));
        answer.on('error', reject);
        answer.on('end', () => resolve(JSON.parse(Buffer.concat(chunks).toString())));
      });
      request.on('error', reject);
      request.end(method === 'POST' ? JSON.stringify(body) : undefined);
    });
  return {
    name: 'lab',
    capabilities: {
      push: false,
      batchStatus: true,
      lookupByClientId: true,
      nativeOco: true,
      positions: 'hedging',
      fractional: false,
      minPollMs: 20,
    },
    instrument: async (symbol) => ({ symbol, tickSize: '0.01', lotSize: '1' }),
    async submitOrder(order, signal) {
      const { brokerOrderId } = await call('POST', '/orders', { ...order, by }, signal);
      return { kind: 'accepted', brokerOrderId };
    },
    async getOrderStatus({ clientOrderId }, signal) {
      const { report } = await call('GET', '/orders', { clientOrderId }, signal);
      return report ?? 'not_found';
    },
    getOrderStatuses: async (refs, signal) =>
      (await call('POST', '/statuses', { ids: refs.map(({ clientOrderId }) => clientOrderId) }, signal)).reports,
    cancelOrder: async ({ clientOrderId }, signal) =>
      (await call('DELETE', '/orders', { clientOrderId }, signal)).outcome,
    placeProtection: (request, signal) => call('POST', '/exits', { ...request, by }, signal),
    getOpenOrders: async (signal) => (await call('GET', '/open', {}, signal)).orders,
    async getPositions(symbols, signal) {
      if (symbols.length === 0) return (await call('GET', '/positions', {}, signal)).positions;
      const all = await Promise.all(symbols.map((symbol) => call('GET', '/positions', { symbol }, signal)));
      return all.flatMap(({ positions }) => positions);
    },
  };
}
