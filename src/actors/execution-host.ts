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
import { FillchartError } from '../domain/reasons.js';
import type { ExecutionResult } from '../domain/result.js';
import type { Durability, Recorder, UnderWay } from '../journal/recorder.js';
import type { CommandOf, ExecutionCommand } from '../machines/execution.commands.js';
import { type ExecutionContext, elapsedSinceSubmit, orderRef } from '../machines/execution.context.js';
import type { DeadlineName, ExecutionFact, ExecutionInput } from '../machines/execution.facts.js';
import { type ExecutionSnapshot, isOrderLive, isReadyToSubmit } from '../machines/execution.state.js';
import { WAITS_FOR } from '../machines/host-protocol.js';
import { newExecutionState, step } from '../machines/step.js';
import { type Announcements, announcements } from './announcements.js';
import type { CaseRegister } from './cases.js';
import { type DeadlineEvents, type Deadlines, deadlines } from './deadlines.js';
import { type EffectOwner, type EffectServices, perform } from './effects.js';
import type { EngineTime } from './engine-time.js';
import { type Execution, executionHandle, type HandleParts } from './execution.js';
import { type Inbox, inbox } from './inbox.js';
import type { Instants } from './instants.js';
import { endedByFault, lastResort } from './last-resort.js';
import { movedByReport } from './moved-since-end.js';
import type { Patience } from './patience.js';
import { Reports, type ReportsOwner } from './reports.js';
import type { SlicedWalk } from './sliced-walk.js';
import type { Turns, Urgency } from './turns.js';
import { within } from './within.js';

/** What every execution shares (E2): broker, clock, journal, switches, and nothing else. */
export interface HostServices extends EffectServices {
  readonly clock: Clock;
  readonly recorder: Recorder;
  readonly cases: CaseRegister;
  /** Carries changes of the kill switches to all that are live. */
  readonly walk: SlicedWalk<ExecutionHost>;
  /** Who has the event loop when very many hear of something at once. */
  readonly turns: Turns;
  /** What is due at one instant. */
  readonly instants: Instants;
  /** How long a cancel or a protection waits for its record. */
  readonly patience: Patience;
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
export const executionHost = (
  input: ExecutionInput,
  services: HostServices,
  from: ExecutionSnapshot = newExecutionState(input),
): ExecutionHost => new LiveExecution(services, from);

/** What it has of its own are a few fields: very many are in flight at once (docs/performance.md). */
class LiveExecution implements ExecutionHost, EffectOwner, ReportsOwner, DeadlineEvents, HandleParts {
  readonly execution: Execution;
  readonly news: Announcements;
  readonly result: Promise<ExecutionResult>;
  readonly timers: Deadlines;
  readonly facts: Inbox<ExecutionFact>;
  readonly #services: HostServices;
  readonly #reports: Reports;
  #settle: Settling | undefined;
  #isAbandoned = false;
  #isEnded = false;
  /** Where the chart stood last without a fault. */
  #good: ExecutionSnapshot;
  #cancelUnderWay: Promise<void> | undefined;

  constructor(services: HostServices, from: ExecutionSnapshot) {
    this.#services = services;
    this.#good = from;
    this.news = announcements(services.recorder.say);
    this.result = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
    this.result.catch(nobody);
    this.timers = deadlines(services.instants, services.time, this);
    this.facts = inbox(services.turns, (fact) => {
      try {
        this.#take(fact);
      } catch (error) {
        this.#fail(error);
      }
    });
    this.#reports = new Reports(this, services);
    this.execution = executionHandle(this);
  }

  get context(): ExecutionContext {
    return this.#good.context;
  }

  get snapshot(): ExecutionSnapshot {
    return this.#good;
  }

  get time(): EngineTime {
    return this.#services.time;
  }

  send(fact: ExecutionFact, urgency: Urgency | 'now' = URGENCY[fact.type]): void {
    // What changed before must be known before.
    if (fact.type !== 'KILL_SWITCH') this.#services.walk.catchUp(this);
    this.facts.put(fact, urgency);
  }

