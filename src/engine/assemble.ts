/**
 * Everything that an engine is made of, tied together.
 */
import { type BrokerCalls, brokerCalls } from '../actors/broker-calls.js';
import { type CaseRegister, caseRegister } from '../actors/cases.js';
import { engineTime } from '../actors/engine-time.js';
import { type ExecutionHost, executionHost, type HostServices } from '../actors/execution-host.js';
import { filledTotals } from '../actors/filled-totals.js';
import { instants } from '../actors/instants.js';
import { type JointLooks, jointLooks } from '../actors/joint-looks.js';
import { type OrderWatch, orderWatch } from '../actors/order-watch.js';
import { patience } from '../actors/patience.js';
import { slicedWalk } from '../actors/sliced-walk.js';
import { type Turns, turns } from '../actors/turns.js';
import type { AuditRecord } from '../domain/audit.js';
import { exitOf } from '../domain/exits.js';
import type { ArchiveAnchor } from '../domain/journal-index.js';
import type { Clock, OrderRef } from '../domain/ports.js';
import { attempt, causeOf } from '../domain/reading.js';
import { gateFrom } from '../domain/validation.js';
import { isDamage } from '../journal/damage.js';
import { olderLines } from '../journal/older-lines.js';
import type { OpenedJournal } from '../journal/open-journal.js';
import { LISTENER_THREW, recorder as newRecorder, type Recorder, type RecorderOptions } from '../journal/recorder.js';
import { linesAfter, tailOf } from '../journal/tail.js';
import type { ExecutionInput } from '../machines/execution.facts.js';
import type { ExecutionSnapshot } from '../machines/execution.state.js';
import { type ExecutionMap, executionMap } from '../views/execution-map.js';
import { metrics as newMetrics } from '../views/metrics.js';
import { type Admission, admission, hasCapacity } from './admission.js';
import { aliasesOf } from './aliases.js';
import { checkpoints } from './checkpoints.js';
import { brokerConnection } from './connection.js';
import { type ExitsParts, exitsOf } from './exits.js';
import { type History, history } from './history.js';
import { type Intake, intake } from './intake.js';
import type { KnownPast } from './known-past.js';
import type { CheckedOptions } from './options.js';
import { viewsStateOf } from './past.js';
import type { Protections } from './protections.js';
import { type RetentionParts, retention } from './retention.js';
import { riskCounters } from './risk-counters.js';
import { type RiskGate, type RiskGateParts, riskGate, riskOfHeld, riskOfLive } from './risk-gate.js';
import { startSweep } from './start-sweep.js';
import { strayFills } from './stray-fills.js';
import { type Switchboard, switchboard } from './switchboard.js';

/** What must hold between check and act, read now (V1, V7, V8). */
function gateOf(clock: Clock, board: Switchboard, cases: CaseRegister): HostServices['gate'] {
  return (symbol) =>
    gateFrom(clock.now(), board.killSwitch.stateFor(symbol), board.decidedBy(symbol), cases.blocking(symbol));
}

export type Parts = ReturnType<typeof assemble>;

const doorOf = (options: CheckedOptions, executions: ExecutionMap, board: Switchboard): Admission =>
  admission({
    clock: options.clock,
    broker: options.broker,
    maxConcurrent: options.maxConcurrent,
    running: () => executions.live.size,
    isKilled: board.killSwitch.isActive,
  });

type RiskParts = Omit<RiskGateParts, 'limits' | 'preTrade'>;

/** The limits; none where none are configured. */
const riskOf = ({ risk }: CheckedOptions, parts: RiskParts) =>
  risk === undefined ? undefined : riskGate({ ...risk, ...parts });

/** The orders, and single looks at them: very many at once are one request. */
function watchOf(
  { broker, capabilities, clock, pollIntervalMs, deadlines }: CheckedOptions,
  inTurns: Turns,
): { readonly watch: OrderWatch; readonly looks: JointLooks } {
  const firstLook = (ref: OrderRef) => looks.glanceAt(ref);
  const statusDeadlineMs = deadlines.statusMs;
  const watch = orderWatch({
    broker,
    capabilities,
    clock,
    pollIntervalMs,
    statusDeadlineMs,
    firstLook,
    holdsPushes: true,
  });
  const looks = jointLooks(watch, inTurns);
  return { watch, looks };
}

const callsOf = (
  { broker, capabilities, clock, deadlines }: CheckedOptions,
  connected: () => Promise<void>,
  risk: RiskGate | undefined,
): BrokerCalls => brokerCalls({ broker, capabilities, clock, deadlines, connected, needsQuote: risk?.needsQuote });

