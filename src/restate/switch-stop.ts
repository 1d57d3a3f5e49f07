/**
 * A switch that stops orders: what this worker has at the broker is cancelled in the turn in which it hears of it (K3, K5),
 * whatever the executions wait for.
 *
 * 1. The switch is durable before any worker hears of it, and the chart would ask for the very same cancel (A4).
 * 2. One cancel for an order and a change: the step that brings the switch to the chart tells of it, and sends no second one.
 * 3. Of several orders each waits for all: while one cancel is still to leave, no execution takes up what another brought. A
 *    broker that does not answer holds that up for a moment only.
 * 4. An order whose submit call has not ended is left to the step that makes the call.
 */
import type { BrokerCalls } from '../actors/broker-calls.js';
import { within } from '../actors/within.js';
import { type Aliases, cancelsLiveOrders, covers } from '../domain/kill-switch.js';
import { type OrderFact, readOrderReport } from '../domain/order.js';
import type { CancelWord, Clock, OrderRef } from '../domain/ports.js';
import type { FedChange, SwitchFeed } from './switch-feed.js';

/** A cancel that was made before the chart asked for it. */
export interface MadeCancel {
  readonly startedAt: number;
  readonly endedAt: number;
  readonly outcome: CancelWord;
  /** What the call learned of the order. */
  readonly learnt: readonly OrderFact[];
}

export interface SwitchStop {
  /** Cancels the order, unless it was cancelled for a change that is as late already. */
  cancel(ref: OrderRef): Promise<MadeCancel>;
  close(): void;
}

interface SwitchStopParts {
  readonly feed: Pick<SwitchFeed, 'since' | 'onChange'>;
  readonly calls: Pick<BrokerCalls, 'cancel'>;
  readonly clock: Pick<Clock, 'now' | 'setTimeout' | 'clearTimeout'>;
  readonly aliases: Aliases;
  /** Orders that this worker has sent, that the broker has, and of which no end is known. */
  readonly placed: () => readonly OrderRef[];
}

interface Kept {
  readonly epoch: number;
  readonly made: Promise<MadeCancel>;
}

const LONGEST_BURST_MS = 250;

const stopsOrders = ({ change: { state, type } }: Pick<FedChange, 'change'>): boolean =>
  state === 'ACTIVE' && cancelsLiveOrders(type);

export async function madeCancel(
  calls: Pick<BrokerCalls, 'cancel'>,
  clock: Pick<Clock, 'now'>,
  ref: OrderRef,
): Promise<MadeCancel> {
  const startedAt = Math.floor(clock.now());
  const learnt: OrderFact[] = [];
  const outcome = await calls.cancel(ref, (raw) => {
    const report = readOrderReport(raw, ref);
    if (report !== undefined) learnt.push(report);
  });
  return { startedAt, endedAt: Math.floor(clock.now()), outcome, learnt: [...learnt] };
}

export function switchStop({ feed, calls, clock, aliases, placed }: SwitchStopParts): SwitchStop {
  let cancelled = new Map<string, Kept>();
  let heard = 0;

  const stopOf = (symbol: string): number =>
    feed.since(0).findLast((fed) => stopsOrders(fed) && covers(fed.change.target, symbol, aliases))?.epoch ?? 0;

  let burst: Promise<unknown> = Promise.resolve();
  async function cancel(ref: OrderRef): Promise<MadeCancel> {
    const { made } = begin(ref);
    await burst;
    return made;
  }

  function begin(ref: OrderRef): Kept {
    const epoch = stopOf(ref.symbol);
    const known = cancelled.get(ref.clientOrderId);
    if (known !== undefined && known.epoch >= epoch) return known;
    const kept = { epoch, made: madeCancel(calls, clock, ref) };
    cancelled.set(ref.clientOrderId, kept);
    return kept;
  }

  function stop(): void {
    const fresh = feed.since(heard);
    heard = fresh.at(-1)?.epoch ?? heard;
    const stops = fresh.filter(stopsOrders);
    if (stops.length === 0) return;
    const still = placed();
    const all: Promise<unknown>[] = [];
    const ids = new Set(still.map(({ clientOrderId }) => clientOrderId));
    cancelled = new Map([...cancelled].filter(([id]) => ids.has(id)));
    for (const ref of still)
      if (stops.some(({ change }) => covers(change.target, ref.symbol, aliases))) all.push(begin(ref).made);
    if (all.length > 1) burst = within(clock, LONGEST_BURST_MS, Promise.all(all), undefined);
  }

  const forget = feed.onChange(stop);
  return {
    cancel,
    close() {
      forget();
      cancelled.clear();
    },
  };
}
