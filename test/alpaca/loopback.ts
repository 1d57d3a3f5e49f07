/**
 * Virtual time over a real loopback network.
 *
 * 1. Time stands still until the network is quiet: every request is answered whole, or kept waiting on purpose, and
 *    every update that was pushed has been read. So a test ends the same way on a slow machine.
 * 2. Then time steps to the next due timer, of the engine, the adapter or the simulator alike.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from 'fillchart';
import { type AlpacaSimulator, virtualClock } from 'fillchart/testing';

export interface LoopbackClock extends Clock {
  runUntil<T>(until: Promise<T>): Promise<T>;
  /** Moves on by so many ms, and lets the network settle. */
  advance(ms: number): Promise<void>;
  /** Carries requests, and knows which are under way. */
  readonly fetch: typeof globalThis.fetch;
  /** Whose network it is. */
  attach(simulator: Pick<AlpacaSimulator, 'pending'>): void;
}

/** Turns of the event loop without any traffic, before the network counts as quiet. */
const QUIET_TURNS = 3;
const LONGEST_MS = 600_000;

export function loopbackClock(): LoopbackClock {
  const base = virtualClock();
  const due = new Map<unknown, number>();
  let underWay = 0;
  let simulator: Pick<AlpacaSimulator, 'pending'> | undefined;

  function isQuiet(): boolean {
    if (simulator === undefined) return underWay === 0;
    const { requests, held, updates } = simulator.pending;
    return underWay === held && requests === held && updates === 0;
  }

  async function settle(): Promise<void> {
    for (let quiet = 0; quiet < QUIET_TURNS; ) {
      await nextTurn();
      quiet = isQuiet() ? quiet + 1 : 0;
    }
  }

  async function step(end: number): Promise<boolean> {
    await settle();
    const next = Math.min(...due.values());
    if (next > end) return false;
    await base.advance(Math.max(0, next - base.monotonic()));
    return true;
  }

  return {
    now: base.now,
    monotonic: base.monotonic,
    setTimeout(fn, ms) {
      const id = base.setTimeout(() => {
        due.delete(id);
        fn();
      }, ms);
      due.set(id, base.monotonic() + Math.max(0, Number.isFinite(ms) ? ms : 0));
      return id;
    },
    clearTimeout(id) {
      due.delete(id);
      base.clearTimeout(id);
    },
    async runUntil(until) {
      let isOver = false;
      const over = (): void => {
        isOver = true;
      };
      until.then(over, over);
      const end = base.monotonic() + LONGEST_MS;
      await settle();
      while (!isOver) {
        if (!(await step(end)) && !isOver) throw new Error('no timer is left and the promise is still open');
      }
      return until;
    },
    async advance(ms) {
      const end = base.monotonic() + ms;
      while (await step(end));
      await base.advance(end - base.monotonic());
      await settle();
    },
    async fetch(input, init) {
      underWay += 1;
      try {
        const response = await globalThis.fetch(input, init);
        const text = await response.text();
        return new Response(text === '' ? null : text, { status: response.status, headers: response.headers });
      } finally {
        underWay -= 1;
      }
    },
    attach(attached) {
      simulator = attached;
    },
  };
}
