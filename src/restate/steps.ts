/**
 * The steps of an execution on Restate: what one `ctx.run` does in a worker, and what it brings back.
 *
 * 1. A step returns plain JSON and throws nothing but what must be tried again: the gate cannot be read.
 * 2. Each step brings the changes of the switches that this worker knows, with their epochs, whatever else it did.
 * 3. `at` is never below that of the last fact: clocks of two workers that differ put nothing out of order.
 */
import { EXIT_LEGS, type ExitFact, type ExitLeg, exitIdOf, readExitReport } from '../domain/exits.js';
import { cancelsLiveOrders, covers, decidingSwitch, stateFor, switchNamed } from '../domain/kill-switch.js';
import { applyReport, type OrderState, readOrderReport } from '../domain/order.js';
import type { OrderRef } from '../domain/ports.js';
import type { ExecutionFact, FactOf } from '../machines/execution.facts.js';
import type { FedChange } from './switch-feed.js';
import { type MadeCancel, madeCancel } from './switch-stop.js';
import type { WorkerParts } from './worker-parts.js';

/** What is told later than this finds that the host has stood still. */
export const LATE_MS = 1_500;

/** A fact of a switch, with the number of the change. */
export interface SwitchNews {
  readonly epoch: number;
  readonly fact: FactOf<'KILL_SWITCH'>;
}

/** What a step brings back. */
export interface StepNews {
  readonly facts: readonly ExecutionFact[];
  readonly switches: readonly SwitchNews[];
  /** Made before the chart asked for it. */
  readonly cancelled?: MadeCancel;
}

/** A fact of a step, as the chart takes it; of a switch, with the number of the change. */
interface OrderedFact {
  readonly fact: ExecutionFact;
  readonly epoch?: number;
}

/**
 * A switch is told before what the step found out, but for this: that an order was, or may have been, sent. A chart that heard of
 * the switch first would take the order for one that never left, and end without it (K3, S1); and T is that of the call (T1).
 *
 * @param epoch of the last change that the chart was told of
 */
export function inOrder({ facts, switches }: StepNews, epoch: number): readonly OrderedFact[] {
  const [first] = facts;
  const isSent = first?.type === 'SUBMIT_STARTED' || first?.type === 'RECOVERED';
  const fresh = switches.filter((news) => news.epoch > epoch);
  const [before, after] = isSent ? [facts.slice(0, 1), facts.slice(1)] : [[], facts];
  return [...before.map((fact) => ({ fact })), ...fresh, ...after.map((fact) => ({ fact }))];
}

/** Where the life stands when a step begins. */
export interface StepStart {
  readonly clientOrderId: string;
  readonly symbol: string;
  readonly lastAt: number;
  readonly epoch: number;
}

export const timeOf =
  ({ clock }: Pick<WorkerParts, 'clock'>, { lastAt }: Pick<StepStart, 'lastAt'>) =>
  (): number =>
    Math.max(lastAt, Math.floor(clock.now()));

/** The changes of switches that cover the symbol, each with the state of the symbol after it (K1, K8). */
export function switchNews(parts: WorkerParts, start: StepStart): readonly SwitchNews[] {
  const time = timeOf(parts, start);
  return parts.feed
    .since(start.epoch)
    .filter(({ change }) => covers(change.target, start.symbol, parts.aliases))
    .map((fed) => ({ epoch: fed.epoch, fact: switchFact(parts, fed, start.symbol, time()) }));
}

function switchFact(
  { aliases }: WorkerParts,
  { change, switches }: FedChange,
  symbol: string,
  at: number,
): FactOf<'KILL_SWITCH'> {
  const effective = stateFor(switches, symbol, aliases);
  const decided =
    change.state === 'ACTIVE'
      ? switchNamed({ ...change, since: change.time })
      : decidingSwitch(switches, symbol, aliases);
  const named = effective === 'ACTIVE' && decided !== undefined ? { decidedBy: decided } : {};
  return { type: 'KILL_SWITCH', at, switchType: change.type, state: change.state, effective, ...named };
}

/** What a watch is for. */
export interface Watch {
  /** The order, while it is watched. */
  readonly order?: {
    readonly ref: OrderRef;
    readonly known: OrderState;
    /** T = 30 s, engine ms, where the chart cancels the order then. */
    readonly cancelAt?: number;
  };
  /** The exits, while they are watched, with what was told of each. */
  readonly exits?: { readonly refs: readonly OrderRef[]; readonly known: Readonly<Partial<Record<ExitLeg, ExitFact>>> };
}

