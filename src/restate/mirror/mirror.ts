/**
 * Executions on Restate behind the words of an engine, so that whoever shows or serves an engine shows or serves them.
 *
 * 1. What it shows is folded from the log of all workers, by `step` and the folds of every other host; it decides nothing.
 * 2. What it is told to do is done there: by the front, with the front's promises.
 * 3. While Restate does not answer it says so, and shows what was known last.
 */

import { Observable, Subject } from 'rxjs';
import { engineTime } from '../../actors/engine-time.js';
import type { AuditRecord } from '../../domain/audit.js';
import type { CaseFact } from '../../domain/cases.js';
import type { JournalRecord } from '../../domain/journal.js';
import type { RecordLookup } from '../../domain/journal-index.js';
import { requireOptions } from '../../domain/option-names.js';
import { requireUrl, requireWhole } from '../../domain/option-values.js';
import type { Clock, Logger } from '../../domain/ports.js';
import { causeOf } from '../../domain/reading.js';
import { FillchartError } from '../../domain/reasons.js';
import { recordIndex } from '../../domain/record-index.js';
import { isoTime } from '../../domain/time.js';
import type { Engine, Execution, ExecutionsQuery, ExecutionView, PositionView, SweepReport } from '../../index.js';
import type { KillSwitchFact } from '../../machines/kill-switch.machine.js';
import type { ProtectionFact } from '../../machines/protection.facts.js';
import { viewOf } from '../../views/execution-view.js';
import { restateFront } from '../front.js';
import { ingress } from '../ingress.js';
import type { HostSettings } from '../settings.js';
import { hostSettings } from '../settings.js';
import { type Follower, follower } from './follower.js';
import { handover } from './handover.js';
import { mirroredFigures } from './mirrored-figures.js';
import { mirroredGate } from './mirrored-gate.js';
import { mirroredLives, mirroredPositions } from './mirrored-lives.js';

/** What {@link restateHost} is made from. @beta @since 0.1.0 */
export interface RestateHostOptions {
  /** Restate's ingress, such as `http://127.0.0.1:8080`. */
  readonly ingressUrl: string;
  /** As the workers have them. */
  readonly settings?: Partial<HostSettings>;
  /** How often what happened is asked for, ms: 200. */
  readonly followMs?: number;
}

/** Executions on Restate, in the words of an engine. @beta @since 0.1.0 */
export interface HostedEngine {
  readonly engine: Engine;
  /** What was recorded, by advisory and in order. */
  readonly lookup: RecordLookup;
  /** Ms since Restate answered last. */
  silentMs(): number;
}

/** Where the executions of an account run: `createService({ accounts: [{ name, host }] })`. @beta @since 0.1.0 */
export interface RestateHost {
  readonly name: 'restate';
  /** Reads what there is. Rejects when Restate does not answer. */
  open(parts: { readonly clock: Clock; readonly logger: Logger | false }): Promise<HostedEngine>;
}

/** Executions on Restate for whoever takes an engine, such as the service. @beta @since 0.1.0 */
export function restateHost(options: RestateHostOptions): RestateHost {
  requireOptions('restateHost', options, ['ingressUrl', 'settings', 'followMs']);
  requireUrl('ingressUrl', options.ingressUrl);
  if (options.followMs !== undefined) requireWhole('followMs', options.followMs, 1);
  hostSettings(options.settings);
  return {
    name: 'restate',
    open: async ({ clock }) => {
      const { engine, lookup, follow } = mirror(options, clock);
      await follow.catchUp();
      follow.begin();
      return { engine, lookup, silentMs: follow.silentMs };
    },
  };
}

/** Restate counts as away after so long without an answer, ms. */
const AWAY_AFTER_MS = 5_000;
const MOST_LINES = 10_000;
/** What was recorded before that is looked up at its advisory: `restateFront(…).records`. */
const MOST_RECORDS = 100_000;
const MOST_LISTED = 1_000;

