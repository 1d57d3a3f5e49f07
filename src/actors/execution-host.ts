/**
 * The host of one execution: between the chart, which decides, and the effects, which act.
 *
 * 1. A fact is given to the chart, then recorded; only when the record is durable does anything leave the process (A4).
 *    What merely reads, or sets a timer, does not wait. One fact is done before the next is taken.
 * 2. A report that says nothing new is dropped before the chart; nothing else is.
 *    What very many executions hear at once is taken in slices (`turns.ts`): a fact keeps the time at which it came, and its
 *    place among those of its execution.
 * 3. The result is handed out when everything up to it is durable, cases included.
 */
import { deepFreeze } from '../domain/canonical.js';
import { EXIT_LEGS, type ExitLeg, exitIdOf } from '../domain/exits.js';
import { LAST_LOOK_MS } from '../domain/limits.js';
import type { OrderFact } from '../domain/order.js';
import type { Clock } from '../domain/ports.js';
import { causeOf } from '../domain/reading.js';
import { FillchartError } from '../domain/reasons.js';
import type { ExecutionResult } from '../domain/result.js';
import { type Durability, LISTENER_THREW, type Recorder, type UnderWay } from '../journal/recorder.js';
import type { CommandOf, ExecutionCommand } from '../machines/execution.commands.js';
import { type ExecutionContext, elapsedSinceSubmit, orderRef } from '../machines/execution.context.js';
import type { ExecutionFact, ExecutionInput } from '../machines/execution.facts.js';
import { executionMachine } from '../machines/execution.machine.js';
import { type ExecutionSnapshot, isOrderLive } from '../machines/execution.state.js';
import { RISK_PATIENCE_MS, WAITS_FOR } from '../machines/host-protocol.js';
import { newExecutionState, step } from '../machines/step.js';
import { announcements } from './announcements.js';
import type { CaseRegister } from './cases.js';
import { deadlines } from './deadlines.js';
import { type EffectServices, effects } from './effects.js';
import { type Execution, executionHandle } from './execution.js';
import { inbox } from './inbox.js';
import { lastResort } from './last-resort.js';
import { reportsOf } from './reports.js';
import type { SlicedWalk } from './sliced-walk.js';
import type { Turns, Urgency } from './turns.js';

/** What every execution shares (E2): broker, clock, journal, switches, and nothing else. */
export interface HostServices extends EffectServices {
  readonly clock: Clock;
  readonly recorder: Recorder;
  readonly cases: CaseRegister;
  /** Carries changes of the kill switches to all that are live. */
  readonly walk: SlicedWalk<ExecutionHost>;
  /** Who has the event loop when very many hear of something at once. */
  readonly turns: Turns;
  /** The execution is done; its result is durable. */
  readonly onDone: (host: ExecutionHost) => void;
  /** Sets GLOBAL ACTIVE, unless the engine has done so already (E5). */
  readonly closeGate: (reason: string) => void;
  /** A report on a finished execution shows more filled than it accounted for (T5), or takes back or changes a fill (P8). */
  readonly onStrayFill: (context: ExecutionContext, report: OrderFact) => void;
}

export interface ExecutionHost {
  readonly execution: Execution;
  readonly context: ExecutionContext;
  readonly snapshot: ExecutionSnapshot;
  /** @param urgency whether it may be put off while very many others are taken; by its kind by default */
  send(fact: ExecutionFact, urgency?: Urgency): void;
  /** A raw report on this execution's order, from a poll or a push. */
  report(raw: unknown): void;
  /** A raw report on one of its exits. */
  exitReport(leg: ExitLeg, raw: unknown): void;
  /** Takes its place where the records left off (A3): what it is counted for, and the result if there is one. */
  resume(): void;
  /** Ends the process' part in the execution: timers stop, and an open result rejects. */
  abandon(): void;
}