/** The audit log for whoever goes on from a number. */
function logTail({ clock }: CheckedOptions, { lookup }: OpenedJournal, recorder: () => Recorder, past: number) {
  const read = (after: number, limit: number) => {
    const { log, end } = recorder();
    const isInMemory = (log[0]?.seq ?? 0) <= after + 1;
    return isInMemory ? linesAfter(log, after, limit) : olderLines(lookup, end.seq, after, limit);
  };
  const onError = (error: unknown) => recorder().say('error', { cause: causeOf(error) }, LISTENER_THREW);
  return tailOf({ clock, read, onError }, past);
}

type Tail = ReturnType<typeof tailOf>;

type RecorderHooks = Pick<RecorderOptions, 'past' | 'onFailure' | 'onRecord'> & {
  readonly tail: Tail;
  readonly onDurable: () => void;
  /** Records of the past are not as they were written. */
  readonly onDamage: (cause: string) => void;
};

/** What is durable can be looked up, and counts towards the next checkpoint. */
function recorderOf(
  { journal, clock, logger }: CheckedOptions,
  { lookup, index, archives }: OpenedJournal,
  hooks: RecorderHooks,
) {
  return newRecorder({
    ...{ journal, clock, logger, ...hooks },
    onHeard: hooks.tail.heard,
    readLog(from, to) {
      const read = (first: number) => lookup.records(first, to - first + 1).flatMap(({ audit }) => audit);
      const linesOf = (seq: number) => lookup.records(seq, 1).flatMap(({ audit }) => audit);
      try {
        return read(from);
      } catch (error) {
        if (isDamage(error)) {
          hooks.onDamage(causeOf(error));
          return readableLines(linesOf, from, to);
        }
        // An archive that is not there keeps nobody from the lines that are here.
        const first = (archives?.lastArchived() ?? 0) + 1;
        if (first <= from) throw error;
        return first > to ? [] : read(first);
      }
    },
    onDurable(record) {
      hooks.tail.durable(record);
      index?.add(record);
      hooks.onDurable();
    },
  });
}

/** Lines of the log without those of records that are not as they were written (A9). */
function readableLines(
  linesOf: (seq: number) => readonly AuditRecord[],
  from: number,
  to: number,
): readonly AuditRecord[] {
  const lines: AuditRecord[] = [];
  for (let seq = from; seq <= to; seq += 1) lines.push(...(attempt(() => linesOf(seq)) ?? []));
  return lines;
}

interface LettingGo extends Pick<Intake, 'handleOf'> {
  readonly recorder: Recorder;
  readonly executions: ExecutionMap;
  readonly finished: History['finished'];
}

/** Once an execution that is over is durable, nothing of it is kept (E7). */
async function letGo(host: ExecutionHost, { recorder, executions, finished, handleOf }: LettingGo): Promise<void> {
  const { durable } = await recorder.lastRecord();
  const { context, snapshot } = host;
  if (!durable || executions.find(context.advisoryId) !== host) return;
  finished.remember({ context, snapshot, execution: handleOf(host) });
  executions.release(host);
}

/** Reports by order: to whoever lives, else to what is over. Those on exits after the end go to the positions. */
function routeReports(
  watch: Pick<OrderWatch, 'reports$'>,
  executions: ExecutionMap,
  over: Pick<History, 'report'>,
): void {
  watch.reports$.subscribe(({ clientOrderId, raw }) => {
    const entry = executions.byOrder(clientOrderId);
    if (entry !== undefined) {
      entry.report(raw);
      return;
    }
    const exit = exitOf(clientOrderId);
    if (exit === undefined) over.report(clientOrderId, raw);
    else executions.byOrder(exit.clientOrderId)?.exitReport(exit.leg, raw);
  });
}

