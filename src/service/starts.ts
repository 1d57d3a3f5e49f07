/**
 * Executions that have been handed to an engine, and are not in its journal yet.
 *
 * 1. A caller is told that an advisory is taken when the journal knows it: what was answered with 202 survives a kill.
 * 2. One that waits for its turn (E4) is told as not recorded after a short while.
 */
import type { AuditRecord } from '../domain/audit.js';
import type { Clock } from '../domain/ports.js';
import type { Execution, ExecutionResult } from '../index.js';

type StartOutcome =
  | { readonly kind: 'recorded' }
  /** It waits for its turn. */
  | { readonly kind: 'waiting' }
  /** It is over before it was recorded: the journal cannot be written to. */
  | { readonly kind: 'over'; readonly result: ExecutionResult }
  /** Nobody took it. */
  | { readonly kind: 'lost' };

export interface Starts {
  /** Call before the engine is given the advisory. */
  expect(account: string, advisoryId: string): void;
  settled(account: string, execution: Execution): Promise<StartOutcome>;
  heard(account: string, record: AuditRecord): void;
  isWaiting(account: string, advisoryId: string): boolean;
}

const LONGEST_WAIT_MS = 1_000;

export function starts(clock: Clock): Starts {
  const open = new Map<string, Set<() => void>>();
  const keyOf = (account: string, advisoryId: string): string => `${account} ${advisoryId}`;

  return {
    expect(account, advisoryId) {
      const key = keyOf(account, advisoryId);
      if (!open.has(key)) open.set(key, new Set());
    },
    settled(account, { advisoryId, result }) {
      const key = keyOf(account, advisoryId);
      const listeners = open.get(key);
      if (listeners === undefined) return Promise.resolve({ kind: 'recorded' });
      return new Promise((resolve) => {
        const timer = clock.setTimeout(() => {
          listeners.delete(onRecorded);
          resolve({ kind: 'waiting' });
        }, LONGEST_WAIT_MS);
        const over = (outcome: StartOutcome): void => {
          clock.clearTimeout(timer);
          listeners.delete(onRecorded);
          resolve(outcome);
        };
        const onRecorded = (): void => over({ kind: 'recorded' });
        listeners.add(onRecorded);
        result.then(
          (reached) => {
            open.delete(key);
            over({ kind: 'over', result: reached });
          },
          () => {
            open.delete(key);
            over({ kind: 'lost' });
          },
        );
      });
    },
    heard(account, { event, advisoryId }) {
      if (event !== 'execution_start' || advisoryId === undefined) return;
      const key = keyOf(account, advisoryId);
      const listeners = open.get(key);
      open.delete(key);
      for (const recorded of [...(listeners ?? [])]) recorded();
    },
    isWaiting: (account, advisoryId) => open.has(keyOf(account, advisoryId)),
  };
}