/** @param from where the records left off, for an execution of an earlier process */
export function executionHost(input: ExecutionInput, services: HostServices, from?: ExecutionSnapshot): ExecutionHost {
  const { clock, time, watch, recorder, cases, filled, metrics } = services;
  const { clientOrderId } = input;
  const news = announcements((error) => recorder.say('error', { cause: causeOf(error) }, LISTENER_THREW));
  const outcome = openResult();
  let [isAbandoned, isEnded] = [false, false];
  let good = from ?? newExecutionState(input); // Where the chart stood last without a fault.
  let cancelUnderWay: Promise<void> = Promise.resolve();
  const context = () => good.context;
  const timers = deadlines(clock, time, {
    onDeadline: (name) => send({ type: 'DEADLINE', at: time(), name }),
    onLastLook: (name) => (name === 'lateWindow' ? within(clock, LAST_LOOK_MS, lastLook(), undefined) : lastLook()),
  });
  const facts = inbox(services.turns, safely(take));
  const snapshot = () => good;
  const reports = reportsOf({ ...services, clientOrderId, snapshot, facts, send, say: recorder.say });
  const report = safely(reports.order);
  const perform = effects({ snapshot, upToDate, send, report, timers, finish }, services);

  function send(fact: ExecutionFact, urgency: Urgency | 'now' = URGENCY[fact.type]): void {
    // What changed before must be known before.
    if (fact.type !== 'KILL_SWITCH') services.walk.catchUp(host);
    facts.put(fact, urgency);
  }

  function upToDate(): ExecutionSnapshot {
    facts.takeAll();
    return good;
  }

  /** What the engine does wrong in it is the end of the execution, and of nothing else (E5). */
  function safely<T>(work: (given: T) => void): (given: T) => void {
    return (given) => {
      try {
        work(given);
      } catch (error) {
        fail(error);
      }
    };
  }

  function fail(error: unknown): void {
    if (isAbandoned || isEnded) return;
    isAbandoned = true;
    timers.clear();
    watch.unwatch(clientOrderId);
    for (const leg of EXIT_LEGS) watch.unwatch(exitIdOf(clientOrderId, leg));
    void lastResort(good, error, services).then((result) => {
      good = ended(good, result);
      news.keep(good, []);
      end(result);
    });
  }

  function take(fact: ExecutionFact): void {
    const before = good;
    if (isAbandoned) return;
    if (before.status !== 'active') {
      // Put off while what came before it ended the execution: it is not lost (T5).
      if (fact.type === 'ORDER_REPORT') reports.afterTheEnd(fact.report);
      return;
    }
    const { state, commands, audit } = step(before, fact);
    // A timer that outlived its state is no fact.
    if (fact.type === 'DEADLINE' && state === before && commands.length === 0) return;
    good = state;
    const { advisoryId, snapshotHash, firstSubmitAt } = context();
    const t = firstSubmitAt === undefined ? undefined : elapsedSinceSubmit({ firstSubmitAt }, fact.at);
    news.keep(good, commands);
    const underWay: UnderWay = { isBegun: false };
    const [stream, onTold, at] = ['execution' as const, news.tellNext, fact.at];
    const recorded = recorder.record({ stream, advisoryId, snapshotHash, at, t, fact, audit, underWay, onTold });
    carryOut(commands, recorded, underWay);
    filled.update(context(), isOrderLive(good));
  }

  /** All that the fact has caused is on its way, the result excepted: listeners hear before the caller. */
  function carryOut(commands: readonly ExecutionCommand[], recorded: Promise<Durability>, underWay: UnderWay): void {
    let toBegin = 1;
    const begun = () => {
      toBegin -= 1;
      if (toBegin > 0) return;
      underWay.isBegun = true;
      underWay.onBegun?.();
    };
    let durable = recorded;
    try {
      for (const command of commands) {
        if (command.type === 'openCase') durable = openCase(cases, context(), command);
        else if (command.type === 'finish') finishWhenTold(durable);
        else if (WAITS_FOR[command.type] === 'nothing') void begin(command, ON_RECORD);
        else {
          toBegin += 1;
          void performWhen(command, whenDurable(clock, command, durable))
            .catch(fail)
            .finally(begun);
        }
      }
    } catch (error) {
      fail(error);
    }
    begun();
  }

  /** Resolves when the command has begun to be carried out. */
  async function performWhen(command: ExecutionCommand, durable: Promise<Durability>): Promise<void> {
    const isDone = command.type === 'cancelOrder' ? openSignal() : undefined;
    if (isDone !== undefined) cancelUnderWay = isDone.promise;
    const durability = await durable;
    if (isAbandoned) return isDone?.settle();
    const performed = begin(command, durability);
    if (isDone !== undefined) void Promise.resolve(performed).finally(isDone.settle);
  }

  function begin(command: ExecutionCommand, durability: Durability): Promise<void> | undefined {
    try {
      return perform(command, durability)?.catch(fail);
    } catch (error) {
      fail(error);
      return undefined;
    }
  }

  function finishWhenTold(durable: Promise<Durability>): void {
    const told = recorder.told();
    void durable
      .then(() => told)
      .then(() => (isAbandoned ? undefined : finish()))
      .catch(fail);
  }

  /** The order as it is, once a cancel that is under way has been answered. */
  async function lastLook(): Promise<void> {
    if (!watch.has(clientOrderId)) return;
    await cancelUnderWay;
    // Filled and over meanwhile: there is nothing left to look at (R6.1).
    if (watch.has(clientOrderId)) await services.looks.lookAt(orderRef(context()));
  }

  function finish(): void {
    const { result } = context();
    if (result !== undefined) end(result);
  }

  function end(result: ExecutionResult): void {
    isEnded = true;
    timers.clear();
    metrics.finished(result);
    news.complete();
    outcome.resolve(deepFreeze(result));
    services.onDone(host);
  }

  function resume(): void {
    news.keep(good, []);
    news.tellNext();
    filled.update(context(), isOrderLive(good));
    finish();
  }

  function abandon(): void {
    // No call was made, and none will be: the next engine need not wonder (A6).
    if (upToDate().matches({ submitted: 'ready' })) send({ type: 'SUBMIT_WITHDRAWN', at: time() });
    isAbandoned = true;
    timers.clear();
    watch.unwatch(clientOrderId);
    news.complete();
    const message = `The engine was closed while ${input.advisoryId} was live; what is known of it is in the journal.`;
    outcome.reject(new FillchartError('ENGINE_CLOSED', message));
  }

  const host: ExecutionHost = {
    execution: executionHandle({ snapshot, news, result: outcome.promise, time }),
    get context() {
      return context();
    },
    get snapshot() {
      return good;
    },
    exitReport: (leg, raw) => safely(() => reports.exit(leg, raw))(undefined),
    ...{ send, report, resume, abandon },
  };
  return host;
}

