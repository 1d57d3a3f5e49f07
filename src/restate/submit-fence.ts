/**
 * The fence: the only place of a worker that may send an entry order.
 *
 * 1. An intent names the attempt of the handler that made it. That name is not in the journal by itself, so a successor, and
 *    this very process after a cut connection, finds that the intent is not its own.
 * 2. Whoever made the intent sends within its lease, judged by the monotonic clock, or not at all. The adapter judges it once
 *    more where the first byte leaves: a worker that is frozen in between would send when it wakes up.
 * 3. A successor asks the broker at once, and adopts what it finds: an intent sends once. That it finds nothing proves nothing
 *    before the lease and what was on its way are over; then it was never sent (`lease`). In the mode `never` it counts as sent
 *    all the same (S4).
 * 4. A switch that comes while the call is under way finds its order cancelled by the step that made the call.
 * 5. The gate is read after the intent. Its age, expiry, cases, switches, hash and T are judged in the turn of the call.
 */
import { blocked, type LookRefusal, lastLook } from '../actors/last-look.js';
import type { OrderRef, SubmitOutcome } from '../domain/ports.js';
import { gateRefusal } from '../domain/validation.js';
import { vetoBy } from '../engine/risk-gate.js';
import { type ExecutionContext, hardTimeoutAt, orderRef, orderRequest } from '../machines/execution.context.js';
import type { ExecutionFact } from '../machines/execution.facts.js';
import { gateOf } from './gate-view.js';
import type { Room } from './risk-book.js';
import type { HostSettings } from './settings.js';
import { type StepNews, type StepStart, stopsOrders, switchNews, timeOf } from './steps.js';
import type { WorkerParts } from './worker-parts.js';

export interface Intent {
  /** Made anew by each attempt of the handler; never derived from the journal. */
  readonly attempt: string;
  /** Engine ms. */
  readonly at: number;
  /** Monotonic ms in the process that made it: of no meaning to any other. */
  readonly madeAt: number;
}

/** What must be left of the lease when the call is made: a connection may have to be made first. Else it takes a new intent. */
const leastToSend = ({ leaseMs }: Pick<HostSettings, 'leaseMs'>): number => leaseMs / 4;

/** A try to send the order. */
interface Submit {
  readonly intent: Intent;
  /** Of the handler that is under way. */
  readonly attempt: string;
  /** What the limits have said; absent where there are none. */
  readonly room?: Room | undefined;
}

export const newIntent = (parts: WorkerParts, start: StepStart, attempt: string): Intent => ({
  attempt,
  at: timeOf(parts, start)(),
  madeAt: parts.clock.monotonic(),
});

/**
 * Sends the order, or finds out what became of a predecessor's. `undefined`: nothing was sent and nobody asked for it, since
 * the gate could not be read within the lease; it takes a new intent.
 */
export async function submitFenced(
  parts: WorkerParts,
  start: StepStart,
  context: ExecutionContext,
  { intent, attempt, room }: Submit,
): Promise<StepNews | undefined> {
  const facts =
    intent.attempt === attempt
      ? await submitOwn(parts, start, context, { intent, room })
      : await succeed(parts, start, context, intent);
  if (facts === undefined) return undefined;
  const switches = switchNews(parts, start);
  // One that has come meanwhile: the cancel leaves before anything is written (K3, K5).
  const placed = switches.some(stopsOrders) ? placedBy(facts, context) : undefined;
  return { facts, switches, ...(placed !== undefined && { cancelled: await parts.stop.cancel(placed) }) };
}

/** The order, when the broker has taken it. */
function placedBy(facts: readonly ExecutionFact[], context: ExecutionContext): OrderRef | undefined {
  const end = facts.at(-1);
  if (end?.type !== 'SUBMIT_OUTCOME' || end.outcome.kind !== 'accepted') return undefined;
  const { brokerOrderId } = end.outcome;
  return { ...orderRef(context), ...(brokerOrderId !== undefined && { brokerOrderId }) };
}

