/**
 * The figures of the service, for Prometheus.
 *
 * 1. They have a registry of their own: the global one of the library is not touched.
 * 2. What happens is counted when it is told; how things stand is read when the figures are asked for.
 * 3. Every figure of an account has the label `account`. Quantities are numbers here, and here alone: no decision reads them.
 */
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { AuditRecord } from '../domain/audit.js';
import type { Clock } from '../domain/ports.js';
import { FINAL_STATUSES } from '../domain/result.js';
import { epochMs } from '../domain/time.js';
import type { Engine, KillSwitch, PositionView } from '../index.js';
import type { BrokerCall } from './observed-broker.js';

/** An account as the figures see it. */
export interface FiguredAccount {
  readonly name: string;
  readonly engine: Engine | undefined;
  readonly isReady: boolean;
  readonly brokerConnected: boolean;
  /** How many whole lives the broker's rate budget carries now; absent where it does not tell. */
  readonly budgetLeft: number | undefined;
}

interface FigureSources {
  readonly clock: Pick<Clock, 'now'>;
  readonly version: string;
  readonly accounts: () => readonly FiguredAccount[];
  readonly killSwitch: () => KillSwitch | undefined;
  readonly listeners: () => number;
  readonly notifications: () => { readonly waiting: number; readonly lost: number };
  /** Since it was read last, in seconds. */
  readonly eventLoopDelay: () => { readonly p99: number; readonly max: number };
  readonly residentBytes: () => number;
}

export interface Figures {
  readonly contentType: string;
  /** Begins the counts of an account at zero: an increase from nothing is none to Prometheus. */
  begin(account: string): void;
  text(): Promise<string>;
  sawCall(account: string, call: BrokerCall): void;
  sawAudit(account: string, record: AuditRecord): void;
  sawCommit(account: string, durationMs: number): void;
  sawRequest(operation: string, status: number, durationMs: number): void;
  droppedListener(): void;
}

const MS_PER_SECOND = 1_000;
const HARD_TIMEOUT_MS = 30_000;
const FAST = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const LIVES = [0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 15, 20, 25, 30, 31, 32];

export function figures(sources: FigureSources): Figures {
  const registry = new Registry();
  const events = eventFigures(registry);
  const open = openPositions();
  standingFigures(registry, { ...sources, openOf: open.of });

  return {
    contentType: registry.contentType,
    async text() {
      open.forget();
      const text = await registry.metrics();
      open.forget();
      return text;
    },
    begin(account) {
      for (const status of FINAL_STATUSES) events.finished.inc({ account, status }, 0);
      for (const outcome of SUBMIT_OUTCOMES) events.calls.inc({ account, method: 'submitOrder', outcome }, 0);
      const { submitSeconds, fillSeconds, nakedSeconds, latenessSeconds, commitSeconds } = events;
      for (const one of [submitSeconds, fillSeconds, nakedSeconds, latenessSeconds, commitSeconds])
        one.zero({ account });
    },
    sawCall(account, { method, outcome, durationMs }) {
      events.calls.inc({ account, method, outcome });
      events.callSeconds.observe({ account, method }, durationMs / MS_PER_SECOND);
      if (method === 'submitOrder') events.submitSeconds.observe({ account }, durationMs / MS_PER_SECOND);
    },
    sawAudit: (account, record) => sawAudit(events, account, record),
    sawCommit: (account, durationMs) => events.commitSeconds.observe({ account }, durationMs / MS_PER_SECOND),
    sawRequest(operation, status, durationMs) {
      events.requests.inc({ operation, status });
      events.requestSeconds.observe({ operation }, durationMs / MS_PER_SECOND);
    },
    droppedListener: () => events.dropped.inc(),
  };
}

const SUBMIT_OUTCOMES = ['accepted', 'rejected', 'not_sent', 'duplicate', 'unknown', 'threw'];

type EventFigures = ReturnType<typeof eventFigures>;

