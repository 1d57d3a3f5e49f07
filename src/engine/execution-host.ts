/**
 * The host of one execution: between the chart, which decides, and the actors, which act.
 *
 * 1. A fact is given to the chart, then recorded; only when the record is durable does anything leave the process (A4).
 *    What merely reads, or sets a timer, does not wait.
 * 2. The last look and the submit call happen in one turn, with nothing awaited between (V, K2).
 * 3. When the journal has failed no order leaves; what lessens risk (cancel, protection) and the result go on.
 * 4. A report that says nothing new is dropped before the chart; nothing else is.
 */
import { createActor } from 'xstate';
import type { BrokerCalls } from '../actors/broker-calls.js';
import { type Deadlines, deadlines } from '../actors/deadlines.js';
import type { EngineTime } from '../actors/engine-time.js';
import type { OrderWatch } from '../actors/order-watch.js';
import type { AuditEntry } from '../domain/audit.js';
import { deepFreeze } from '../domain/canonical.js';
import { lessThan } from '../domain/decimal.js';
import { applyReport, type OrderFact, readOrderReport } from '../domain/order.js';
import type { Clock, SubmitOutcome } from '../domain/ports.js';
import { FillchartError } from '../domain/reasons.js';
import type { ExecutionResult } from '../domain/result.js';
import { snapshotHash } from '../domain/snapshot.js';
import { type Gate, gateRefusal, type Refusal } from '../domain/validation.js';
import type { CommandOf, ExecutionCommand } from '../machines/execution.commands.js';
import { LEAVES_THE_PROCESS } from '../machines/execution.commands.js';
import {
  type ExecutionContext,
  elapsedSinceSubmit,
  hardTimeoutAt,
  orderRef,
  orderRequest,
} from '../machines/execution.context.js';
import type { ExecutionFact, ExecutionInput } from '../machines/execution.facts.js';
import { executionMachine } from '../machines/execution.machine.js';
import { auditOf } from './audit.js';
import type { CaseBook } from './cases.js';
import {
  type Execution,
  type ExecutionSnapshot,
  readOnlyActor,
  stageOfSnapshot,
  stageStream,
  timeoutView,
  topState,
} from './execution.js';
import type { Metrics } from './metrics.js';
import type { PositionBook } from './position-book.js';
import type { Durability, Recorder } from './recorder.js';

/** What every execution shares (E2): broker, clock, journal, switches, and nothing else. */
export interface HostServices {
  readonly clock: Clock;
  readonly time: EngineTime;
  readonly calls: BrokerCalls;
  readonly watch: OrderWatch;
  readonly recorder: Recorder;
  readonly cases: CaseBook;
  readonly book: PositionBook;
  readonly metrics: Metrics;
  /** Expiry, kill switches and cases, read now (V1, V7, V8). */
  readonly gate: (symbol: string | undefined) => Gate;
  /** The execution is done; its result is durable. */
  readonly onDone: (host: ExecutionHost) => void;
  /** A report shows more filled than the finished execution accounted for (T5). */
  readonly onStrayFill: (host: ExecutionHost, report: OrderFact) => void;
}

export interface ExecutionHost {
  readonly execution: Execution;
  readonly context: ExecutionContext;
  readonly snapshot: ExecutionSnapshot;
  send(fact: ExecutionFact): void;
  /** A raw report on this execution's order, from a poll or a push. */
  report(raw: unknown): void;
  /** Takes recorded facts without acting on them (A3). */
  replay(facts: readonly ExecutionFact[]): void;
  /** Ends the process' part in the execution: timers stop, and an open result rejects. */
  abandon(): void;
}

