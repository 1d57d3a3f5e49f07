/**
 * The engine: wires chart, actors and ports, and keeps the map from advisory to execution.
 *
 * 1. One execution per advisory, whatever is sent and however often (E1).
 * 2. Executions share broker, clock, journal and switches, and nothing else (E2).
 * 3. The kill switch is carried to live executions by walking the map, from the turn of the change on (K5).
 */
import type { Observable } from 'rxjs';
import { brokerCalls } from '../actors/broker-calls.js';
import { type CaseRegister, type Cases, caseRegister } from '../actors/cases.js';
import { engineTime } from '../actors/engine-time.js';
import type { Execution } from '../actors/execution.js';
import { type ExecutionHost, executionHost, type HostServices } from '../actors/execution-host.js';
import { filledTotals } from '../actors/filled-totals.js';
import type { KillSwitch } from '../actors/kill-switch.js';
import { orderWatch } from '../actors/order-watch.js';
import { slicedWalk } from '../actors/sliced-walk.js';
import type { AuditRecord } from '../domain/audit.js';
import type { Case } from '../domain/cases.js';
import { exitOf } from '../domain/exits.js';
import type { JournalRecord } from '../domain/journal.js';
import { refuseUnknown } from '../domain/option-names.js';
import type { Clock } from '../domain/ports.js';
import { causeOf } from '../domain/reading.js';
import { FillchartError } from '../domain/reasons.js';
import type { ExecutionResult } from '../domain/result.js';
import type { FrozenSnapshot, SnapshotInput } from '../domain/snapshot.js';
import { readJournal } from '../journal/read-journal.js';
import { LISTENER_THREW, recorder as newRecorder } from '../journal/recorder.js';
import { linesAfter, tailOf } from '../journal/tail.js';
import type { ExecutionInput } from '../machines/execution.facts.js';
import type { ExecutionSnapshot } from '../machines/execution.state.js';
import { type ExecutionMap, executionMap } from '../views/execution-map.js';
import type { ExecutionView } from '../views/execution-view.js';
import { type EngineMetrics, metrics as newMetrics } from '../views/metrics.js';
import type { PositionView } from '../views/position-view.js';
import { type Admission, admission, hasCapacity } from './admission.js';
import { aliasesOf } from './aliases.js';
import { brokerConnection } from './connection.js';
import { exitsOf } from './exits.js';
import { intake } from './intake.js';
import { lookForLostJournal } from './lost-journal.js';
import { type CheckedOptions, checkedDrain, checkedOptions, type EngineParts } from './options.js';
import { recover } from './recover.js';
import { type RiskGateParts, riskGate } from './risk-gate.js';
import { startSweep } from './start-sweep.js';
import { strayFills } from './stray-fills.js';
import { type SweepReport, sweep } from './sweep.js';
import { type Switchboard, switchboard } from './switchboard.js';