/** What is counted as it happens. */
function eventFigures(registry: Registry) {
  const registers = [registry];
  const histogram = (name: string, help: string, labelNames: readonly string[], buckets: readonly number[]) =>
    new Histogram({ name: `fillchart_${name}`, help, labelNames: [...labelNames], buckets: [...buckets], registers });
  const counter = (name: string, help: string, labelNames: readonly string[]) =>
    new Counter({ name: `fillchart_${name}`, help, labelNames: [...labelNames], registers });
  return {
    finished: counter('executions_total', 'Executions that have their result.', ['account', 'status']),
    refused: counter('refusals_total', 'Executions that were refused, by code.', ['account', 'code']),
    calls: counter('broker_calls_total', 'Calls to the broker, by what they came to.', [
      'account',
      'method',
      'outcome',
    ]),
    callSeconds: histogram('broker_call_seconds', 'How long calls to the broker took.', ['account', 'method'], FAST),
    submitSeconds: histogram('submit_seconds', 'How long submit calls took.', ['account'], FAST),
    fillSeconds: histogram('fill_seconds', 'T of the full fill.', ['account'], LIVES),
    nakedSeconds: histogram('naked_window_seconds', 'From first fill to acknowledged stop-loss.', ['account'], FAST),
    latenessSeconds: histogram('deadline_lateness_seconds', 'How late T = 30 s was acted on.', ['account'], FAST),
    commitSeconds: histogram('commit_seconds', 'How long the journal took to make records durable.', ['account'], FAST),
    cases: counter('cases_opened_total', 'Cases that were opened.', ['account', 'kind']),
    requests: counter('http_requests_total', 'Requests that were answered.', ['operation', 'status']),
    requestSeconds: histogram('http_request_seconds', 'How long requests took.', ['operation'], FAST),
    dropped: counter('event_listeners_dropped_total', 'Listeners of the event stream that did not keep up.', []),
  };
}

function sawAudit(events: EventFigures, account: string, { event, t, details }: AuditRecord): void {
  switch (event) {
    case 'order_filled':
      if (t !== undefined) events.fillSeconds.observe({ account }, t / MS_PER_SECOND);
      return;
    case 'timeout':
      if (details['phase'] === 'reached')
        events.latenessSeconds.observe(
          { account },
          Math.max(0, Number(details['elapsedMs']) - HARD_TIMEOUT_MS) / MS_PER_SECOND,
        );
      return;
    case 'case_opened':
      events.cases.inc({ account, kind: String(details['kind']) });
      return;
    case 'execution_result': {
      const { status, reason, nakedWindowMs } = details;
      events.finished.inc({ account, status: String(status) });
      if (status === 'REJECTED') events.refused.inc({ account, code: String(reason) });
      if (typeof nakedWindowMs === 'number') events.nakedSeconds.observe({ account }, nakedWindowMs / MS_PER_SECOND);
      return;
    }
    default:
  }
}

type Reading = readonly [labels: Record<string, string>, value: number];

/** How things stand, read when it is asked for. */
function standingFigures(registry: Registry, sources: HeldSources): void {
  const gauge = (name: string, help: string, labelNames: readonly string[], read: () => readonly Reading[]): void => {
    new Gauge({
      name,
      help,
      labelNames: [...labelNames],
      registers: [registry],
      collect() {
        this.reset();
        for (const [labels, value] of read()) if (Number.isFinite(value)) this.set(labels, value);
      },
    });
  };
  const ofFillchart: AddGauge = (name, help, labels, read) => gauge(`fillchart_${name}`, help, labels, read);
  accountFigures(ofFillchart, sources);
  deskFigures(ofFillchart, sources);
  const { killSwitch, listeners, notifications, eventLoopDelay, residentBytes, version } = sources;
  gauge('fillchart_kill_switch_active', 'Kill switches that are ACTIVE.', ['type', 'target'], () =>
    (killSwitch()?.switches ?? []).map(({ type, target = '', state }) => [
      { type, target },
      state === 'ACTIVE' ? 1 : 0,
    ]),
  );
  gauge('fillchart_event_listeners', 'Listeners of the event stream.', [], () => [[{}, listeners()]]);
  gauge('fillchart_notifications_waiting', 'Notifications that wait for their receiver.', [], () => [
    [{}, notifications().waiting],
  ]);
  gauge('fillchart_notifications_lost', 'Notifications that were given up.', [], () => [[{}, notifications().lost]]);
  gauge('fillchart_event_loop_delay_seconds', 'Delay of the event loop since it was asked last.', ['quantile'], () => {
    const { p99, max } = eventLoopDelay();
    return [
      [{ quantile: '0.99' }, p99],
      [{ quantile: '1' }, max],
    ];
  });
  gauge('fillchart_build_info', 'The version.', ['version'], () => [[{ version }, 1]]);
  gauge('process_resident_memory_bytes', 'Resident memory.', [], () => [[{}, residentBytes()]]);
}

type AddGauge = (name: string, help: string, labels: readonly string[], read: () => readonly Reading[]) => void;

