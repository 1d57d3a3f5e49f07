/**
 * From advisory, and from order, to execution. What is done stays: the same advisory again gets the same result (E1).
 */

import type { ExecutionHost } from '../actors/execution-host.js';
import { isRegistered } from '../machines/advisory.js';
import type { ExecutionInput } from '../machines/execution.facts.js';

export interface ExecutionMap {
  add(input: ExecutionInput, host: ExecutionHost): void;
  find(advisoryId: string): ExecutionHost | undefined;
  byOrder(clientOrderId: string): ExecutionHost | undefined;
  /** All that have a name, oldest first. */
  all(): readonly ExecutionHost[];
  /** All that are not done, refusals under way included. */
  readonly live: ReadonlySet<ExecutionHost>;
  done(host: ExecutionHost): void;
  /** Ends this process' part in whatever is live; returns how many there were. */
  abandon(): number;
}

export function executionMap(): ExecutionMap {
  const byAdvisory = new Map<string, ExecutionHost>();
  const byOrder = new Map<string, ExecutionHost>();
  const live = new Set<ExecutionHost>();

  return {
    add(input, host) {
      live.add(host);
      if (!isRegistered(input)) return;
      byAdvisory.set(input.advisoryId, host);
      byOrder.set(input.clientOrderId, host);
    },
    find: (advisoryId) => byAdvisory.get(advisoryId),
    byOrder: (clientOrderId) => byOrder.get(clientOrderId),
    all: () => [...byAdvisory.values()],
    live,
    done: (host) => live.delete(host),
    abandon() {
      const count = live.size;
      for (const host of live) host.abandon();
      live.clear();
      return count;
    },
  };
}