export function executionHost(input: ExecutionInput, services: HostServices): ExecutionHost {
  const { clock, time, calls, watch, recorder, cases, book, metrics } = services;
  const actor = createActor(executionMachine, { input, id: input.clientOrderId });
  const stages = stageStream();
  const outcome = openResult();
  const timers: Deadlines = deadlines(clock, time, {
    onDeadline: (name) => send({ type: 'DEADLINE', at: time(), name }),
    onLastLook: () => watch.query(orderRef(context())),
  });
  let collected: ExecutionCommand[] = [];
  actor.on('*', (command) => collected.push(command as ExecutionCommand));
  actor.subscribe({
    error: (error) => recorder.say('error', { advisoryId: input.advisoryId, cause: String(error) }, 'the chart failed'),
  });
  actor.start();

  const context = () => actor.getSnapshot().context;

  /** Gives the fact to the chart; returns what it asks for. */
  function step(fact: ExecutionFact): { commands: readonly ExecutionCommand[]; audit: readonly AuditEntry[] } {
    const before = actor.getSnapshot();
    collected = [];
    actor.send(fact);
    const after = actor.getSnapshot();
    const commands = collected;
    const audit = auditOf({
      fact,
      from: topState(before),
      to: topState(after),
      before: before.context,
      after: after.context,
      commands,
    });
    stages.next(stageOfSnapshot(after));
    return { commands, audit };
  }

  function send(fact: ExecutionFact): void {
    const before = actor.getSnapshot();
    if (before.status !== 'active') return;
    // A timer that outlived its state is no fact.
    if (fact.type === 'DEADLINE' && !before.can(fact)) return;
    const { commands, audit } = step(fact);
    const { advisoryId, snapshotHash: hash, firstSubmitAt } = context();
    const t = firstSubmitAt === undefined ? {} : { t: elapsedSinceSubmit({ firstSubmitAt }, fact.at) };
    const durable = recorder.record({
      stream: 'execution',
      advisoryId,
      snapshotHash: hash,
      at: fact.at,
      ...t,
      fact,
      audit,
    });
    carryOut(commands, durable);
  }

  function carryOut(commands: readonly ExecutionCommand[], recorded: Promise<Durability>): void {
    let durable = recorded;
    for (const command of commands) {
      if (command.type === 'openCase') durable = openCase(command);
      else if (!LEAVES_THE_PROCESS[command.type]) perform(command, { durable: true });
      else void durable.then((durability) => perform(command, durability));
    }
  }

  function openCase({ kind, mismatches }: CommandOf<'openCase'>): Promise<Durability> {
    const { advisoryId, snapshotHash: hash, snapshot } = context();
    return cases.raise({ kind, symbol: snapshot.symbol, advisoryId, snapshotHash: hash, mismatches });
  }

  function perform(command: ExecutionCommand, durability: Durability): void {
    switch (command.type) {
      case 'askBroker':
        return void askBroker();
      case 'submitOrder':
        return submitOrder(command, durability);
      case 'watchOrder':
        return watch.watch(input.clientOrderId, () => orderRef(context()));
      case 'unwatchOrder':
        return watch.unwatch(input.clientOrderId);
      case 'queryOrder':
        return watch.query(command.ref);
      case 'cancelOrder':
        return void cancelOrder(command);
      case 'placeProtection':
        return void placeProtection(command);
      case 'reconcile':
        return void reconcileOnce(command);
      case 'scheduleDeadline':
        return timers.schedule(command.name, command.at);
      case 'openCase':
        return;
      case 'finish':
        return finish();
    }
  }

  async function askBroker(): Promise<void> {
    book.beginBaseline(input.advisoryId);
    const answer = await calls.ask(orderRequest(context()));
    book.endBaseline(input.advisoryId);
    send({ type: 'BROKER_ASKED', at: time(), answer });
  }

  /** The last look: expiry, cases, switches, the hash, the time, the journal; read in the turn of the call. */
  function lastLook(durability: Durability): Pick<Refusal, 'code' | 'message'> | undefined {
    const { snapshot, firstSubmitAt } = context();
    if (!durability.durable) {
      return { code: 'JOURNAL_UNAVAILABLE', message: `The journal cannot record the intent: ${durability.cause}.` };
    }
    if (firstSubmitAt !== undefined && time() >= hardTimeoutAt({ firstSubmitAt })) {
      return { code: 'ORDER_NOT_SENT', message: 'T has reached 30 s: no further try.' };
    }
    if (snapshotHash(snapshot) !== input.snapshotHash) {
      return { code: 'INVALID_SNAPSHOT', message: 'The snapshot is not the one that was approved: its hash differs.' };
    }
    return gateRefusal(snapshot, services.gate(snapshot.symbol));
  }

  function submitOrder({ order }: CommandOf<'submitOrder'>, durability: Durability): void {
    if (!actor.getSnapshot().matches({ submitted: 'ready' })) return;
    const refusal = lastLook(durability);
    if (refusal !== undefined) {
      const { code, message } = refusal;
      return send({ type: 'SUBMIT_BLOCKED', at: time(), refusal: { code, message } });
    }
    send({ type: 'SUBMIT_STARTED', at: time() });
    metrics.submits += 1;
    const limitMs = hardTimeoutAt(context()) - time();
    const tell = (result: SubmitOutcome) => send({ type: 'SUBMIT_OUTCOME', at: time(), outcome: result });
    void calls.submit(order, limitMs, (late) => late.kind === 'accepted' && tell(late)).then(tell);
  }

  async function cancelOrder({ endsAt }: CommandOf<'cancelOrder'>): Promise<void> {
    const state = topState(actor.getSnapshot());
    if (state !== 'cancelling' && state !== 'timeout') return;
    metrics.cancelSent(time(), state === 'cancelling');
    const answer = await calls.cancel(orderRef(context()), endsAt - time());
    send({ type: 'CANCEL_OUTCOME', at: time(), outcome: answer });
  }

  async function placeProtection({ request, endsAt }: CommandOf<'placeProtection'>): Promise<void> {
    const legs = await calls.protect(request, endsAt - time());
    send({ type: 'PROTECTION_OUTCOME', at: time(), legs });
  }

  async function reconcileOnce({ ref }: CommandOf<'reconcile'>): Promise<void> {
    book.beginObservation(input.advisoryId);
    const [order, position] = await Promise.all([calls.observeOrder(ref), calls.observePosition(ref)]);
    send({ type: 'RECONCILED', at: time(), observed: { order, position, others: book.share(input.advisoryId) } });
  }

  function finish(): void {
    const { result } = context();
    timers.clear();
    watch.unwatch(input.clientOrderId);
    if (result === undefined) return;
    metrics.finished(result);
    outcome.resolve(deepFreeze(result));
    stages.complete();
    services.onDone(host);
  }

  function report(raw: unknown): void {
    const fact = readOrderReport(raw, input);
    if (fact === undefined) return;
    const { status, context: known } = actor.getSnapshot();
    if (status !== 'active') {
      if (lessThan(known.order.cumQty, fact.cumQty)) services.onStrayFill(host, fact);
      return;
    }
    if (applyReport(known.order, fact) === known.order) return;
    send({ type: 'ORDER_REPORT', at: time(), report: fact });
  }

  const host: ExecutionHost = {
    execution: {
      advisoryId: input.advisoryId,
      clientOrderId: input.clientOrderId,
      snapshot: input.snapshot,
      get stage() {
        return stageOfSnapshot(actor.getSnapshot());
      },
      stage$: stages.stage$,
      timeout: timeoutView(context, time),
      result: outcome.promise,
      actor: readOnlyActor(actor, recorder.say),
    },
    get context() {
      return context();
    },
    get snapshot() {
      return actor.getSnapshot();
    },
    send,
    report,
    replay(facts) {
      for (const fact of facts) step(fact);
      if (context().result !== undefined) finish();
    },
    abandon() {
      timers.clear();
      watch.unwatch(input.clientOrderId);
      outcome.reject(
        new FillchartError(
          'ENGINE_CLOSED',
          `The engine was closed while ${input.advisoryId} was live; it is in the journal.`,
        ),
      );
    },
  };
  book.enter({
    advisoryId: input.advisoryId,
    symbol: input.snapshot.symbol,
    context,
    isLive: () => ['submitted', 'pending', 'cancelling', 'timeout'].includes(topState(actor.getSnapshot())),
    isActive: () => actor.getSnapshot().status === 'active',
  });
  return host;
}

/** A promise to be settled later; nobody has to listen to it. */
function openResult(): {
  promise: Promise<ExecutionResult>;
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