function mirror(options: RestateHostOptions, clock: Clock) {
  const { ingressUrl, settings, followMs = 200 } = options;
  const time = engineTime(clock);
  const way = ingress(ingressUrl, clock);
  const front = restateFront({ ingressUrl, clock, ...(settings !== undefined && { settings }) });
  let index = recordIndex();
  const lives = mirroredLives(time);
  const positions = mirroredPositions();
  const figures = mirroredFigures();
  const audit$ = new Subject<AuditRecord>();
  const exits$ = new Subject<PositionView>();
  const lines: AuditRecord[] = [];
  const follow: Follower = follower({ ingress: way, clock, intervalMs: followMs, onRecord });
  const gate = mirroredGate({ front, time, catchUp: follow.catchUp });

  function onRecord(record: JournalRecord): void {
    index.add(record);
    if (index.all.length > 2 * MOST_RECORDS) index = recordIndex(index.all.slice(-MOST_RECORDS));
    const execution = record.stream === 'execution' ? lives.take(record) : undefined;
    figures.saw(record, execution);
    if (record.stream === 'kill-switch') gate.takeSwitch(record.fact as unknown as KillSwitchFact);
    if (record.stream === 'case') gate.takeCase(record.fact as unknown as CaseFact);
    for (const line of record.audit) {
      lines.push(line);
      audit$.next(line);
    }
    if (lines.length > 2 * MOST_LINES) lines.splice(0, lines.length - MOST_LINES);
    if (record.stream !== 'protection') return;
    const view = positions.take(record.fact as unknown as ProtectionFact, record.advisoryId ?? '');
    if (view !== undefined) exits$.next(view);
  }

  const hand = handover({ front, lives, clock, catchUp: follow.catchUp });
  let isClosed = false;

  function start(raw: Parameters<Engine['start']>[0], given?: Parameters<Engine['start']>[1]): Execution {
    if (isClosed) throw new FillchartError('ENGINE_CLOSED', 'The engine is closed.');
    return hand(raw, given?.again === true).handle;
  }

  function executions(query: ExecutionsQuery = {}): readonly ExecutionView[] {
    const all = lives.all();
    const done = query.live === true ? [] : all.filter(({ isDone }) => isDone);
    const over = pageOf(
      done.map(({ snapshot }) => viewOf(snapshot, time)),
      query,
    );
    if (query.after !== undefined || query.before !== undefined) return over;
    const live = all.filter(({ isDone }) => !isDone).map(({ snapshot }) => viewOf(snapshot, time));
    return [...over, ...live.filter(({ stage }) => query.stage === undefined || stage === query.stage)];
  }

  function metricsNow() {
    const live = lives.all().filter(({ isDone }) => !isDone).length;
    const silent = follow.silentMs();
    return {
      ...figures.view(),
      live,
      waiting: 0,
      openCases: gate.cases.open().length,
      polls: 0,
      watchedOrders: live,
      bookedExecutions: 0,
      startSweep: 'over' as const,
      sweepFailures,
      journalRecords: index.all.at(-1)?.seq ?? 0,
      ...(silent > AWAY_AFTER_MS && { journalFailure: `Restate has not answered for ${Math.round(silent / 1_000)} s` }),
    };
  }

  let sweepFailures: readonly string[] = [];
  /** A worker compares; while none answers, nothing is judged (M4). */
  async function sweep(): Promise<SweepReport> {
    const notAsked = { orders: 0, positions: 0, cases: [] };
    const report = await front
      .sweep()
      .catch((error: unknown) => ({ at: isoTime(time()), ...notAsked, failures: [`Restate: ${causeOf(error)}`] }));
    sweepFailures = report.failures;
    await follow.catchUp().catch(() => undefined);
    return report;
  }

  async function close(): Promise<void> {
    isClosed = true;
    follow.close();
    gate.close();
    audit$.complete();
    exits$.complete();
  }

  const engine: Engine = {
    start,
    execute: async (raw, given) => start(raw, given).result,
    execution: (advisoryId) => lives.find(advisoryId)?.handle,
    executions,
    killSwitch: gate.killSwitch,
    cases: gate.cases,
    get executionLogs() {
      return lines.slice(-MOST_LINES);
    },
    auditOf: (advisoryId) => index.ofAdvisory(advisoryId).flatMap(({ audit }) => audit),
    audit$: audit$.asObservable(),
    tail: (since = 0) =>
      new Observable((subscriber) => {
        for (const { audit } of index.all) for (const line of audit) if (line.seq > since) subscriber.next(line);
        return audit$.subscribe(subscriber);
      }),
    sweep,
    positions: positions.all,
    exits$: exits$.asObservable(),
    metrics: metricsNow,
    close,
    [Symbol.asyncDispose]: close,
  };
  const lookup: RecordLookup = {
    ofAdvisory: (advisoryId) => index.ofAdvisory(advisoryId),
    advisoryOf: (clientOrderId) => index.advisoryOf(clientOrderId),
    startsBefore: (seq, limit) => index.startsBefore(seq, limit),
    startsAfter: (seq, limit) => index.startsAfter(seq, limit),
    records: (from, limit) => index.records(from, limit),
  };
  return { engine, lookup, follow };
}

function pageOf(views: readonly ExecutionView[], query: ExecutionsQuery): readonly ExecutionView[] {
  const { after, before, limit = MOST_LISTED, stage } = query;
  const wanted = views.filter((view) => stage === undefined || view.stage === stage);
  const place = wanted.findIndex(({ advisoryId }) => advisoryId === (after ?? before));
  if (after !== undefined) return place < 0 ? [] : wanted.slice(place + 1, place + 1 + limit);
  const end = before === undefined ? wanted.length : Math.max(0, place);
  return wanted.slice(Math.max(0, end - limit), end);
}