/** Everything that the engine is made of, tied together. */
export function assemble(options: CheckedOptions, opened: OpenedJournal, past: KnownPast) {
  const { broker, clock, journal, deadlines } = options;
  const time = engineTime(clock, past.time);
  const metrics = newMetrics();
  const executions = executionMap();
  const filled = filledTotals();
  const counters = riskCounters();
  const tail: Tail = logTail(options, opened, () => recorder, past.end.auditSeq);
  const recorder: Recorder = recorderOf(options, opened, {
    ...{ tail, past: past.end, onRecord: counters.heed },
    onFailure: (cause) => board.closeGate(`The journal has failed: ${cause}`),
    onDurable: () => kept.onDurable(),
    onDamage: (cause) => over.onUnreadable(cause),
  });
  const aliases = aliasesOf(broker);
  const cases = caseRegister(recorder, time, options.onMismatch, aliases, filled.moveSinceEnd);
  const known = { time, recorder, metrics, cases, executions };
  const walk = slicedWalk<ExecutionHost>(clock);
  const inTurns = turns(clock, walk);
  const board = switchboard({ ...known, walk, aliases, shared: options.killSwitch, onSwitch: () => door.onSwitch() });
  const door = doorOf(options, executions, board);
  const connection = brokerConnection(broker, clock, deadlines.connectMs);
  const start = startSweep(connection);
  const { watch, looks } = watchOf(options, inTurns);
  const open = { live: () => riskOfLive(executions.live), positions: () => riskOfHeld(exits.protections.watched()) };
  const risk = riskOf(options, { time, board, aliases, counters, ...open });
  const calls = callsOf(options, start.isOver, risk);

  const gate = gateOf(clock, board, cases);
  const onStrayFill = strayFills(cases, (id) => exits.protections.coverOf(id));
  const read = { journal, lookup: opened.lookup, time, executions };
  const over = history({ ...read, closeGate: board.closeGateOnce, onStrayFill });
  const { uncertainIds: uncertain, finished, pages, onUnreadable } = over;
  const exits = exitsOf({ ...known, options, watch, calls, turns: inTurns, filled, past: over, onAudit: risk?.heed });
  const onDone = (host: ExecutionHost) => {
    executions.done(host);
    door.onDone();
    filled.leave(host.execution.clientOrderId);
    over.noteEnd(host.context);
    exits.protections.take(host.context);
    void letGo(host, { recorder, executions, finished, handleOf: taking.handleOf });
  };
  // The execution that asks is among those in flight.
  const carries = () => hasCapacity(broker, executions.live.size - 1);
  const told = { onDone, onStrayFill, closeGate: board.closeGateOnce, hasCapacity: carries };
  const waiting = { patience: patience(clock), instants: instants(clock) };
  const taken = { walk, turns: inTurns, looks, ...waiting, lookAtExits: exits.protections.lookAt };
  const services = { clock, time, calls, watch, recorder, cases, filled, metrics, gate, risk, ...taken, ...told };

  const makeHost = (input: ExecutionInput, from?: ExecutionSnapshot) => executionHost(input, services, from);

  routeReports(watch, executions, over);
  const taking = intake({ clock, time, gate, executions, finished, pages, onUnreadable, admission: door, makeHost });
  const counted = { counters, uncertain, symbols: executions.symbols, anchors: [] as ArchiveAnchor[] };
  const views = { ...known, turns: inTurns, ...counted, filled, board, risk, ...exits };
  const stateOf = (left: readonly string[]) => viewsStateOf({ ...views, clock, past: past.time }, left);
  const last = { save: opened.saveCheckpoint, lastSeq: past.base?.end.seq ?? 0 };
  const kept = checkpoints({ recorder: () => recorder, stateOf, live: executions.liveIds, turns: inTurns, ...last });
  const outside = { connection, start, watch, makeHost, admission: door, intake: taking };
  const archiving = retentionOf(options, opened, { ...views, clock, checkpoint: kept.now });
  return { tail, options, clock, ...views, ...outside, history: over, checkpoints: kept, archiving };
}

type Archiving = Omit<RetentionParts, 'options' | 'archives' | 'anchors' | 'onAnchor' | 'kept'> &
  Pick<ExitsParts, 'executions' | 'cases'> & {
    readonly anchors: ArchiveAnchor[];
    readonly uncertain: ReadonlySet<string>;
    readonly protections: Pick<Protections, 'state'>;
  };

/** What moves old records; nothing unless it is asked for. */
function retentionOf({ retention: wanted }: CheckedOptions, { archives }: OpenedJournal, parts: Archiving) {
  if (wanted === undefined || archives === undefined) return undefined;
  const { anchors, executions, protections, uncertain, cases } = parts;
  const kept = () =>
    new Set([
      ...executions.all().map(({ context }) => context.advisoryId),
      ...protections.state().open,
      ...uncertain,
      ...cases.open().flatMap(({ advisoryId }) => advisoryId ?? []),
    ]);
  const noted = { anchors: () => anchors, onAnchor: (anchor: ArchiveAnchor) => void anchors.push(anchor) };
  return retention({ ...parts, ...noted, options: wanted, archives, kept });
}
