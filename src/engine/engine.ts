/**
 * The engine: wires chart, actors and ports, and keeps the map from advisory to execution.
 *
 * 1. One execution per advisory, whatever is sent and however often (E1).
 * 2. Executions share broker, clock, journal and switches, and nothing else (E2).
 * 3. The kill switch is carried to live executions by walking the map, from the turn of the change on (K5).
 */
import type { Observable } from 'rxjs';
import type { Cases } from '../actors/cases.js';
import type { Execution } from '../actors/execution.js';
import type { KillSwitch } from '../actors/kill-switch.js';
import type { AuditRecord } from '../domain/audit.js';
import type { Clock } from '../domain/ports.js';
import { FillchartError } from '../domain/reasons.js';
import type { ExecutionResult } from '../domain/result.js';
import type { FrozenSnapshot, SnapshotInput } from '../domain/snapshot.js';
import type { ExecutionsQuery } from '../views/execution-pages.js';
import type { ExecutionView } from '../views/execution-view.js';
import type { EngineMetrics } from '../views/metrics.js';
import type { PositionView } from '../views/position-view.js';
import { assemble, type Parts } from './assemble.js';
import { compareLater } from './compare-later.js';
import { pastOf } from './known-past.js';
import { compareOnceMore, lostJournalLook } from './lost-journal.js';
import { checkedAgain, checkedDrain, checkedOptions, checkedQuery, type EngineParts } from './options.js';
import { recover } from './recover.js';
import { compareSymbol, type SweepReport, sweep } from './sweep.js';
import { type SweepParts, sweptExecutions } from './sweep-parts.js';

/** The engine: executes advisories, and looks after what it executed. @public @since 0.1.0 */
export interface Engine {
  /** Executes an advisory; resolves with its result whatever broker, snapshot or clock do. Rejects when the engine is closed. */
  execute(snapshot: FrozenSnapshot | SnapshotInput, options?: ExecuteOptions): Promise<ExecutionResult>;
  /** The live handle of the same. Throws when the engine is closed. */
  start(snapshot: FrozenSnapshot | SnapshotInput, options?: ExecuteOptions): Execution;
  /** The execution of an advisory: live, or over and read from the journal. Throws when the journal cannot be read. */
  execution(advisoryId: string): Execution | undefined;
  /**
   * Executions, oldest first: all that are live, and the latest 1,000 that are over; or a page of these. Throws when the
   * journal cannot be read.
   */
  executions(query?: ExecutionsQuery): readonly ExecutionView[];
  readonly killSwitch: KillSwitch;
  readonly cases: Cases;
  /** The latest 10,000 lines of the audit log, oldest first. All of it stands in the journal. */
  readonly executionLogs: readonly AuditRecord[];
  /** What the audit log says of one advisory, from the journal, oldest first. Throws when that cannot be read. */
  auditOf(advisoryId: string): readonly AuditRecord[];
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
  const { opened, past } = await pastOf(options.journal, options.clock);
  if (options.retention !== undefined && opened.archives === undefined && opened.problem === undefined) {
    await options.journal.close();
    const message = `retention needs a journal that has archives, such as sqliteJournal; ${options.journal.name} has none.`;
    throw new FillchartError('INVALID_OPTION', message);
  }
  const parts = assemble(options, opened, past);
  const { board, connection, recorder, start } = parts;
  const connected = connection.ensure();
  connected.catch((error: unknown) => {
    recorder.say('error', { broker: options.broker.name, cause: String(error) }, 'the broker is not connected');
  });
  const { unusedCheckpoint } = opened;
  if (unusedCheckpoint !== undefined)
    recorder.say('warn', { cause: unusedCheckpoint }, 'the checkpoint is not used: every record is read');
  const difference = await recover(past, parts);
  // What a session resends at its logon takes back fills, and says so once: it waits until it is known whom it concerns (P8).
  parts.watch.takePushes();
  board.settle();
  // Only now: what the journal says of the switches must not open the gate again.
  const reason = opened.problem ?? difference;
  if (reason !== undefined) board.closeGate(reason);
  else {
    parts.checkpoints.begin();
    parts.archiving?.begin();
  }
  parts.risk?.open();
  const engine = engineFace(parts);
  compareLater({
    ...parts,
    clock: options.clock,
    isBusy: (symbol) => [...parts.executions.live].some(({ execution }) => execution.snapshot.symbol === symbol),
    compare: (symbol) => compareSymbol(sweepPartsOf(parts), symbol),
    onFailure: (symbol, failures) => recorder.say('warn', { symbol, failures }, 'a position could not be compared'),
  });
  const onceMore = () => compareOnceMore(options.clock, parts.protections.unclear$, engine.sweep);
  const sweepLost = async () => {
    onceMore();
    await engine.sweep();
  };
  const lost = lostJournalLook({ ...options, ...parts }, () => void sweepLost().catch(() => undefined));
  const sweepAtStart = async () => {
    // Without a past there is nothing to compare, but there may have been one (A9): then all that the broker holds is.
    const isLost = (!past.isThere && (await lost.look())) || reason !== undefined;
    if (isLost) await sweepLost();
    else if (past.isThere) await engine.sweep();
  };
  await start.begin(connected, sweepAtStart, past.isThere ? undefined : lost.answered);
  return engine;
}

function engineFace(parts: Parts): Engine {
  const { options, executions, recorder, cases, board } = parts;
  let isClosed = false;
  let closing: Promise<void> | undefined;
  let toldFailures = '';

  function start(raw: FrozenSnapshot | SnapshotInput, given?: ExecuteOptions): Execution {
    if (isClosed) throw closed();
    return parts.intake.start(raw, checkedAgain(given));
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
    executions: (query) => parts.intake.views(checkedQuery(query)),
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
      return recorder.log;
    },
    auditOf: parts.history.auditOf,
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
      const report = await sweep(sweepPartsOf(parts));
      if (isThere) parts.start.madeUp();
      parts.start.compared(report.failures);
      const failed = report.failures.join('\n');
      // A sweep that is tried again and again says once what keeps it from its work.
      if (failed !== '' && failed !== toldFailures)
        recorder.say('warn', { failures: report.failures }, NOT_ALL_COMPARED);
      toldFailures = failed;
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

const NOT_ALL_COMPARED = 'a sweep could not judge everything: what it left is unknown';

const closed = () => new FillchartError('ENGINE_CLOSED', 'The engine is closed; create another on the same journal.');

const sweepPartsOf = (parts: Parts): SweepParts => ({
  ...{ ...parts, ...parts.options, ...parts.history },
  executions: sweptExecutions(parts.executions),
});

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
    sweepFailures: start.failures,
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
  const left = executions.liveIds();
  const live = executions.abandon() + parts.intake.abandon();
  parts.admission.close();
  if (live > 0) recorder.say('warn', { live, journal: options.journal.name }, 'closed with live executions');
  await parts.archiving?.close();
  protections.close();
  watch.close();
  board.killSwitch.close();
  await connection.close();
  await parts.checkpoints.atClose(left);
  await options.journal.close();
  recorder.close();
  parts.tail.close();
}
