/**
 * The engine's options: checked once; what is broken, or not known at all, is refused by name (E8).
 */
import type { MismatchPolicy } from '../domain/cases.js';
import { CALL_DEADLINES, type CallDeadlines } from '../domain/limits.js';
import { refuseUnknown } from '../domain/option-names.js';
import { invalidOption as invalid, requireMethods } from '../domain/option-values.js';
import type { BrokerAdapter, BrokerCapabilities, Clock, Journal, Logger } from '../domain/ports.js';
import { ExecutionStage } from '../domain/result.js';
import type { ExecutionsQuery } from '../views/execution-pages.js';
import { type CheckedRisk, checkedRisk } from './limit-options.js';
import { type CheckedRetention, DEFAULT_KEEP_DAYS, type RetentionOptions } from './retention.js';
import type { RiskOptions } from './risk-gate.js';
import { isShared, type SharedKillSwitch } from './shared-switch.js';

/** What `createEngine` takes. @public @since 0.1.0 */
export interface EngineOptions extends RiskOptions {
  readonly broker: BrokerAdapter;
  /** Where the record is kept; in memory by default, and then lost with the process. */
  readonly journal?: Journal;
  /** The system clock by default. */
  readonly clock?: Clock;
  /** pino on standard error by default; `false` for none. */
  readonly logger?: Logger | false;
  /** Time between two polls of an order, in ms; 100 by default, at least 1; never faster than the adapter's `minPollMs`. */
  readonly pollIntervalMs?: number;
  /**
   * Time between two looks at the exits of open positions, in ms; 30 000 by default, at least 100 (B7). Pushes do not wait
   * for it, and what must be settled is asked about each second.
   */
  readonly exitPollIntervalMs?: number;
  /** What an open case does to new executions (M1); `halt-symbol` by default. */
  readonly onMismatch?: MismatchPolicy;
  /** Most executions that run side by side; 1,000 by default. Further ones wait in `validating` (E4). */
  readonly maxConcurrent?: number | undefined;
  /** Kill switches that several engines share, from `createKillSwitch`; of its own by default (K10). */
  readonly killSwitch?: SharedKillSwitch | undefined;
  /** Moves what is over and old out of the journal into archive files (E7); nothing is moved by default. */
  readonly retention?: RetentionOptions | undefined;
  /** Longest time of each broker call, in ms (P7). */
  readonly deadlines?: Partial<CallDeadlines> | undefined;
}

/** Every option there is; what is not listed is refused. */
const NAMES = Object.keys({
  broker: true,
  journal: true,
  clock: true,
  logger: true,
  pollIntervalMs: true,
  exitPollIntervalMs: true,
  onMismatch: true,
  deadlines: true,
  maxConcurrent: true,
  limits: true,
  preTrade: true,
  killSwitch: true,
  retention: true,
} satisfies Record<keyof EngineOptions, true>);

/** The options with every port there. */
export type EngineParts = EngineOptions & Required<Pick<EngineOptions, 'journal' | 'clock' | 'logger'>>;

export interface CheckedOptions {
  readonly broker: BrokerAdapter;
  readonly capabilities: BrokerCapabilities;
  readonly journal: Journal;
  readonly clock: Clock;
  readonly logger: Logger | false;
  readonly pollIntervalMs: number;
  readonly exitPollIntervalMs: number;
  readonly onMismatch: MismatchPolicy;
  readonly deadlines: CallDeadlines;
  readonly maxConcurrent: number;
  /** Absent where neither limits nor a veto are configured. */
  readonly risk: CheckedRisk | undefined;
  readonly killSwitch: SharedKillSwitch | undefined;
  readonly retention: CheckedRetention | undefined;
}