/** The engine: executes advisories, and looks after what it executed. @public @since 0.1.0 */
export interface Engine {
  /** Executes an advisory; resolves with its result whatever broker, snapshot or clock do. Rejects when the engine is closed. */
  execute(snapshot: FrozenSnapshot | SnapshotInput, options?: ExecuteOptions): Promise<ExecutionResult>;
  /** The live handle of the same. Throws when the engine is closed. */
  start(snapshot: FrozenSnapshot | SnapshotInput, options?: ExecuteOptions): Execution;
  execution(advisoryId: string): Execution | undefined;
  /** Every execution that the journal knows, oldest first. */
  executions(): readonly ExecutionView[];
  readonly killSwitch: KillSwitch;
  readonly cases: Cases;
  readonly executionLogs: readonly AuditRecord[];
  readonly audit$: Observable<AuditRecord>;
  /**
   * The audit log from a number on: every line with a `seq` above `since` (0 by default), then each as it comes, without a gap
   * and each once. A line comes here when its record is durable, and what it caused is on its way; one that never becomes
   * durable never does. For a listener that was away: it goes on from the last `seq` that it has. Completes on `close`.
   */
  tail(since?: number): Observable<AuditRecord>;
  /** Compares orders and positions at the broker with the journal, and opens cases; corrects nothing (M3). */
  sweep(): Promise<SweepReport>;
  /** Every position that is open, and how the latest others closed: with what protects them, and what they came to (B7). */
  positions(): readonly PositionView[];
  /** A position each time that something about it or its exits becomes known. */
  readonly exits$: Observable<PositionView>;
  metrics(): EngineMetrics;
  /**
   * Ends the engine. Live executions are waited for up to `drainMs` (default 0); what is live then stays in the journal,
   * and is gone with it when the journal is not durable. Called again, it returns the same promise.
   */
  close(options?: CloseOptions): Promise<void>;
  /** `close()` without a drain, for `await using`. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** What `engine.execute` and `engine.start` take besides the advisory. @public @since 0.1.0 */
export interface ExecuteOptions {
  /**
   * Runs an advisory once more whose result is `REJECTED`, so that nothing ever left the process (E1). The journal keeps both
   * runs, and the `clientOrderId` stays. Any other advisory keeps its execution.
   */
  readonly again?: boolean | undefined;
}

/** What `engine.close` takes. @public @since 0.1.0 */
export interface CloseOptions {
  /** Longest wait for the results of what is live, in ms; 0 by default. */
  readonly drainMs?: number | undefined;
}

/** Opens the journal, recovers what is in it, and starts. */
export async function openEngine(given: EngineParts): Promise<Engine> {
  const options = checkedOptions(given);
  const { records, problem } = await readJournal(options.journal);
  const parts = assemble(options, records);
  const { board, connection, recorder, start } = parts;
  connection.ensure().catch((error: unknown) => {
    recorder.say('error', { broker: options.broker.name, cause: String(error) }, 'the broker is not connected');
  });
  const difference = recover(records, { ...parts, ...options, killSwitch: board.killSwitch, tellSwitch: board.tell });
  board.settle();
  // Only now: what the journal says of the switches must not open the gate again.
  const reason = problem ?? difference;
  if (reason !== undefined) board.closeGate(reason);
  parts.risk?.open();
  const engine = engineFace(parts);
  await start.begin(async () => {
    // Without a past there is nothing to compare, but there may have been one (A9): then all that the broker holds is.
    const isPast = records.length > 0 || (await lookForLostJournal({ ...options, ...parts })) || reason !== undefined;
    if (isPast) await engine.sweep();
  });
  return engine;
}

/** What must hold between check and act, read now (V1, V7, V8). */
function gateOf(clock: Clock, board: Switchboard, cases: CaseRegister): HostServices['gate'] {
  return (symbol) => {
    const blocking = cases.blocking(symbol);
    const decidedBy = board.decidedBy(symbol);
    return {
      now: clock.now(),
      killSwitchState: board.killSwitch.stateFor(symbol),
      ...(decidedBy !== undefined && { decidedBy }),
      ...(blocking !== undefined && { openCaseId: blocking.caseId, openCase: caseNamed(blocking) }),
    };
  };
}

const caseNamed = ({ caseId, kind, symbol, openedAt }: Case) => ({ caseId, caseKind: kind, symbol, openedAt });

type Parts = ReturnType<typeof assemble>;

const doorOf = (options: CheckedOptions, executions: ExecutionMap, board: Switchboard): Admission =>
  admission({
    clock: options.clock,
    broker: options.broker,
    maxConcurrent: options.maxConcurrent,
    running: () => executions.live.size,
    isKilled: board.killSwitch.isActive,
  });

type RiskParts = Omit<RiskGateParts, 'limits' | 'preTrade'>;

/** The limits, with what the journal holds counted; none where none are configured. */
function riskOf({ risk }: CheckedOptions, records: readonly JournalRecord[], parts: RiskParts) {
  if (risk === undefined) return undefined;
  const gate = riskGate({ ...risk, ...parts });
  gate.restore(records);
  return gate;
}

/** Everything that the engine is made of, tied together. */
function assemble(options: CheckedOptions, records: readonly JournalRecord[]) {
  const { broker, capabilities, clock, journal, logger, deadlines, pollIntervalMs } = options;
  const time = engineTime(clock, records);
  const metrics = newMetrics();
  const executions = executionMap();
  const filled = filledTotals();
  const onFailure = (cause: string) => board.closeGate(`The journal has failed: ${cause}`);
  const past = records.findLast(({ audit }) => audit.length > 0)?.audit.at(-1)?.seq ?? 0;
  const read = (after: number, limit: number) => linesAfter(recorder.log, after, limit);
  const onError = (error: unknown) => recorder.say('error', { cause: causeOf(error) }, LISTENER_THREW);
  const tail = tailOf({ journal, clock, read, onError }, past);
  const recorder = newRecorder({ journal: tail.journal, clock, logger, history: records, onFailure });
  tail.follow(recorder.audit$);
  const aliases = aliasesOf(broker);
  const cases = caseRegister(recorder, time, options.onMismatch, aliases);
  const walk = slicedWalk<ExecutionHost>(clock);
  const onSwitch = () => door.onSwitch();
  const board = switchboard({
    time,
    recorder,
    metrics,
    cases,
    executions,
    walk,
    aliases,
    shared: options.killSwitch,
    onSwitch,
  });
  const door = doorOf(options, executions, board);
  const connection = brokerConnection(broker, clock, deadlines.connectMs);
  const start = startSweep(connection);
  const watch = orderWatch({ broker, capabilities, clock, pollIntervalMs, statusDeadlineMs: deadlines.statusMs });
  const positions = () => exits.protections.watched();
  const risk = riskOf(options, records, { time, board, aliases, live: executions.live, positions });
  const needsQuote = risk?.needsQuote;
  const calls = brokerCalls({ broker, capabilities, clock, deadlines, connected: start.isOver, needsQuote });

  const gate = gateOf(clock, board, cases);
  const exits = exitsOf({ options, time, recorder, cases, executions, watch, calls, onAudit: risk?.heed });
  const onDone = (host: ExecutionHost) => {
    executions.done(host);
    door.onDone();
    filled.leave(host.execution.clientOrderId);
    exits.protections.take(host.context);
  };
  const onStrayFill = strayFills(cases);
  const closeGate = board.closeGateOnce;
  // The execution that asks is among those in flight.
  const carries = () => hasCapacity(broker, executions.live.size - 1);
  const told = { onDone, onStrayFill, closeGate, hasCapacity: carries };
  const services = { clock, time, calls, watch, recorder, cases, filled, metrics, gate, risk, walk, ...told };

  const makeHost = (input: ExecutionInput, from?: ExecutionSnapshot) => executionHost(input, services, from);
  function newHost(input: ExecutionInput, from?: ExecutionSnapshot): ExecutionHost {
    const host = makeHost(input, from);
    executions.add(input, host);
    return host;
  }

  watch.reports$.subscribe(({ clientOrderId, raw }) => {
    const exit = exitOf(clientOrderId);
    const entry = executions.byOrder(clientOrderId);
    if (entry !== undefined || exit === undefined) entry?.report(raw);
    else executions.byOrder(exit.clientOrderId)?.exitReport(exit.leg, raw);
  });
  const kept = { tail, options, time, metrics, executions, filled, recorder, cases, board, risk };
  const taking = intake({ clock, time, gate, executions, admission: door, makeHost });
  return { ...kept, ...exits, connection, start, watch, newHost, admission: door, intake: taking };
}

function engineFace(parts: Parts): Engine {
  const { options, executions, recorder, cases, board } = parts;
  let isClosed = false;
  let closing: Promise<void> | undefined;

  function start(raw: FrozenSnapshot | SnapshotInput, given?: ExecuteOptions): Execution {
    if (isClosed) throw closed();
    refuseUnknown('execute', given, ['again']);
    return parts.intake.start(raw, given?.again === true);
  }

  async function shut(drainMs: number): Promise<void> {
    isClosed = true;
    const results = [...[...executions.live].map(({ execution }) => execution.result), ...parts.intake.results()];
    // Without a drain nothing is awaited before the executions are abandoned: no order leaves after this call (A4).
    if (results.length > 0 && drainMs > 0) await drained(results, drainMs, options.clock);
    await closeAll(parts);
  }

  return {
    start,
    execute: async (raw, given) => start(raw, given).result,
    execution: parts.intake.find,
    executions: parts.intake.views,
    killSwitch: board.killSwitch.face,
    cases: {
      open: cases.open,
      all: cases.all,
      async resolve(caseId, by) {
        if (isClosed) throw closed();
        return cases.resolve(caseId, by);
      },
    },
    get executionLogs() {
      return [...recorder.log];
    },
    audit$: recorder.audit$,
    tail: parts.tail.since,
    async sweep() {
      if (isClosed) throw closed();
      // A broker that is not there is told among the failures.
      const isThere = await parts.connection.ensure().then(
        () => true,
        () => false,
      );
      if (isClosed) throw closed();
      const report = await sweep({ ...parts, ...options, hosts: executions.all });
      if (isThere) parts.start.madeUp();
      return report;
    },
    positions: parts.protections.positions,
    exits$: parts.exits$,
    metrics: () => metricsOf(parts),
    close(given) {
      try {
        const drainMs = checkedDrain(given);
        closing ??= shut(drainMs);
        return closing;
      } catch (error) {
        return Promise.reject(error);
      }
    },
    [Symbol.asyncDispose]() {
      return this.close();
    },
  };
}

const closed = () => new FillchartError('ENGINE_CLOSED', 'The engine is closed; create another on the same journal.');

function metricsOf({
  executions,
  admission: door,
  cases,
  watch,
  filled,
  recorder,
  metrics,
  start,
}: Parts): EngineMetrics {
  return {
    live: executions.live.size,
    waiting: door.waiting.size,
    openCases: cases.open().length,
    polls: watch.polls,
    watchedOrders: watch.size,
    bookedExecutions: filled.size,
    startSweep: start.state,
    journalRecords: recorder.records,
    ...(recorder.failure !== undefined && { journalFailure: recorder.failure }),
    ...metrics.view(),
  };
}

/** Waits for the results of what is live, for at most `drainMs`. */
async function drained(results: readonly Promise<unknown>[], drainMs: number, clock: Clock): Promise<void> {
  let timer: unknown;
  const timeUp = new Promise<void>((resolve) => {
    timer = clock.setTimeout(resolve, drainMs);
  });
  await Promise.race([Promise.allSettled(results), timeUp]);
  clock.clearTimeout(timer);
}

async function closeAll(parts: Parts): Promise<void> {
  const { options, executions, recorder, watch, board, connection, protections } = parts;
  const live = executions.abandon() + parts.intake.abandon();
  parts.admission.close();
  if (live > 0) recorder.say('warn', { live, journal: options.journal.name }, 'closed with live executions');
  protections.close();
  watch.close();
  board.killSwitch.close();
  await connection.close();
  await options.journal.close();
  recorder.close();
}
