/**
 * Commands of the chart, carried out: each ends in a fact, and in nothing else.
 *
 * 1. The last look and the submit call happen in one turn, with nothing awaited and nothing foreign between (V, K2, E6).
 * 2. When the journal has failed no order leaves; what lessens risk (cancel, protection) and the result go on.
 * 3. A command whose state has passed by the time its record is durable is not carried out any more.
 */

import type { Decimal } from '../domain/decimal.js';
import { EXIT_LEGS, exitIdOf } from '../domain/exits.js';
import { filledBetween } from '../domain/others-fills.js';
import type { SubmitOutcome } from '../domain/ports.js';
import { sentence } from '../domain/reading.js';
import { fitsNetPosition } from '../domain/reconciliation.js';
import type { ExecutionResult } from '../domain/result.js';
import { othersIn } from '../domain/symbol-totals.js';
import type { Gate } from '../domain/validation.js';
import type { Durability } from '../journal/recorder.js';
import type { CommandOf, ExecutionCommand } from '../machines/execution.commands.js';
import {
  type ExecutionContext,
  exitsAtReference,
  hardTimeoutAt,
  heldBy,
  orderRef,
  orderRequest,
} from '../machines/execution.context.js';
import type { ExecutionFact } from '../machines/execution.facts.js';
import { type ExecutionSnapshot, isReadyToSubmit, topState } from '../machines/execution.state.js';
import type { BrokerCalls } from './broker-calls.js';
import type { Deadlines } from './deadlines.js';
import type { EngineTime } from './engine-time.js';
import type { FilledTotals } from './filled-totals.js';
import type { JointLooks } from './joint-looks.js';
import { blocked, type LookRefusal, lastLook } from './last-look.js';
import type { OrderWatch } from './order-watch.js';

/** What is counted of the calls. Times in ms. */
export interface Counting {
  submits: number;
  finished(result: ExecutionResult): void;
  /** `isBySwitch`: a kill switch caused it. */
  cancelSent(at: number, isBySwitch: boolean): void;
}

/** The operator's limits and the veto, asked right before the submit call (G1, G2). */
interface LimitsAtSubmit {
  /** Asks the host program; what it returns is called in the turn of the call, and counts. */
  lookAt(context: ExecutionContext): () => LookRefusal | undefined;
  submitted(symbol: string): void;
}

export interface EffectServices {
  readonly time: EngineTime;
  readonly calls: BrokerCalls;
  readonly watch: OrderWatch;
  /** Looks at single orders. */
  readonly looks: JointLooks;
  readonly filled: FilledTotals;
  readonly metrics: Counting;
  /** The rate budget carries this execution, with what else is in flight (E4). */
  readonly hasCapacity: () => boolean;
  /** Expiry, kill switches and cases, read now (V1, V7, V8). */
  readonly gate: (symbol: string | undefined) => Gate;
  /**
   * Looks at the exits that work in the symbol, whosever they are: what closed a position of another execution is learned
   * late where the broker does not push. Resolves within a status call or two.
   */
  readonly lookAtExits: (symbol: string) => Promise<void>;
  /** The operator's limits and the host program's veto (V11); none where neither is configured. */
  readonly risk: LimitsAtSubmit | undefined;
}

/** The execution whose commands these are. */
export interface EffectOwner {
  readonly snapshot: ExecutionSnapshot;
  readonly timers: Deadlines;
  /** The snapshot when every fact that was put off has been taken. */
  upToDate(): ExecutionSnapshot;
  send(fact: ExecutionFact): void;
  /** A raw report on the order, or on one of its exits. */
  report(raw: unknown): void;
  finish(): void;
}

/**
 * Carries a command out. `durability` is that of the fact that caused it. Resolves when the answer, if any, is told; returns
 * nothing where there is none to wait for. May throw.
 */
export function perform(
  owner: EffectOwner,
  services: EffectServices,
  command: ExecutionCommand,
  durability: Durability,
): Promise<void> | undefined {
  const { watch } = services;
  const { context } = owner.snapshot;
  switch (command.type) {
    case 'askBroker':
      return askBroker(owner, services);
    case 'submitOrder':
      submitOrder(owner, services, command, durability);
      return;
    case 'watchOrder':
      watch.watch(command.ref.clientOrderId, () => orderRef(owner.snapshot.context));
      return;
    case 'unwatchOrder':
      watch.unwatch(context.clientOrderId);
      return;
    case 'queryOrder':
      return services.looks.lookAt(command.ref);
    case 'lookAtOrder':
      return lookAtOrder(owner, services, command);
    case 'watchExits':
      for (const ref of command.refs) watch.watch(ref.clientOrderId, () => ref);
      return;
    case 'unwatchExits':
      for (const leg of EXIT_LEGS) watch.unwatch(exitIdOf(context.clientOrderId, leg));
      return;
    case 'cancelOrder':
      return cancelOrder(owner, services);
    case 'placeProtection':
      return placeProtection(owner, services, command);
    case 'reconcile':
      return reconcileOnce(owner, services, command);
    case 'scheduleDeadline':
      owner.timers.schedule(command.name, command.at);
      return;
    case 'finish':
      owner.finish();
      return;
    case 'openCase':
      // The host opens cases itself: the result waits for them.
      return;
  }
}