const DEFAULT_POLL_INTERVAL_MS = 100;
const DEFAULT_MAX_CONCURRENT = 1_000;
const LONGEST_POLL_INTERVAL_MS = 10_000;
const DEFAULT_EXIT_POLL_INTERVAL_MS = 30_000;
const EXIT_POLL_INTERVAL_MS = { least: 100, most: 3_600_000 };
const LONGEST_CALL_MS = 10_000;
const POLICIES: readonly MismatchPolicy[] = ['halt-symbol', 'halt-all', 'report-only'];
const POSITIONS: readonly BrokerCapabilities['positions'][] = ['netting', 'hedging', 'none'];
const BROKER_METHODS = [
  'instrument',
  'submitOrder',
  'getOrderStatus',
  'cancelOrder',
  'placeProtection',
  'getPositions',
] as const;

/** @throws {FillchartError} `INVALID_OPTION`, naming option, value and what is accepted */
export function checkedOptions(parts: EngineParts): CheckedOptions {
  refuseUnknown('createEngine', parts, NAMES);
  refuseUnknown('createEngine', parts.deadlines, Object.keys(CALL_DEADLINES), 'deadlines.');
  const {
    broker,
    journal,
    clock,
    logger,
    pollIntervalMs = DEFAULT_POLL_INTERVAL_MS,
    exitPollIntervalMs = DEFAULT_EXIT_POLL_INTERVAL_MS,
    onMismatch = 'halt-symbol',
    maxConcurrent = DEFAULT_MAX_CONCURRENT,
    killSwitch,
  } = parts;
  requireMethods('broker', broker, BROKER_METHODS);
  requireMethods('journal', journal, ['open', 'append', 'close']);
  requireMethods('clock', clock, ['now', 'monotonic', 'setTimeout', 'clearTimeout']);
  requireTime('now', clock.now());
  requireTime('monotonic', clock.monotonic());
  // A logger without these would swallow every alarm.
  if (logger !== false) requireMethods('logger', logger, ['debug', 'info', 'warn', 'error']);
  if (typeof broker.capabilities !== 'object' || broker.capabilities === null) {
    throw invalid('broker.capabilities', broker.capabilities, 'an object');
  }
  if (!isBetween(pollIntervalMs, 1, LONGEST_POLL_INTERVAL_MS)) {
    throw invalid('pollIntervalMs', pollIntervalMs, `1 to ${LONGEST_POLL_INTERVAL_MS} ms`);
  }
  const { least, most } = EXIT_POLL_INTERVAL_MS;
  if (!isBetween(exitPollIntervalMs, least, most)) {
    throw invalid('exitPollIntervalMs', exitPollIntervalMs, `${least} to ${most} ms`);
  }
  if (!Number.isSafeInteger(maxConcurrent) || maxConcurrent < 1) {
    throw invalid('maxConcurrent', maxConcurrent, 'a whole number of at least 1');
  }
  if (killSwitch !== undefined && !isShared(killSwitch))
    throw invalid('killSwitch', killSwitch, 'what createKillSwitch has returned');
  if (!POLICIES.includes(onMismatch)) throw invalid('onMismatch', onMismatch, POLICIES.join(', '));
  const deadlines = { ...CALL_DEADLINES, ...parts.deadlines };
  for (const [name, ms] of Object.entries(deadlines)) {
    if (!isBetween(ms, 1, LONGEST_CALL_MS)) throw invalid(`deadlines.${name}`, ms, `1 to ${LONGEST_CALL_MS} ms`);
  }
  return {
    broker,
    capabilities: readCapabilities(broker.capabilities),
    journal,
    clock,
    logger,
    pollIntervalMs,
    exitPollIntervalMs,
    onMismatch,
    deadlines,
    maxConcurrent,
    risk: checkedRisk(parts, broker),
    killSwitch,
    retention: checkedRetention(parts.retention),
  };
}

/** Whether an advisory is run once more: `'false'` says nothing. */
export function checkedAgain(given: { readonly again?: boolean | undefined } | undefined): boolean {
  refuseUnknown('execute', given, ['again']);
  const { again = false } = given ?? {};
  if (typeof again !== 'boolean') throw invalid('again', again, 'true or false');
  return again;
}

