/**
 * What goes over the wire between engine and broker: one JSON value a line.
 */
import type { Duplex, Readable } from 'node:stream';
import type { BrokerAdapter } from '../../src/domain/ports.js';

export type BrokerMethod = Extract<
  keyof BrokerAdapter,
  | 'instrument'
  | 'submitOrder'
  | 'getOrderStatus'
  | 'getOrderStatuses'
  | 'getOpenOrders'
  | 'cancelOrder'
  | 'placeProtection'
  | 'getPositions'
>;

export interface Request {
  readonly id: number;
  readonly method: BrokerMethod;
  readonly argument?: unknown;
}

/** First that the request has had its effect, then what the answer is: so that a process can die between the two. */
export type Reply =
  | { readonly id: number; readonly phase: 'received' }
  | { readonly id: number; readonly phase: 'answered'; readonly value: unknown };

/** Calls back with each value; what is cut off at the end is dropped. */
export function onLines(stream: Readable, take: (value: unknown) => void): void {
  let rest = '';
  stream.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) take(JSON.parse(line));
  });
}

export const send = (stream: Duplex, value: unknown): boolean => stream.write(`${JSON.stringify(value)}\n`);
