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
import type { ExecutionResult } from '../domain/result.js';
import { othersIn } from '../domain/symbol-totals.js';
import type { Gate } from '../domain/validation.js';
import type { Durability } from '../journal/recorder.js';
import type { CommandOf, ExecutionCommand } from '../machines/execution.commands.js';
import {
  type ExecutionContext,
  exitsAtReference,
  hardTimeoutAt,
  orderRef,
  orderRequest,
} from '../machines/execution.context.js';
import type { ExecutionFact } from '../machines/execution.facts.js';
import { type ExecutionSnapshot, topState } from '../machines/execution.state.js';
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
export interface LimitsAtSubmit {
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
  /** The operator's limits and the host program's veto (V11); none where neither is configured. */
  readonly risk: LimitsAtSubmit | undefined;
}

/** The execution whose commands these are. */
export interface EffectOwner {
  readonly snapshot: () => ExecutionSnapshot;
  /** The same, when every fact that was put off has been taken. */
  readonly upToDate: () => ExecutionSnapshot;
  readonly send: (fact: ExecutionFact) => void;
  /** A raw report on the order, or on one of its exits. */
  readonly report: (raw: unknown) => void;
  readonly timers: Deadlines;
  readonly finish: () => void;
}

/**
 * Carries a command out. `durability` is that of the fact that caused it. Resolves when the answer, if any, is told; returns
 * nothing where there is none to wait for. May throw.
 */
export type Perform = (command: ExecutionCommand, durability: Durability) => Promise<void> | undefined;

export function effects(owner: EffectOwner, services: EffectServices): Perform {
  const { send, timers } = owner;
  const { time, calls, watch, looks, filled, metrics } = services;
  const context = () => owner.snapshot().context;
  const isReady = () => owner.upToDate().matches({ submitted: 'ready' });

  function perform(command: ExecutionCommand, durability: Durability): Promise<void> | undefined {
    switch (command.type) {
      case 'askBroker':
        return askBroker();
      case 'submitOrder':
        submitOrder(command, durability);
        return;
      case 'watchOrder':
        watch.watch(command.ref.clientOrderId, () => orderRef(context()));
        return;
      case 'unwatchOrder':
        watch.unwatch(context().clientOrderId);
        return;
      case 'queryOrder':
        return looks.lookAt(command.ref);
      case 'lookAtOrder':
        return lookAtOrder(command);
      case 'watchExits':
        for (const ref of command.refs) watch.watch(ref.clientOrderId, () => ref);
        return;
      case 'unwatchExits':
        for (const leg of EXIT_LEGS) watch.unwatch(exitIdOf(context().clientOrderId, leg));
        return;
      case 'cancelOrder':
        return cancelOrder();
      case 'placeProtection':
        return placeProtection(command);
      case 'reconcile':
        return reconcileOnce(command);
      case 'scheduleDeadline':
        timers.schedule(command.name, command.at);
        return;
      case 'finish':
        owner.finish();
        return;
      case 'openCase':
        // The host opens cases itself: the result waits for them.
        return;
    }
  }

  async function askBroker(): Promise<void> {
    if (!services.hasCapacity()) {
      send({ type: 'BROKER_ASKED', at: time(), answer: { kind: 'no_capacity' } });
      return;
    }
    const others = filled.readOthers(context());
    const answer = await calls.ask(orderRequest(context()), (given) => exitsAtReference(context(), given));
    send({ type: 'BROKER_ASKED', at: time(), answer, others: others() });
  }

  function submitOrder({ order }: CommandOf<'submitOrder'>, durability: Durability): void {
    if (!isReady()) return;
    // The host program may do anything, so it comes first: nothing foreign runs between the look and the call (E6).
    const isBeyondLimits = services.risk?.lookAt(context());
    if (!isReady()) return;
    const look = () => lastLook(context(), services.gate(context().snapshot.symbol), time());
    const refusal = unrecorded(durability) ?? look() ?? isBeyondLimits?.();
    if (refusal !== undefined) {
      send(blocked(refusal, time()));
      return;
    }
    send({ type: 'SUBMIT_STARTED', at: time() });
    metrics.submits += 1;
    const tell = (outcome: SubmitOutcome) => send({ type: 'SUBMIT_OUTCOME', at: time(), outcome });
    const tellLate = (late: SubmitOutcome) => (late.kind === 'accepted' ? tell(late) : undefined);
    void calls.submit(order, hardTimeoutAt(context()) - time(), tellLate).then(tell);
    services.risk?.submitted(order.symbol);
  }

  async function lookAtOrder({ ref }: CommandOf<'lookAtOrder'>): Promise<void> {
    await looks.lookAt(ref);
    send({ type: 'ORDER_LOOKED', at: time() });
  }

  /** The record of the call follows the call: what it says was really sent (T4). */
  async function cancelOrder(): Promise<void> {
    const state = topState(owner.upToDate());
    if (state !== 'cancelling' && state !== 'timeout') return;
    metrics.cancelSent(time(), state === 'cancelling');
    const answer = calls.cancel(orderRef(context()), owner.report);
    send({ type: 'CANCEL_STARTED', at: time() });
    const outcome = await answer;
    send({ type: 'CANCEL_OUTCOME', at: time(), outcome });
  }

  async function placeProtection({ request }: CommandOf<'placeProtection'>): Promise<void> {
    const legs = await calls.protect(request);
    send({ type: 'PROTECTION_OUTCOME', at: time(), legs });
  }

  async function reconcileOnce({ ref }: CommandOf<'reconcile'>): Promise<void> {
    const others = filled.readOthers(context());
    const [order, position] = await Promise.all([calls.observeOrder(ref), calls.observePosition(ref)]);
    const theirs = filledBetween(context().othersBefore, others());
    const isOfOthers = (price: Decimal) => filled.isExitOfOthers(context(), price);
    const observed = { order, position, others: othersIn(theirs, context().baseline, position, isOfOthers) };
    send({ type: 'RECONCILED', at: time(), observed });
  }

  return perform;
}

/** An intent that is not on record sends nothing (A4). */
const unrecorded = (durability: Durability): LookRefusal | undefined =>
  durability.durable
    ? undefined
    : { code: 'JOURNAL_UNAVAILABLE', message: `The journal cannot record the intent: ${durability.cause}.` };