/** How long `close` waits for what is live. */
export function checkedDrain(given: { readonly drainMs?: number | undefined } | undefined): number {
  refuseUnknown('close', given, ['drainMs']);
  const { drainMs = 0 } = given ?? {};
  if (!isBetween(drainMs, 0, Number.MAX_SAFE_INTEGER)) throw invalid('drainMs', drainMs, 'a time in ms');
  return drainMs;
}

function checkedRetention(given: RetentionOptions | undefined): CheckedOptions['retention'] {
  if (given === undefined) return undefined;
  refuseUnknown('createEngine', given, ['keepDays', 'archiveFolder'], 'retention.');
  const { archiveFolder, keepDays = DEFAULT_KEEP_DAYS } = given;
  if (typeof archiveFolder !== 'string' || archiveFolder.trim() === '')
    throw invalid('retention.archiveFolder', archiveFolder, 'the path of a folder');
  if (!isBetween(keepDays, 1, MOST_KEEP_DAYS))
    throw invalid('retention.keepDays', keepDays, `1 to ${MOST_KEEP_DAYS} days`);
  return { archiveFolder, keepDays };
}

const MOST_KEEP_DAYS = 36_500;

/** Which executions are listed. */
export function checkedQuery(query: ExecutionsQuery = {}): ExecutionsQuery {
  refuseUnknown('executions', query, ['after', 'before', 'limit', 'stage', 'live']);
  const { after, before, limit, stage, live } = query;
  for (const [name, id] of Object.entries({ after, before }))
    if (id !== undefined && typeof id !== 'string') throw invalid(name, id, 'an advisoryId');
  if (after !== undefined && before !== undefined) throw invalid('before', before, 'nothing beside after');
  if (limit !== undefined && (!Number.isSafeInteger(limit) || limit < 1 || limit > MOST_LISTED))
    throw invalid('limit', limit, `a whole number from 1 to ${MOST_LISTED}`);
  if (stage !== undefined && !Object.hasOwn(ExecutionStage, stage))
    throw invalid('stage', stage, Object.keys(ExecutionStage).join(', '));
  if (live !== undefined && typeof live !== 'boolean') throw invalid('live', live, 'true or false');
  const besides = Object.entries({ after, before, limit }).find(([, given]) => given !== undefined);
  if (live === true && besides !== undefined) throw invalid(besides[0], besides[1], 'nothing beside live');
  return query;
}

const MOST_LISTED = 10_000;

function requireTime(name: string, ms: unknown): void {
  if (!Number.isFinite(ms)) throw invalid(`clock.${name}()`, ms, 'a time in ms');
}

/** A capability that is not declared is not there. How often an order may be polled is asked each time: it may change. */
function readCapabilities(given: Partial<BrokerCapabilities>): BrokerCapabilities {
  const { positions = 'netting', minPollMs = 0, gapPollMs } = given;
  if (!isBetween(minPollMs, 0, Number.MAX_SAFE_INTEGER))
    throw invalid('broker.capabilities.minPollMs', minPollMs, 'a time in ms');
  if (gapPollMs !== undefined && !isBetween(gapPollMs, 0, Number.MAX_SAFE_INTEGER))
    throw invalid('broker.capabilities.gapPollMs', gapPollMs, 'a time in ms');
  if (!POSITIONS.includes(positions)) throw invalid('broker.capabilities.positions', positions, POSITIONS.join(', '));
  return {
    push: given.push === true,
    batchStatus: given.batchStatus === true,
    lookupByClientId: given.lookupByClientId === true,
    nativeOco: given.nativeOco === true,
    fractional: given.fractional === true,
    positions,
    get minPollMs() {
      const now = given.minPollMs ?? 0;
      return isBetween(now, 0, Number.MAX_SAFE_INTEGER) ? now : minPollMs;
    },
    ...(gapPollMs !== undefined && { gapPollMs }),
  };
}

const isBetween = (value: unknown, least: number, most: number): boolean =>
  typeof value === 'number' && Number.isFinite(value) && value >= least && value <= most;
