/**
 * The engine: wires chart, actors and ports, and keeps the map from advisory to execution.
 *
 * 1. One execution per advisory, whatever is sent and however often (E1).
 * 2. Executions share broker, clock, journal and switches, and nothing else (E2).
 * 3. The kill switch is carried to live executions by walking the map, in the turn of the change (K5).
 */
import type { Observable } from 'rxjs';
import { brokerCalls } from '../actors/broker-calls.js';
import { engineTime } from '../actors/engine-time.js';
import { type KillSwitch, type KillSwitchActor, killSwitchActor } from '../actors/kill-switch.js';
import { orderWatch } from '../actors/order-watch.js';
import type { AuditRecord } from '../domain/audit.js';
import { covers, type SwitchView } from '../domain/kill-switch.js';
import { FillchartError } from '../domain/reasons.js';
import type { ExecutionResult } from '../domain/result.js';
import type { FrozenSnapshot, SnapshotInput } from '../domain/snapshot.js';
import type { ExecutionInput } from '../machines/execution.facts.js';
import type { KillSwitchFact } from '../machines/kill-switch.machine.js';
import { conflicting, inputOf, isRegistered } from './advisory.js';
import { type Cases, caseBook } from './cases.js';
import { brokerConnection } from './connection.js';
import { type Execution, type ExecutionView, viewOf } from './execution.js';
import { type ExecutionHost, executionHost, type HostServices } from './execution-host.js';
import { type EngineMetrics, metrics as newMetrics } from './metrics.js';
import { checkedOptions, type EngineParts } from './options.js';
import { positionBook } from './position-book.js';
import { readJournal } from './read-journal.js';
import { recorder as newRecorder } from './recorder.js';
import { recover } from './recover.js';
import { strayFills } from './stray-fills.js';
import { type SweepReport, sweep as sweepBroker } from './sweep.js';

export interface Engine {
  /** Executes an advisory; resolves with its result whatever broker, snapshot or clock do. Rejects when the engine is closed. */
  execute(snapshot: FrozenSnapshot | SnapshotInput): Promise<ExecutionResult>;
  /** The live handle of the same. Throws when the engine is closed. */
  start(snapshot: FrozenSnapshot | SnapshotInput): Execution;
  execution(advisoryId: string): Execution | undefined;
  /** Every execution that the journal knows, oldest first. */
  executions(): readonly ExecutionView[];
  readonly killSwitch: KillSwitch;
  readonly cases: Cases;
  readonly executionLogs: readonly AuditRecord[];
  readonly audit$: Observable<AuditRecord>;
  /** Compares orders and positions at the broker with the journal, and opens cases; corrects nothing (M3). */
  sweep(): Promise<SweepReport>;
  metrics(): EngineMetrics;
  /**
   * Ends the engine. Live executions are waited for up to `drainMs` (default 0); what is live then stays in the journal,
   * and is gone with it when the journal is not durable.
   */
  close(options?: { readonly drainMs?: number }): Promise<void>;
}

