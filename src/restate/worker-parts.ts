/**
 * What one worker process is made of, apart from Restate's handlers.
 */
import { type BrokerCalls, brokerCalls } from '../actors/broker-calls.js';
import { orderWatch } from '../actors/order-watch.js';
import type { Aliases } from '../domain/kill-switch.js';
import { CALL_DEADLINES, type CallDeadlines } from '../domain/limits.js';
import type { BrokerAdapter, BrokerCapabilities, Clock, Logger } from '../domain/ports.js';
import { namesOf, needsQuote } from '../domain/risk-limits.js';
import { aliasesOf } from '../engine/aliases.js';
import { brokerConnection } from '../engine/connection.js';
import { type CheckedRisk, checkedRisk } from '../engine/limit-options.js';
import type { RiskOptions } from '../engine/risk-gate.js';
import { type Ingress, ingress } from './ingress.js';
import { GUARDED } from './names.js';
import { type GuardFact, type OrderGuard, orderGuard } from './order-guard.js';
import { type Outbox, outbox } from './outbox.js';
import { pushedReports } from './pushed-reports.js';
import { type HostSettings, hostSettings } from './settings.js';
import { type SwitchFeed, switchFeed } from './switch-feed.js';
import { type SwitchStop, switchStop } from './switch-stop.js';
import { type Turnstile, turnstile } from './turnstile.js';
import { type WorkerWatch, workerWatch } from './worker-watch.js';

export interface WorkerMetrics {
  submits: number;
  /** Orders that were not sent because lease or gate reading were too old. */
  fenced: number;
  /** Intents of predecessors that were found. */
  takeovers: number;
}

export interface WorkerParts {
  readonly broker: BrokerAdapter;
  readonly capabilities: BrokerCapabilities;
  readonly clock: Clock;
  readonly deadlines: CallDeadlines;
  readonly calls: BrokerCalls;
  readonly settings: HostSettings;
  readonly ingress: Ingress;
  /** Makes sure that the broker is connected; rejects when it is not. */
  readonly connected: () => Promise<void>;
  readonly feed: SwitchFeed;
  readonly outbox: Outbox;
  /** What the guard of any worker saw of the order while Restate was away. */
  readonly guardFacts: (clientOrderId: string) => Promise<readonly GuardFact[]>;
  readonly watch: WorkerWatch;
  /** Entries of executions that live in this worker. */
  readonly hosted: Set<string>;
  readonly guard: OrderGuard;
  readonly stop: SwitchStop;
  /** Paces the starts of executions. */
  readonly starting: Turnstile;
  readonly metrics: WorkerMetrics;
  readonly aliases: Aliases;
  /** The operator's limits and the host program's veto; absent where neither is configured (V11). */
  readonly risk: CheckedRisk | undefined;
  /** A name that no other attempt of any handler has. */
  readonly attemptId: () => string;
  readonly logger: Logger | false;
  close(): Promise<void>;
}

const GUARD_LIMIT_MS = 2_000;

export interface WorkerPartsOptions extends RiskOptions {
  readonly broker: BrokerAdapter;
  readonly clock: Clock;
  readonly ingressUrl: string;
  readonly settings?: Partial<HostSettings> | undefined;
  readonly deadlines?: Partial<CallDeadlines> | undefined;
  readonly attemptId: () => string;
  readonly logger: Logger | false;
}

export function workerParts(options: WorkerPartsOptions): WorkerParts {
  const { broker, clock, logger, attemptId } = options;
  const { capabilities } = broker;
  const settings = hostSettings(options.settings, capabilities);
  const deadlines = { ...CALL_DEADLINES, ...options.deadlines };
  const connection = brokerConnection(broker, clock, deadlines.connectMs);
  const aliases = aliasesOf(broker) ?? (() => []);
  const risk = checkedRisk(options, broker);
  const hasPrice = (symbol: string) => risk !== undefined && needsQuote(risk.limits, namesOf(symbol, aliases(symbol)));
  const calls = brokerCalls({
    ...{ broker, capabilities, clock, deadlines, connected: connection.ensure },
    needsQuote: hasPrice,
  });
  const way = ingress(options.ingressUrl, clock);
  const feed = switchFeed(way, clock, settings.feedIntervalMs);
  const log = outbox(way, clock);
  const { pollIntervalMs } = settings;
  const watched = { broker, capabilities, clock, pollIntervalMs, statusDeadlineMs: deadlines.statusMs };
  const watch = workerWatch(orderWatch(watched));
  const hosted = new Set<string>();
  const pushed = pushedReports({ unfollowed$: watch.unfollowed$, hosted, ingress: way, clock });
  const guard = orderGuard({
    ...{ calls, clock, silentMs: feed.silentMs, marginMs: settings.guardMarginMs, logger },
    tell: (clientOrderId, facts) => way.call(GUARDED, clientOrderId, 'tell', facts, GUARD_LIMIT_MS),
  });
  const stop = switchStop({ feed, calls, clock, aliases, placed: guard.placedOrders });
  return {
    ...{ broker, capabilities, clock, deadlines, calls, settings, feed, watch, guard, stop, attemptId, logger },
    ...{ hosted, outbox: log },
    guardFacts: (clientOrderId) => way.call(GUARDED, clientOrderId, 'facts', null, GUARD_LIMIT_MS),
    starting: turnstile(settings.mostStarting),
    metrics: { submits: 0, fenced: 0, takeovers: 0 },
    ...{ aliases, risk, ingress: way, connected: connection.ensure },
    async close() {
      stop.close();
      feed.close();
      pushed.close();
      watch.close();
      log.close();
      guard.close();
      await connection.close();
    },
  };
}