async function askBroker(owner: EffectOwner, services: EffectServices): Promise<void> {
  const { time, filled, calls } = services;
  if (!services.hasCapacity()) {
    owner.send({ type: 'BROKER_ASKED', at: time(), answer: { kind: 'no_capacity' } });
    return;
  }
  const { context } = owner.snapshot;
  const others = filled.readOthers(context);
  const answer = await calls.ask(orderRequest(context), (given) => exitsAtReference(owner.snapshot.context, given));
  owner.send({ type: 'BROKER_ASKED', at: time(), answer, others: others() });
}

function submitOrder(
  owner: EffectOwner,
  services: EffectServices,
  { order }: CommandOf<'submitOrder'>,
  durability: Durability,
): void {
  const { time, risk, metrics } = services;
  if (!isReadyToSubmit(owner.upToDate())) return;
  // The host program may do anything, so it comes first: nothing foreign runs between the look and the call (E6).
  const isBeyondLimits = risk?.lookAt(owner.snapshot.context);
  if (!isReadyToSubmit(owner.upToDate())) return;
  const { context } = owner.snapshot;
  const look = () => lastLook(context, services.gate(context.snapshot.symbol), time());
  const refusal = unrecorded(durability) ?? look() ?? isBeyondLimits?.();
  if (refusal !== undefined) {
    owner.send(blocked(refusal, time()));
    return;
  }
  owner.send({ type: 'SUBMIT_STARTED', at: time() });
  metrics.submits += 1;
  const tell = (outcome: SubmitOutcome) => owner.send({ type: 'SUBMIT_OUTCOME', at: time(), outcome });
  const tellLate = (late: SubmitOutcome) => (late.kind === 'accepted' ? tell(late) : undefined);
  void services.calls.submit(order, hardTimeoutAt(owner.snapshot.context) - time(), tellLate).then(tell);
  risk?.submitted(order.symbol);
}

async function lookAtOrder(
  owner: EffectOwner,
  { looks, time }: EffectServices,
  { ref }: CommandOf<'lookAtOrder'>,
): Promise<void> {
  await looks.lookAt(ref);
  owner.send({ type: 'ORDER_LOOKED', at: time() });
}

/** The record of the call follows the call: what it says was really sent (T4). */
async function cancelOrder(owner: EffectOwner, { calls, metrics, time }: EffectServices): Promise<void> {
  const state = topState(owner.upToDate());
  if (state !== 'cancelling' && state !== 'timeout') return;
  metrics.cancelSent(time(), state === 'cancelling');
  const answer = calls.cancel(orderRef(owner.snapshot.context), (raw) => owner.report(raw));
  owner.send({ type: 'CANCEL_STARTED', at: time() });
  const outcome = await answer;
  owner.send({ type: 'CANCEL_OUTCOME', at: time(), outcome });
}

async function placeProtection(
  owner: EffectOwner,
  { calls, time }: EffectServices,
  { request }: CommandOf<'placeProtection'>,
): Promise<void> {
  const legs = await calls.protect(request);
  owner.send({ type: 'PROTECTION_OUTCOME', at: time(), legs });
}

async function reconcileOnce(
  owner: EffectOwner,
  { calls, filled, time, lookAtExits }: EffectServices,
  { ref }: CommandOf<'reconcile'>,
): Promise<void> {
  const others = filled.readOthers(owner.snapshot.context);
  const [order, position] = await Promise.all([calls.observeOrder(ref), calls.observePosition(ref)]);
  const { context } = owner.snapshot;
  const isOfOthers = (price: Decimal) => filled.isExitOfOthers(context, price);
  const observed = () => {
    const theirs = filledBetween(context.othersBefore, others());
    return { order, position, others: othersIn(theirs, context.baseline, position, isOfOthers) };
  };
  const { baseline, order: own, snapshot } = context;
  const held = { side: snapshot.side, cumQty: own.cumQty, heldQuantity: heldBy(context), baseline };
  // Nothing is asked again (R6.1): what moved the position may be an exit of another execution, and not be known yet.
  if (!fitsNetPosition(held, observed())) await lookAtExits(ref.symbol);
  owner.send({ type: 'RECONCILED', at: time(), observed: observed() });
}

/** An intent that is not on record sends nothing (A4). */
const unrecorded = (durability: Durability): LookRefusal | undefined =>
  durability.durable
    ? undefined
    : { code: 'JOURNAL_UNAVAILABLE', message: `The journal cannot record the intent: ${sentence(durability.cause)}` };