/** Whether a fact may be put off while very many others are taken: never one that is part of what is done in this turn. */
const URGENCY: { readonly [Type in ExecutionFact['type']]: Urgency | 'now' } = {
  START: 'now',
  SUBMIT_STARTED: 'now',
  SUBMIT_BLOCKED: 'now',
  SUBMIT_WITHDRAWN: 'now',
  KILL_SWITCH: 'now',
  DEADLINE: 'act',
  SUBMIT_OUTCOME: 'act',
  PROTECTION_OUTCOME: 'act',
  ORDER_REPORT: 'act',
  BROKER_ASKED: 'book',
  ORDER_LOOKED: 'book',
  CANCEL_STARTED: 'book',
  CANCEL_OUTCOME: 'book',
  EXIT_REPORT: 'book',
  RECONCILED: 'book',
  RECOVERED: 'book',
};

/** What reads, or sets a timer, does not wait for its record. */
const ON_RECORD: Durability = { durable: true };

/** What lessens risk waits for the journal too, but not for long: its ids make a repeat after a crash harmless. */
function whenDurable(clock: Clock, { type }: ExecutionCommand, durable: Promise<Durability>): Promise<Durability> {
  const lessensRisk = WAITS_FOR[type] === 'recordForAMoment';
  const cause = `the journal has not answered within ${RISK_PATIENCE_MS} ms`;
  return lessensRisk ? within(clock, RISK_PATIENCE_MS, durable, { durable: false, cause }) : durable;
}

function openCase(
  cases: CaseRegister,
  { advisoryId, snapshotHash, snapshot }: ExecutionContext,
  { kind, mismatches }: CommandOf<'openCase'>,
): Promise<Durability> {
  return cases.raise({ kind, symbol: snapshot.symbol, advisoryId, snapshotHash, mismatches });
}

/** The promise's value, or `otherwise` when it takes longer. */
function within<T>(clock: Clock, ms: number, promise: Promise<T>, otherwise: T): Promise<T> {
  return new Promise((resolve) => {
    const timer = clock.setTimeout(() => resolve(otherwise), ms);
    void promise.then((value) => {
      clock.clearTimeout(timer);
      resolve(value);
    });
  });
}

/** A promise to be settled from outside. */
function openSignal(): { readonly promise: Promise<void>; settle(): void } {
  let settle: () => void = () => undefined;
  const promise = new Promise<void>((resolve) => {
    settle = resolve;
  });
  return { promise, settle };
}

/** The state of an execution that a fault has ended: done, with the result that the last resort came to. */
const ended = ({ context }: ExecutionSnapshot, result: ExecutionResult): ExecutionSnapshot =>
  executionMachine.resolveState({
    value: 'done',
    context: deepFreeze({ ...context, verdict: { status: result.status, reason: 'ENGINE_FAULT' }, result }),
    status: 'done',
  }) as ExecutionSnapshot;

/** A promise to be settled later; nobody has to listen to it. */
function openResult(): {
  readonly promise: Promise<ExecutionResult>;
  resolve(result: ExecutionResult): void;
  reject(error: Error): void;
} {
  let settle: { resolve(result: ExecutionResult): void; reject(error: Error): void } | undefined;
  const promise = new Promise<ExecutionResult>((resolve, reject) => {
    settle = { resolve, reject };
  });
  promise.catch(() => undefined);
  return { promise, resolve: (result) => settle?.resolve(result), reject: (error) => settle?.reject(error) };
}
