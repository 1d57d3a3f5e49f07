/**
 * The adapter of the broker in the other process. Every call passes the crash points of its phases.
 */
import { createConnection, type Socket } from 'node:net';
import type { BrokerAdapter } from '../../src/domain/ports.js';
import type { Pass } from './crash-points.js';
import { type BrokerMethod, onLines, type Reply, send } from './wire.js';

export function remoteBroker(socketPath: string, pass: Pass): BrokerAdapter {
  const waiting = new Map<number, (reply: Reply) => void>();
  let socket: Socket | undefined;
  let lastId = 0;

  function call<T>(method: BrokerMethod, argument?: unknown): Promise<T> {
    const line = socket;
    if (line === undefined) return Promise.reject(new Error('not connected'));
    pass('beforeSend', method);
    lastId += 1;
    const id = lastId;
    return new Promise((resolve) => {
      waiting.set(id, (reply) => {
        if (reply.phase === 'received') return pass('during', method);
        waiting.delete(id);
        pass('answered', method);
        resolve(reply.value as T);
      });
      send(line, { id, method, argument });
    });
  }

  return {
    name: 'remote',
    capabilities: {
      push: false,
      batchStatus: true,
      lookupByClientId: true,
      nativeOco: true,
      positions: 'netting',
      fractional: false,
      minPollMs: 0,
    },
    connect: () =>
      new Promise((resolve, reject) => {
        const line = createConnection(socketPath, resolve);
        line.on('error', reject);
        onLines(line, (value) => waiting.get((value as Reply).id)?.(value as Reply));
        socket = line;
      }),
    async close() {
      socket?.destroy();
    },
    instrument: (symbol) => call('instrument', symbol),
    submitOrder: (order) => call('submitOrder', order),
    getOrderStatus: (ref) => call('getOrderStatus', ref),
    // Also for one: polls are one crash point.
    getOrderStatuses: (refs) => call('getOrderStatuses', refs),
    getOpenOrders: () => call('getOpenOrders'),
    cancelOrder: (ref) => call('cancelOrder', ref),
    placeProtection: (request) => call('placeProtection', request),
    getPositions: (symbols) => call('getPositions', symbols),
  };
}