/** Opens the journal, recovers what is in it, and starts. */
export async function openEngine(parts: EngineParts): Promise<Engine> {
  const options = checkedOptions(parts);
  const { broker, capabilities, clock, journal } = options;
  const { records, problem } = await readJournal(journal);
  const time = engineTime(clock, records.at(-1)?.at);
  const metrics = newMetrics();
  const hosts = new Map<string, ExecutionHost>();
  const byOrder = new Map<string, ExecutionHost>();
  const live = new Set<ExecutionHost>();
  let isClosed = false;

  const recorder = newRecorder({
    journal,
    clock,
    logger: options.logger,
    history: records,
    onFailure: (cause) => closeGate(`The journal has failed: ${cause}`),
  });
  const cases = caseBook(recorder, time, options.onMismatch);
  const killSwitch: KillSwitchActor = killSwitchActor(time, {
    onChange: carrySwitch,
    openCase: (target) => cases.openInScope(target)?.caseId,
  });
  const connection = brokerConnection(broker, clock, options.deadlines.connectMs);
  const watch = orderWatch({
    broker,
    capabilities,
    clock,
    pollIntervalMs: options.pollIntervalMs,
    statusDeadlineMs: options.deadlines.statusMs,
  });
  const calls = brokerCalls({
    broker,
    capabilities,
    clock,
    deadlines: options.deadlines,
    connected: connection.ensure,
  });
  const book = positionBook();
  const services: HostServices = {
    clock,
    time,
    calls,
    watch,
    recorder,
    cases,
    book,
    metrics,
    gate: (symbol) => ({ now: clock.now(), killSwitchState: killSwitch.stateFor(symbol), ...openCaseFor(symbol) }),
    onDone(host) {
      live.delete(host);
      book.leave(host.execution.advisoryId);
    },
    onStrayFill: strayFills(cases),
  };
  watch.reports$.subscribe(({ clientOrderId, raw }) => byOrder.get(clientOrderId)?.report(raw));

  function openCaseFor(symbol: string | undefined): { openCaseId?: string } {
    const blocking = cases.blocking(symbol);
    return blocking === undefined ? {} : { openCaseId: blocking.caseId };
  }

  /** Something is wrong with the ground that we stand on: nothing is submitted until a person says so. */
  function closeGate(reason: string): void {
    killSwitch.set({ type: 'GLOBAL', state: 'ACTIVE', reason, by: 'fillchart' }).catch(() => undefined);
  }

  /** The change is recorded, then told to every live execution that it covers (K3, K5). */
  async function carrySwitch(fact: KillSwitchFact): Promise<void> {
    const { change } = fact;
    const event = fact.type === 'SET' ? 'kill_switch_set' : 'kill_switch_released';
    const recorded = recorder.record({
      stream: 'kill-switch',
      at: time(),
      fact,
      audit: [{ event, details: { ...change } }],
    });
    if (change.state === 'ACTIVE') metrics.activated(time());
    for (const host of live) tellSwitch(host, change);
    const durability = await recorded;
    if (!durability.durable)
      throw new FillchartError('JOURNAL_UNAVAILABLE', `The switch is set, but not durable: ${durability.cause}.`);
  }

  function tellSwitch(
    host: ExecutionHost,
    { type, target, state }: Pick<SwitchView, 'type' | 'target' | 'state'>,
  ): void {
    const { symbol } = host.execution.snapshot;
    if (!covers(target, symbol)) return;
    host.send({ type: 'KILL_SWITCH', at: time(), switchType: type, state, effective: killSwitch.stateFor(symbol) });
  }

  function newHost(input: ExecutionInput): ExecutionHost {
    const host = executionHost(input, services);
    if (isRegistered(input)) {
      hosts.set(input.advisoryId, host);
      byOrder.set(input.clientOrderId, host);
    }
    live.add(host);
    return host;
  }

  function start(raw: FrozenSnapshot | SnapshotInput): Execution {
    if (isClosed)
      throw new FillchartError('ENGINE_CLOSED', 'The engine is closed; create another to execute advisories.');
    const input = inputOf(raw);
    const known = isRegistered(input) ? hosts.get(input.advisoryId) : undefined;
    if (known !== undefined && known.context.snapshotHash === input.snapshotHash) return known.execution;
    const advisory = known === undefined ? input : conflicting(input);
    const host = newHost(advisory);
    host.send({ type: 'START', at: time(), gate: services.gate(advisory.snapshot.symbol), advisory });
    return host.execution;
  }

  async function close({ drainMs = 0 }: { readonly drainMs?: number } = {}): Promise<void> {
    if (isClosed) return;
    isClosed = true;
    await drained([...live], drainMs, clock);
    for (const host of live) host.abandon();
    if (live.size > 0) recorder.say('warn', { live: live.size, journal: journal.name }, 'closed with live executions');
    live.clear();
    watch.close();
    killSwitch.close();
    recorder.close();
    await connection.close();
    await journal.close();
  }

  if (problem !== undefined) closeGate(problem);
  await connection
    .ensure()
    .catch((error: unknown) =>
      recorder.say('error', { broker: broker.name, cause: String(error) }, 'the broker is not connected'),
    );
  recover(records, { newHost, killSwitch, cases, time, tellSwitch });
  const sweep = () =>
    sweepBroker({
      broker,
      capabilities,
      clock,
      time,
      deadlines: options.deadlines,
      cases,
      hosts: () => [...hosts.values()],
    });
  if (records.length > 0) await sweep();

  return {
    start,
    execute: async (raw) => start(raw).result,
    execution: (advisoryId) => hosts.get(advisoryId)?.execution,
    executions: () => [...hosts.values()].map(({ snapshot }) => viewOf(snapshot, time)),
    killSwitch,
    cases,
    get executionLogs() {
      return recorder.log;
    },
    audit$: recorder.audit$,
    sweep,
    metrics: () => ({
      live: live.size,
      openCases: cases.open().length,
      polls: watch.polls,
      watchedOrders: watch.size,
      bookedExecutions: book.size,
      journalRecords: recorder.records,
      ...(recorder.failure !== undefined && { journalFailure: recorder.failure }),
      ...metrics.view(),
    }),
    close,
  };
}

async function drained(hosts: readonly ExecutionHost[], drainMs: number, clock: EngineParts['clock']): Promise<void> {
  if (hosts.length === 0 || drainMs <= 0) return;
  let timer: unknown;
  const timeUp = new Promise<void>((resolve) => {
    timer = clock.setTimeout(resolve, drainMs);
  });
  const results = Promise.allSettled(hosts.map(({ execution }) => execution.result));
  await Promise.race([results, timeUp]);
  clock.clearTimeout(timer);
}
