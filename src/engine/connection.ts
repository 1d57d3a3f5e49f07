/**
 * The connection to the broker: made when first needed, tried again at the next need after a failure, under a deadline.
 */
import { callBroker } from '../actors/calls.js';
import type { BrokerAdapter, Clock } from '../domain/ports.js';

export interface BrokerConnection {
  /** Resolves when the broker is connected; rejects with why it is not. */
  ensure(): Promise<void>;
  close(): Promise<void>;
}

export function brokerConnection(broker: BrokerAdapter, clock: Clock, deadlineMs: number): BrokerConnection {
  let attempt: Promise<void> | undefined;

  async function connect(): Promise<void> {
    const outcome = await callBroker(clock, deadlineMs, (signal) => broker.connect?.(signal) ?? Promise.resolve());
    if (outcome.kind === 'answered') return;
    attempt = undefined;
    throw new Error(outcome.cause);
  }

  return {
    ensure() {
      attempt ??= connect();
      return attempt;
    },
    async close() {
      await callBroker(clock, deadlineMs, () => broker.close?.() ?? Promise.resolve());
    },
  };
}