  report(raw: unknown): void {
    this.#safely(() => this.#reports.order(raw));
  }

  exitReport(leg: ExitLeg, raw: unknown): void {
    this.#safely(() => this.#reports.exit(leg, raw));
  }

  onDeadline(name: DeadlineName): void {
    this.#safely(() => this.send({ type: 'DEADLINE', at: this.time(), name }));
  }

  onLastLook(name: DeadlineName): Promise<void> | undefined {
    const { watch, looks, clock } = this.#services;
    if (name !== 'hardTimeout') return within(clock, LAST_LOOK_MS, this.#lastLook(), undefined);
    // Nobody waits for it, and thousands may be due.
    if (this.#cancelUnderWay !== undefined) void this.#lastLook();
    else if (watch.has(this.context.clientOrderId)) looks.glanceAt(orderRef(this.context));
    return undefined;
  }

  upToDate(): ExecutionSnapshot {
    this.facts.takeAll();
    return this.#good;
  }

  /** What the engine does wrong in it is the end of the execution, and of nothing else (E5). */
  #safely(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    if (this.#isAbandoned || this.#isEnded) return;
    this.#isAbandoned = true;
    this.timers.clear();
    const { watch } = this.#services;
    const { clientOrderId } = this.context;
    watch.unwatch(clientOrderId);
    for (const leg of EXIT_LEGS) watch.unwatch(exitIdOf(clientOrderId, leg));
    void lastResort(this.#good, error, this.#services).then((result) => {
      this.#good = endedByFault(this.#good, result);
      this.news.keep(this.#good, []);
      this.#end(result);
    });
  }

  #take(fact: ExecutionFact): void {
    const before = this.#good;
    if (this.#isAbandoned) return;
    if (before.status !== 'active') {
      // Put off while what came before it ended the execution: it is not lost (T5).
      if (fact.type === 'ORDER_REPORT') this.#reports.afterTheEnd(fact.report);
      return;
    }
    const { state, commands, audit } = step(before, fact);
    // A timer that outlived its state is no fact; nor is a report that waited, and says nothing new by now.
    if (MAY_BE_NOTHING.includes(fact.type) && state === before && commands.length === 0) return;
    this.#good = state;
    const { recorder, filled } = this.#services;
    const { advisoryId, snapshotHash, firstSubmitAt } = state.context;
    const t = firstSubmitAt === undefined ? undefined : elapsedSinceSubmit({ firstSubmitAt }, fact.at);
    const { news } = this;
    news.keep(state, commands);
    const underWay: UnderWay = { isBegun: false };
    const onTold = () => news.tellNext();
    const { at } = fact;
    const stream = 'execution';
    const recorded = recorder.record({ stream, advisoryId, snapshotHash, at, t, fact, audit, underWay, onTold });
    this.#carryOut(commands, recorded, underWay);
    filled.update(this.context, isOrderLive(this.#good));
  }

  /** All that the fact has caused is on its way, the result excepted: listeners hear before the caller. */
  #carryOut(commands: readonly ExecutionCommand[], recorded: Promise<Durability>, underWay: UnderWay): void {
    let toBegin = 1;
    let begun: (() => void) | undefined;
    let durable = recorded;
    try {
      for (const command of commands) {
        if (command.type === 'openCase') durable = openCase(this.#services.cases, this.context, command);
        else if (command.type === 'finish') void this.#finishWhenTold(durable);
        else if (WAITS_FOR[command.type] === 'nothing') void this.#begin(command, ON_RECORD);
        else {
          toBegin += 1;
          begun ??= () => {
            toBegin -= 1;
            if (toBegin === 0) isUnderWay(underWay);
          };
          // What lessens risk waits for the journal too, but not for long: its ids make a repeat after a crash harmless.
          const waitsLong = WAITS_FOR[command.type] === 'record';
          this.#beginWhen(command, waitsLong ? durable : this.#services.patience.until(durable), begun);
        }
      }
    } catch (error) {
      this.#fail(error);
    }
    if (begun === undefined) isUnderWay(underWay);
    else begun();
  }

  /** No more promises than it needs: ten thousand cancels may wait for the last of them (docs/performance.md). */
  #beginWhen(command: ExecutionCommand, durable: Promise<Durability>, begun: () => void): void {
    const performed = durable.then((durability) => {
      const performing = this.#isAbandoned ? undefined : this.#begin(command, durability);
      begun();
      return performing;
    });
    if (command.type === 'cancelOrder') this.#cancelUnderWay = performed;
  }

  #begin(command: ExecutionCommand, durability: Durability): Promise<void> | undefined {
    try {
      return perform(this, this.#services, command, durability)?.catch((error) => this.#fail(error));
    } catch (error) {
      this.#fail(error);
      return undefined;
    }
  }

  async #finishWhenTold(durable: Promise<Durability>): Promise<void> {
    const told = this.#services.recorder.told();
    try {
      await durable;
      await told;
      if (!this.#isAbandoned) this.finish();
    } catch (error) {
      this.#fail(error);
    }
  }

  /** The order as it is, once a cancel that is under way has been answered. */
  async #lastLook(): Promise<void> {
    const { watch, looks } = this.#services;
    const { clientOrderId } = this.context;
    if (!watch.has(clientOrderId)) return;
    await this.#cancelUnderWay;
    // Filled and over meanwhile: there is nothing left to look at (R6.1).
    if (watch.has(clientOrderId)) await looks.lookAt(orderRef(this.context));
  }

  finish(): void {
    const { result } = this.context;
    if (result !== undefined) this.#end(result);
  }

  #end(result: ExecutionResult): void {
    this.#isEnded = true;
    this.timers.clear();
    this.#services.metrics.finished(result);
    this.news.complete();
    this.#settle?.resolve(deepFreeze(result));
    this.#services.onDone(this);
  }