async function submitOwn(
  parts: WorkerParts,
  start: StepStart,
  context: ExecutionContext,
  { intent, room }: Omit<Submit, 'attempt'>,
): Promise<readonly ExecutionFact[] | undefined> {
  const { clock, settings, calls, guard, metrics, risk } = parts;
  const time = timeOf(parts, start);
  const leftMs = () => intent.madeAt + settings.leaseMs - clock.monotonic();
  // The host program may do anything, so it comes first: nothing foreign runs between the look and the call (E6).
  const vetoed =
    room && risk?.preTrade && room.refusal === undefined
      ? vetoBy(risk.preTrade, context, () => room.counted)
      : undefined;
  const reading = await parts.feed.reading(settings.gateAgeMs, leftMs());
  // From here to the call nothing is awaited.
  if (reading === undefined || leftMs() < leastToSend(settings)) {
    metrics.fenced += 1;
    const closed = closedGate(parts, context);
    return closed === undefined ? undefined : [blocked(closed, time())];
  }
  const gate = gateOf(parts, reading, context.snapshot.symbol);
  const refusal = lastLook(context, gate, time()) ?? room?.refusal ?? vetoed;
  if (refusal !== undefined) return [blocked(refusal, time())];
  const startedAt = time();
  const sending = { ...context, firstSubmitAt: context.firstSubmitAt ?? startedAt };
  guard.sent(sending);
  metrics.submits += 1;
  const limitMs = hardTimeoutAt(sending) - startedAt;
  const outcome = await calls.submit(orderRequest(context), limitMs, () => undefined, leftMs());
  if (outcome.kind === 'accepted') guard.placed(context.clientOrderId, outcome.brokerOrderId);
  if (outcome.kind === 'rejected' || outcome.kind === 'not_sent') guard.release(context.clientOrderId);
  return startedAndOver(startedAt, time(), outcome);
}

/** A switch that was ACTIVE when the gate was read last refuses, however long that is ago (K2). */
function closedGate(parts: WorkerParts, { snapshot }: ExecutionContext): LookRefusal | undefined {
  const known = parts.feed.known();
  const gate = known && gateOf(parts, known, snapshot.symbol);
  return gate?.killSwitchState === 'ACTIVE' ? gateRefusal(snapshot, gate) : undefined;
}

/** A predecessor made the intent: it may have sent the order, or may still do so within its lease. */
async function succeed(
  parts: WorkerParts,
  start: StepStart,
  context: ExecutionContext,
  intent: Intent,
): Promise<readonly ExecutionFact[]> {
  const { clock, settings, calls, metrics } = parts;
  const time = timeOf(parts, start);
  metrics.takeovers += 1;
  const recovered = { type: 'RECOVERED', at: time(), intentAt: intent.at } as const;
  if (settings.submitMode === 'never') return [recovered];
  // On the own clock, from now: it need not agree with that of the predecessor.
  const endsAt = clock.monotonic() + settings.leaseMs + settings.settleMs;
  for (;;) {
    const leftMs = endsAt - clock.monotonic();
    const seen = await calls.observeOrder(orderRef(context));
    if (seen.kind === 'report')
      return [
        { ...recovered, at: time() },
        { type: 'ORDER_REPORT', at: time(), report: seen.report },
      ];
    if (leftMs <= 0) return seen.kind === 'not_found' ? neverSent(intent.at, time()) : [{ ...recovered, at: time() }];
    await new Promise<void>((resolve) => {
      clock.setTimeout(resolve, Math.min(leftMs, LOOK_EVERY_MS));
    });
  }
}

/** An attempt that takes over is itself ended by the next kill: what stands at the broker must be seen soon. */
const LOOK_EVERY_MS = 1_000;

const neverSent = (intentAt: number, at: number): readonly ExecutionFact[] => {
  const reason = 'a worker ended before it sent the order: its lease is over and the broker does not know it';
  return startedAndOver(intentAt, at, { kind: 'not_sent', reason });
};

/** Nothing could be sent for so long that the try is given up (S5). */
export const notSent = (at: number): readonly ExecutionFact[] =>
  startedAndOver(at, at, { kind: 'not_sent', reason: 'the gate of all workers could not be read in time' });

/** T begins with the intent when nobody can tell the moment of the call: it is never given more time (T1). */
const startedAndOver = (startedAt: number, endedAt: number, outcome: SubmitOutcome): readonly ExecutionFact[] => [
  { type: 'SUBMIT_STARTED', at: startedAt },
  { type: 'SUBMIT_OUTCOME', at: endedAt, outcome },
];
