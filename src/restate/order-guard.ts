/**
 * The order guard of a worker: what this process has sent is looked after when Restate cannot be reached.
 *
 * 1. It knows only orders that this very process has sent, from the moment before the call.
 * 2. At T = 30 s and a margin it looks at the order, whatever Restate says: one that is open then must be cancelled by the
 *    rule that everybody else follows (T3), so that doing it twice harms nothing.
 * 3. While Restate is silent it polls the order, and protects a fill under the ids that the workflow would use (B1): a
 *    repeat afterwards finds them there.
 * 4. When Restate is back, it tells what it saw of an order, and when: what filled in time did so, though nobody could write it
 *    down. All else the workflow finds by its own questions.
 */
import type { BrokerCalls } from '../actors/broker-calls.js';
import { HARD_TIMEOUT_MS } from '../domain/limits.js';
import { applyReport, hasFill, type OrderState, readOrderReport } from '../domain/order.js';
import type { Clock, Logger, OrderRef, SubmitOutcome } from '../domain/ports.js';
import type { ObservedOrder } from '../domain/reconciliation.js';
import { type ExecutionContext, orderRef, protectionRequest } from '../machines/execution.context.js';
import type { FactOf } from '../machines/execution.facts.js';
import { computeBracket } from '../machines/execution.updates.js';

interface GuardedOrder {
  readonly context: ExecutionContext;
  /** Monotonic time of the submit call, ms. */
  readonly sentAt: number;
}

export interface OrderGuard {
  /** Called in the turn before the submit call. */
  sent(context: ExecutionContext): void;
  /** The broker has taken it. */
  placed(clientOrderId: string, brokerOrderId: string | undefined): void;
  /** Orders that the broker has taken, and of which no end is known here. */
  placedOrders(): readonly OrderRef[];
  /** The workflow has this order's end, and its exits, in hand. */
  release(clientOrderId: string): void;
  /** Orders that are looked after. */
  readonly size: number;
  close(): void;
}

/** What a guard saw while nobody could write it down. */
export type GuardFact = FactOf<'ORDER_REPORT'>;

export interface OrderGuardOptions {
  readonly calls: BrokerCalls;
  readonly clock: Clock;
  readonly silentMs: () => number;
  readonly marginMs: number;
  /** Tells Restate what was seen; tried again until it resolves. */
  readonly tell: (clientOrderId: string, facts: readonly GuardFact[]) => Promise<void>;
  readonly logger?: Logger | false;
}

/** Restate counts as away after so long without an answer, ms. */
const AWAY_AFTER_MS = 2_000;
const TICK_MS = 250;
/** An order that nothing is known of any more is given up so long after T = 30 s. */
const GIVE_UP_MS = 120_000;

interface Watched extends GuardedOrder {
  order: OrderState;
  placed: OrderRef | undefined;
  isBusy: boolean;
  isProtected: boolean;
}

export function orderGuard(options: OrderGuardOptions): OrderGuard {
  const { calls, clock, silentMs, marginMs, tell, logger } = options;
  const guarded = new Map<string, Watched>();
  const seen = new Map<string, GuardFact[]>();
  let isTelling = false;
  let timer: unknown;

  function arm(): void {
    if ((guarded.size === 0 && seen.size === 0) || timer !== undefined) return;
    timer = clock.setTimeout(() => {
      timer = undefined;
      for (const [id, watched] of guarded) if (!watched.isBusy) void lookAfter(id, watched);
      if (silentMs() < AWAY_AFTER_MS) void tellSeen();
      arm();
    }, TICK_MS);
  }

  async function tellSeen(): Promise<void> {
    if (isTelling) return;
    isTelling = true;
    for (const [id, facts] of seen) {
      const isTold = await tell(id, facts).then(
        () => true,
        () => false,
      );
      if (isTold && seen.get(id) === facts) seen.delete(id);
    }
    isTelling = false;
  }

  function learn(id: string, watched: Watched, observed: ObservedOrder): void {
    if (observed.kind !== 'report') return;
    const after = applyReport(watched.order, observed.report);
    if (after === watched.order) return;
    watched.order = after;
    if (silentMs() < AWAY_AFTER_MS) return;
    const fact = { type: 'ORDER_REPORT', at: Math.floor(clock.now()), report: observed.report } as const;
    seen.set(id, [...(seen.get(id) ?? []), fact]);
  }

  async function lookAfter(id: string, watched: Watched): Promise<void> {
    const isAway = silentMs() >= AWAY_AFTER_MS;
    const t = clock.monotonic() - watched.sentAt;
    const isDue = t >= HARD_TIMEOUT_MS + marginMs;
    if (!isAway && !isDue) return;
    if (t >= HARD_TIMEOUT_MS + GIVE_UP_MS) return void guarded.delete(id);
    watched.isBusy = true;
    try {
      learn(id, watched, await calls.observeOrder(orderRef(watched.context)));
      if (isOpen(watched.order)) {
        if (isDue) await cancel(id, watched);
        return;
      }
      if (isAway && hasFill(watched.order)) await protect(id, watched);
      if (!isAway || watched.isProtected || !hasFill(watched.order)) guarded.delete(id);
    } finally {
      watched.isBusy = false;
    }
  }

  async function cancel(id: string, watched: Watched): Promise<void> {
    say('the workflow has not ended this order in time: cancelled by the worker that sent it', id);
    const outcome = await calls.cancel(orderRef(watched.context), (raw) => {
      const report = readOrderReport(raw, watched.context);
      if (report !== undefined) watched.order = applyReport(watched.order, report);
    });
    if (outcome === 'already_closed' || outcome === 'requested') {
      learn(id, watched, await calls.observeOrder(orderRef(watched.context)));
    }
  }

  async function protect(id: string, watched: Watched): Promise<void> {
    const context = { ...watched.context, order: watched.order };
    const { bracket } = computeBracket(context);
    if (bracket?.valid !== true) {
      say('filled, and no valid exits can be computed: a person must look', id);
      watched.isProtected = true;
      return;
    }
    say('filled while Restate is away: its exits are placed by the worker that sent it', id);
    const legs = await calls.protect(protectionRequest(context, bracket));
    watched.isProtected = [legs.stopLoss, legs.takeProfit].every(isThere);
  }

  function say(message: string, clientOrderId: string): void {
    if (logger === false) return;
    logger?.warn({ clientOrderId, restateSilentMs: Math.round(silentMs()) }, message);
  }

  return {
    sent(context) {
      guarded.set(context.clientOrderId, {
        context,
        sentAt: clock.monotonic(),
        order: context.order,
        placed: undefined,
        isBusy: false,
        isProtected: false,
      });
      arm();
    },
    placed(clientOrderId, brokerOrderId) {
      const watched = guarded.get(clientOrderId);
      if (watched === undefined) return;
      watched.placed = { ...orderRef(watched.context), ...(brokerOrderId !== undefined && { brokerOrderId }) };
    },
    placedOrders: () =>
      [...guarded.values()].flatMap(({ placed, order }) => (placed !== undefined && isOpen(order) ? [placed] : [])),
    release: (clientOrderId) => void guarded.delete(clientOrderId),
    get size() {
      return guarded.size;
    },
    close() {
      clock.clearTimeout(timer);
      guarded.clear();
      seen.clear();
    },
  };
}

const isOpen = ({ status }: OrderState): boolean => status === 'open';

const isThere = ({ kind }: SubmitOutcome): boolean => kind === 'accepted' || kind === 'duplicate';