  resume(): void {
    this.news.keep(this.#good, []);
    this.news.tellNext();
    this.#services.filled.update(this.context, isOrderLive(this.#good));
    this.finish();
  }

  abandon(): void {
    // No call was made, and none will be: the next engine need not wonder (A6).
    if (isReadyToSubmit(this.upToDate())) this.send({ type: 'SUBMIT_WITHDRAWN', at: this.time() });
    this.#isAbandoned = true;
    this.timers.clear();
    const { advisoryId, clientOrderId } = this.context;
    this.#services.watch.unwatch(clientOrderId);
    this.news.complete();
    const message = `The engine was closed while ${advisoryId} was live; what is known of it is in the journal.`;
    this.#settle?.reject(new FillchartError('ENGINE_CLOSED', message));
  }
}

/** How the result is handed out. */
interface Settling {
  resolve(result: ExecutionResult): void;
  reject(error: Error): void;
}

/** Nobody has to listen to a result. */
const nobody = (): void => undefined;

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

/** Facts that are dropped where the chart makes nothing of them. */
const MAY_BE_NOTHING: readonly ExecutionFact['type'][] = ['DEADLINE', 'EXIT_REPORT'];

/** What reads, or sets a timer, does not wait for its record. */
const ON_RECORD: Durability = { durable: true };

function openCase(
  cases: CaseRegister,
  context: ExecutionContext,
  { kind, mismatches }: CommandOf<'openCase'>,
): Promise<Durability> {
  const { advisoryId, snapshotHash, snapshot } = context;
  const moved = movedByReport(context);
  return cases.raise({ kind, symbol: snapshot.symbol, advisoryId, snapshotHash, mismatches, moved });
}

function isUnderWay(underWay: UnderWay): void {
  underWay.isBegun = true;
  underWay.onBegun?.();
}