type ReadOne = (one: FiguredAccount) => number | undefined;

const eachOf = (accounts: FigureSources['accounts']) => (read: ReadOne) => (): readonly Reading[] =>
  accounts().flatMap((one) => {
    const value = read(one);
    return value === undefined ? [] : [[{ account: one.name }, value] as const];
  });

function accountFigures(gauge: AddGauge, { accounts }: FigureSources): void {
  const ofEach = eachOf(accounts);
  const metrics = ({ engine }: FiguredAccount) => engine?.metrics();
  gauge(
    'executions_in_flight',
    'Executions that are not done.',
    ['account'],
    ofEach((one) => metrics(one)?.live),
  );
  gauge(
    'executions_waiting',
    'Executions that wait for their turn.',
    ['account'],
    ofEach((one) => metrics(one)?.waiting),
  );
  gauge(
    'ready',
    'The account takes advisories.',
    ['account'],
    ofEach(({ isReady }) => Number(isReady)),
  );
  gauge(
    'broker_connected',
    'The broker answers.',
    ['account'],
    ofEach(({ brokerConnected }) => Number(brokerConnected)),
  );
  gauge(
    'journal_writable',
    'The journal can be written to.',
    ['account'],
    ofEach((one) => Number(metrics(one)?.journalFailure === undefined)),
  );
  gauge(
    'budget_left',
    'Whole lives that the rate budget of the broker carries now.',
    ['account'],
    ofEach(({ budgetLeft }) => budgetLeft),
  );
  gauge(
    'kill_to_cancel_seconds',
    'From the latest activation of a kill switch to the last cancel that it caused.',
    ['account'],
    ofEach((one) => {
      const ms = metrics(one)?.activationToLastCancelMs;
      return ms === undefined ? undefined : ms / MS_PER_SECOND;
    }),
  );
}

/** What is held, what protects it, and what a person must look at. */
function deskFigures(gauge: AddGauge, { accounts, clock, openOf }: HeldSources): void {
  const ofEach = eachOf(accounts);
  gauge('open_cases', 'Cases that are open.', ['account', 'kind'], () =>
    byKind(accounts(), (ages) => ages.length, clock.now()),
  );
  gauge('oldest_open_case_seconds', 'Age of the oldest open case.', ['account', 'kind'], () =>
    byKind(accounts(), (ages) => Math.max(...ages), clock.now()),
  );
  gauge(
    'open_positions',
    'Positions that are not known to be closed.',
    ['account'],
    ofEach((one) => openOf(one).length),
  );
  gauge(
    'exits_working',
    'Exits that work at the broker.',
    ['account'],
    ofEach((one) =>
      openOf(one).reduce(
        (count, { stopLoss, takeProfit }) =>
          count + [stopLoss, takeProfit].filter((exit) => exit?.state === 'working').length,
        0,
      ),
    ),
  );
  gauge('unprotected_quantity', 'Held, and covered by no stop-loss that is known to work.', ['account', 'symbol'], () =>
    accounts().flatMap((one) => {
      const bySymbol = new Map<string, number>();
      for (const { symbol, unprotectedQuantity } of openOf(one))
        bySymbol.set(symbol, (bySymbol.get(symbol) ?? 0) + Number(unprotectedQuantity));
      return [...bySymbol].map(([symbol, quantity]) => [{ account: one.name, symbol }, quantity] as const);
    }),
  );
}

interface HeldSources extends FigureSources {
  readonly openOf: (account: FiguredAccount) => readonly PositionView[];
}

/** Open positions, looked for once each time that the figures are asked for: there may be thousands. */
function openPositions() {
  const known = new Map<string, readonly PositionView[]>();
  return {
    forget: () => known.clear(),
    of({ name, engine }: FiguredAccount): readonly PositionView[] {
      const open = known.get(name) ?? (engine?.positions() ?? []).filter((one) => one.isOpen);
      known.set(name, open);
      return open;
    },
  };
}

function byKind(
  accounts: readonly FiguredAccount[],
  of: (ages: readonly number[]) => number,
  now: number,
): readonly Reading[] {
  return accounts.flatMap(({ name, engine }) => {
    const ages = new Map<string, number[]>();
    for (const { kind, openedAt } of engine?.cases.open() ?? [])
      ages.set(kind, [...(ages.get(kind) ?? []), (now - epochMs(openedAt)) / MS_PER_SECOND]);
    return [...ages].map(([kind, all]) => [{ account: name, kind }, of(all)] as const);
  });
}
