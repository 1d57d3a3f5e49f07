import { TooLateError, timedBody } from 'fillchart/adapters';

/**
 * The adapter of the lab broker; `by` goes along with orders and exits.
 *
 * @param stops the process stops itself between the call of `fetch` for its first order and the first byte; `plain` is the
 * negative control: its orders leave whenever they can, whatever the signal says
 */
export function labBroker(url, by, stops) {
  let isStopped = false;
  const call = async (method, path, body, signal, isInTime = () => true) => {
    const query = method === 'POST' ? '' : `?${new URLSearchParams(body)}`;
    const text = JSON.stringify(body);
    const answer = fetch(`${url}${path}${query}`, {
      method,
      // Once it goes on, the deadline of the call is over too: whether the order or the abort is first is chance.
      ...(stops !== 'plain' && { signal }),
      ...(method === 'POST' && { body: stops === 'plain' ? text : timedBody(text, isInTime) }),
    });
    if (stops !== undefined && path === '/orders' && method === 'POST' && !isStopped) {
      isStopped = true;
      process.kill(process.pid, 'SIGSTOP');
    }
    return (await answer).json();
  };
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
    async submitOrder(order, signal, { withinMs }) {
      const endsAt = performance.now() + withinMs;
      try {
        const { brokerOrderId } = await call(
          'POST',
          '/orders',
          { ...order, by },
          signal,
          () => performance.now() <= endsAt,
        );
        return { kind: 'accepted', brokerOrderId };
      } catch (error) {
        if (error.cause instanceof TooLateError) return { kind: 'not_sent', reason: error.cause.message };
        throw error;
      }
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