/** Waits until there is news of the order, an exit or a switch, `watchMs` is over, or `signal` is aborted. */
export async function watchUntilNews(
  parts: WorkerParts,
  start: StepStart,
  watch: Watch,
  signal: AbortSignal,
): Promise<StepNews> {
  const { clock, settings } = parts;
  const time = timeOf(parts, start);
  const endsAt = clock.monotonic() + settings.watchMs;
  const hints: unknown[] = [];
  const bell = doorbell(parts, signal);
  const refs = [...(watch.order === undefined ? [] : [watch.order.ref]), ...(watch.exits?.refs ?? [])];
  const unfollow = parts.watch.follow(refs, (raw) => {
    hints.push(raw);
    bell.ring();
  });
  const forget = parts.feed.onChange(bell.ring);
  try {
    for (;;) {
      const switches = switchNews(parts, start);
      if (switches.some(stopsOrders) && watch.order !== undefined) {
        return { facts: [], switches, cancelled: await parts.stop.cancel(watch.order.ref) };
      }
      const facts = hints.splice(0).flatMap((hint) => factsOf(hint, start, watch, time));
      if (facts.some((fact) => isCancelled(fact, watch))) {
        await parts.feed.upToDate(LONGEST_CAUSE_MS);
        return { facts, switches: switchNews(parts, start) };
      }
      const leftMs = endsAt - clock.monotonic();
      if (facts.length > 0 || switches.length > 0 || signal.aborted || leftMs <= 0) return { facts, switches };
      const dueMs = (watch.order?.cancelAt ?? Number.POSITIVE_INFINITY) - clock.now();
      if (watch.order !== undefined && isDue(dueMs)) return await timedOut(parts, watch.order);
      await bell.wait(dueMs > 0 ? Math.min(leftMs, dueMs) : leftMs);
    }
  } finally {
    unfollow();
    forget();
  }
}

/** How long it is asked whether a switch is why an order was cancelled, ms. */
const LONGEST_CAUSE_MS = 1_000;

/**
 * An order that this execution has not cancelled: another worker, which had sent it, may have heard of a switch before this one
 * (K8).
 */
const isCancelled = (fact: ExecutionFact, { order }: Watch): boolean =>
  fact.type === 'ORDER_REPORT' && fact.report.status === 'cancelled' && order?.cancelAt !== undefined;

/** Long past, the host must have stood still: what is due then is begun by the execution (T4). */
const isDue = (dueMs: number): boolean => dueMs <= 0 && dueMs > -LATE_MS;

/**
 * T = 30 s by the clock of the worker, however long Restate takes to say so (T3): the cancel leaves first. The deadline is durable
 * since the submit.
 */
async function timedOut(parts: WorkerParts, { ref, cancelAt = 0 }: NonNullable<Watch['order']>): Promise<StepNews> {
  const cancelled = await madeCancel(parts.calls, parts.clock, ref);
  return { facts: [{ type: 'DEADLINE', at: cancelAt, name: 'hardTimeout' }], switches: [], cancelled };
}

export const stopsOrders = ({ fact }: SwitchNews): boolean =>
  fact.state === 'ACTIVE' && cancelsLiveOrders(fact.switchType);

/** What a raw report says that is new; nothing for reports on other orders, and for what is known. */
function factsOf(
  raw: unknown,
  { clientOrderId }: Pick<StepStart, 'clientOrderId'>,
  watch: Watch,
  time: () => number,
): ExecutionFact[] {
  if (watch.order !== undefined) {
    const report = readOrderReport(raw, { clientOrderId });
    if (report !== undefined) {
      const isNews = applyReport(watch.order.known, report) !== watch.order.known;
      return isNews ? [{ type: 'ORDER_REPORT', at: time(), report }] : [];
    }
  }
  for (const leg of watch.exits === undefined ? [] : EXIT_LEGS) {
    const report = readExitReport(raw, { clientOrderId: exitIdOf(clientOrderId, leg) });
    if (report === undefined) continue;
    const isNews = JSON.stringify(report) !== JSON.stringify(watch.exits?.known[leg]);
    return isNews ? [{ type: 'EXIT_REPORT', at: time(), leg, report }] : [];
  }
  return [];
}

/** Waits that end early: at a push, a change of a switch, or the end of the watch. */
function doorbell({ clock }: WorkerParts, signal: AbortSignal) {
  let wake: (() => void) | undefined;
  let hasRung = false;
  const ring = () => {
    hasRung = true;
    wake?.();
  };
  signal.addEventListener('abort', ring, { once: true });
  return {
    ring,
    async wait(ms: number): Promise<void> {
      if (!hasRung) {
        await new Promise<void>((resolve) => {
          const timer = clock.setTimeout(resolve, ms);
          wake = () => {
            clock.clearTimeout(timer);
            resolve();
          };
        });
      }
      wake = undefined;
      hasRung = false;
    },
  };
}
