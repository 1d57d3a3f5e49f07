/**
 * Laws that are judged at every step, on where each live execution stands.
 *
 * 1. A judge may ask the venue, which then tells what was due. A process that dies of that is judged no further: what was
 *    known of its calls is gone with it.
 */

import type { Execution } from '../../actors/execution.js';
import {
  HARD_TIMEOUT_MS,
  LAST_LOOK_MS,
  LATE_FILL_WINDOW_MS,
  PROTECTION_LIMIT_MS,
  RECONCILIATION_LIMIT_MS,
  VALIDATION_LIMIT_MS,
} from '../../domain/limits.js';
import type { Engine } from '../../engine/engine.js';
import type { ExecutionContext } from '../../machines/execution.context.js';
import type { CallLaws } from './call-laws.js';
import type { Evidence } from './law-court.js';

export interface StateLaws {
  /** Everything that the last event set off has settled. */
  onStep(engine: Engine, advisoryIds: Iterable<string>): void;
  onRestart(): void;
}

/** What an execution looked like at the last step, in this process. */
interface Seen {
  state: string;
  /** Awake time, as {@link StateLaws} counts it. */
  sinceMonotonic: number;
  cumQty: number;
  readonly firstSubmitAt: number | undefined;
}

/** A commit, or a timer turn at the instant of a deadline. */
const SLACK_MS = 100;
/** A poll that hangs, and one by itself after a batch that hung. */
const LONGEST_BETWEEN_POLLS_MS = 5_500;

/** Longest stay in a state, in ms. */
const LONGEST: readonly (readonly [state: string, ms: number])[] = [
  ['validating.asking', VALIDATION_LIMIT_MS],
  ['filled', PROTECTION_LIMIT_MS],
  ['late', PROTECTION_LIMIT_MS],
  ['reconciling.protecting', PROTECTION_LIMIT_MS],
  ['reconciling.asking', RECONCILIATION_LIMIT_MS],
];
/** One call of a cancel or a protection. */
const CALL_MS = 2_000;
// The window closes with a look of its own; a cancel that was begun by then keeps its call (T4), and one more look comes after it.
const LATE_WINDOW_ENDS_MS = HARD_TIMEOUT_MS + LATE_FILL_WINDOW_MS + LAST_LOOK_MS + CALL_MS + LAST_LOOK_MS;
const WATCHED = /^(?:pending|cancelling|timeout)/;

