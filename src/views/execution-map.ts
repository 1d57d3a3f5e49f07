/**
 * From advisory, and from order, to execution, as long as it is live or not yet durable. What is over is found in the journal
 * (E1, E7).
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
  /** Advisories whose executions are not done. */
  liveIds(): readonly string[];
  /** Symbols that an advisory has named, ever. */
  readonly symbols: Set<string>;
  done(host: ExecutionHost): void;
  /** It is durable: the journal has it. */
  release(host: ExecutionHost): void;
  /** Calls back with the symbol of each execution that begins, until what is returned is called. */
  watch(onBegin: (symbol: string) => void): () => void;
  /** Ends this process' part in whatever is live; returns how many there were. */
  abandon(): number;
}

export function executionMap(): ExecutionMap {
  const byAdvisory = new Map<string, ExecutionHost>();
  const byOrder = new Map<string, ExecutionHost>();
  const live = new Set<ExecutionHost>();
  const symbols = new Set<string>();
  const watchers = new Set<(symbol: string) => void>();

  return {
    add(input, host) {
      live.add(host);
      const { symbol } = input.snapshot;
      for (const onBegin of watchers) onBegin(symbol);
      if (!isRegistered(input)) return;
      symbols.add(symbol);
      byAdvisory.set(input.advisoryId, host);
      byOrder.set(input.clientOrderId, host);
    },
    find: (advisoryId) => byAdvisory.get(advisoryId),
    byOrder: (clientOrderId) => byOrder.get(clientOrderId),
    all: () => [...byAdvisory.values()],
    live,
    // Without a look into the executions: of very many each would have to be fetched into the cache.
    liveIds: () => [...byAdvisory].flatMap(([advisoryId, host]) => (live.has(host) ? advisoryId : [])),
    symbols,
    done: (host) => live.delete(host),
    release(host) {
      const { advisoryId, clientOrderId } = host.context;
      if (byAdvisory.get(advisoryId) === host) byAdvisory.delete(advisoryId);
      if (byOrder.get(clientOrderId) === host) byOrder.delete(clientOrderId);
    },
    watch(onBegin) {
      watchers.add(onBegin);
      return () => void watchers.delete(onBegin);
    },
    abandon() {
      const count = live.size;
      for (const host of live) host.abandon();
      live.clear();
      return count;
    },
  };
}
