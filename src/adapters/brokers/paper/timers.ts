/**
 * Timers with owners, over the clock of the port.
 *
 * 1. A timer that has fired, or was cleared, is forgotten: when nothing is under way, none is left.
 * 2. What is due after 0 ms happens at once, in the same turn.
 */
import type { Clock } from '../../../domain/ports.js';

export interface Timers {
  /** Calls `fn` after `ms`; at once when that is 0 or less. */
  after(owner: string, ms: number, fn: () => void): void;
  /** Drops the timers of one owner. */
  clear(owner: string): void;
  clearAll(): void;
}

export function createTimers(clock: Clock): Timers {
  const byOwner = new Map<string, Set<unknown>>();

  function forget(owner: string, id: unknown): void {
    const ids = byOwner.get(owner);
    ids?.delete(id);
    if (ids?.size === 0) byOwner.delete(owner);
  }

  function clear(owner: string): void {
    for (const id of byOwner.get(owner) ?? []) clock.clearTimeout(id);
    byOwner.delete(owner);
  }

  return {
    after(owner, ms, fn) {
      if (ms <= 0) {
        fn();
        return;
      }
      const id = clock.setTimeout(() => {
        forget(owner, id);
        fn();
      }, ms);
      byOwner.set(owner, (byOwner.get(owner) ?? new Set()).add(id));
    },
    clear,
    clearAll() {
      for (const owner of [...byOwner.keys()]) clear(owner);
    },
  };
}