export function stateLaws(evidence: Evidence, calls: CallLaws, pollIntervalMs: number): StateLaws {
  const { journal, court } = evidence;
  let seen = new Map<string, Seen>();

  function judge(execution: Execution): void {
    const snapshot = execution.actor.getSnapshot();
    const { context } = snapshot;
    if (snapshot.status !== 'active') return;
    const id = context.clientOrderId;
    const state = pathOf(snapshot.value);
    const now = evidence.awakeMs();
    const seenNow = seen;
    const before = seenNow.get(id);
    const sinceMonotonic = before !== undefined && before.state === group(state) ? before.sinceMonotonic : now;
    const cumQty = Number(context.order.cumQty);
    court.demand(
      'L6',
      before === undefined || cumQty >= before.cumQty || wasCorrected(id),
      () => `${id}: cumQty fell from ${before?.cumQty} to ${cumQty}`,
    );
    if (seen !== seenNow) return;
    judgeDeadlines(id, context, before);
    judgeStay(id, state, now - Math.max(sinceMonotonic, evidence.wokeAt()));
    judgeT(id, state, execution, now - Math.max(sinceMonotonic, evidence.wokeAt()));
    judgeWatch(id, state, context, now, sinceMonotonic);
    seen.set(id, { state: group(state), sinceMonotonic, cumQty, firstSubmitAt: context.firstSubmitAt });
  }

  /** The venue took back or changed a fill (P8). */
  const wasCorrected = (clientOrderId: string): boolean =>
    evidence.venue.find({ clientOrderId, isHidden: true })?.fills.some(({ status }) => status !== 'stands') === true;

  function judgeDeadlines(id: string, { firstSubmitAt }: ExecutionContext, before: Seen | undefined): void {
    const isKept = before?.firstSubmitAt === undefined || before.firstSubmitAt === firstSubmitAt;
    court.demand('L3', isKept, () => `${id}: T starts at ${firstSubmitAt}, and started at ${before?.firstSubmitAt}`);
    const called = calls.firstSubmitAt(id);
    const isNotLater = called === undefined || firstSubmitAt === undefined || firstSubmitAt <= called;
    court.demand('L3', isNotLater, () => `${id}: T starts at ${firstSubmitAt}, after the first call at ${called}`);
    court.demand('L3', called === undefined || firstSubmitAt !== undefined, () => `${id} was sent, and T does not run`);
  }

  function judgeStay(id: string, state: string, stayMs: number): void {
    const [, bound] = LONGEST.find(([name]) => state.startsWith(name)) ?? [];
    // A protection that was begun in time gets its whole call (T4).
    const most = bound === undefined ? undefined : bound + (state.endsWith('overdue') ? CALL_MS : 0);
    court.demand('L11', most === undefined || stayMs <= most + SLACK_MS, () => `${id} is in ${state} for ${stayMs} ms`);
  }

  /** By the engine's own T: nothing is still pending after 30 s, nor in the late window after 32 s and one last look. */
  function judgeT(id: string, state: string, { timeout }: Execution, stayMs: number): void {
    const t = timeout.elapsedSeconds() * 1_000;
    const isLate = state.startsWith('timeout');
    const isBounded = /^(?:submitted|pending|cancelling|timeout)/.test(state);
    const endsMs = isLate ? LATE_WINDOW_ENDS_MS : HARD_TIMEOUT_MS;
    // A process that slept through a deadline acts as if it fires now, the last look included.
    // A cancel that is due gets its whole call before it, however late (T4).
    const leastMs = SLACK_MS + (isLate ? LAST_LOOK_MS + CALL_MS + LAST_LOOK_MS : 0);
    const isOver = isBounded && t > endsMs + SLACK_MS && stayMs > leastMs;
    court.demand('L11', !isOver, () => `${id} is in ${state} at T = ${t} ms`);
  }

  function judgeWatch(
    id: string,
    state: string,
    { snapshot, order }: ExecutionContext,
    now: number,
    since: number,
  ): void {
    if (!WATCHED.test(state)) return;
    const quietMs = now - Math.max(since, calls.askedAt(id) ?? since, evidence.wokeAt());
    court.demand(
      'L15',
      quietMs <= LONGEST_BETWEEN_POLLS_MS + pollIntervalMs,
      () => `${id} is in ${state} and unwatched for ${quietMs} ms`,
    );
    // Filled, and only the price is missing: there is nothing left to cancel.
    const isLive = state.startsWith('pending') && order.status === 'open';
    const isForgotten = isLive && journal.wantsCancel(snapshot.symbol) && !evidence.diskFailed();
    court.demand('L15', !isForgotten, () => `${id} is in ${state} while a kill switch wants it cancelled`);
  }

  return {
    onStep(engine, advisoryIds) {
      const seenNow = seen;
      for (const advisoryId of advisoryIds) {
        if (seen !== seenNow) return;
        const execution = engine.execution(advisoryId);
        if (execution !== undefined) judge(execution);
      }
    },
    onRestart() {
      seen = new Map();
    },
  };
}

/** States that share a bound count as one. */
const group = (state: string): string =>
  LONGEST.find(([name]) => state.startsWith(name))?.[0] ?? state.split('.')[0] ?? state;

function pathOf(value: unknown): string {
  if (typeof value === 'string') return value;
  const [[key, inner] = ['', '']] = Object.entries(value as Record<string, unknown>);
  return `${key}.${pathOf(inner)}`;
}
