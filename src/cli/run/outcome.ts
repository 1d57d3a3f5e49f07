/**
 * What a run came to: the one object from which tables, JSON and exit code are made.
 *
 * 1. An execution counts once, on however many lines its advisory stands (E1).
 * 2. Nothing that is live, unprotected or in an open case ends with 0 (C1).
 */
import type { AuditRecord } from '../../domain/audit.js';
import type { Case } from '../../domain/cases.js';
import { isPositive, ZERO } from '../../domain/decimal.js';
import { covers, type SwitchView } from '../../domain/kill-switch.js';
import { type ExecutionResult, FINAL_STATUSES, type FinalStatus } from '../../domain/result.js';
import type { Engine } from '../../engine/engine.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { type Stakes, stakesOf } from '../journal-admin/stakes.js';
import type { MalformedLine } from './read-advisories.js';

export interface ExecutedLine {
  /** Of the file; absent for an execution that the journal brought along. */
  readonly line?: number;
  readonly symbol: string;
  readonly side: string;
  readonly positionSize: string;
  readonly result: ExecutionResult;
  /** Ids of the open cases about this advisory. */
  readonly caseIds: readonly string[];
  /** The result was in the journal before this run: when it was recorded, ISO 8601 UTC. Nothing was sent for it now. */
  readonly recordedAt?: string;
  /** It was live in the journal when the run began, and went on in this one. */
  readonly isRecovered: boolean;
  /** The line of the file that holds the very same advisory: this is not another execution. */
  readonly repeats?: number;
  /** The line of the file that holds another advisory under the same id. */
  readonly conflictsWith?: number;
}

/** What is known of all executions together; those themselves need not be kept. */
interface Totals {
  readonly executions: number;
  readonly recorded: number;
  readonly recovered: number;
  readonly counts: Readonly<Record<FinalStatus, number>>;
  /** Results that require manual resolution. */
  readonly manual: number;
  /** Positions that were filled now and have no acknowledged stop-loss. */
  readonly unprotected: number;
  /** Positions that were filled now and are protected at the broker. */
  readonly protected: number;
  readonly symbols: ReadonlySet<string>;
}

interface Tally {
  add(executed: ExecutedLine): void;
  totals(): Totals;
}

export interface RunOutcome extends Omit<Totals, 'symbols'> {
  readonly malformed: readonly MalformedLine[];
  readonly openCases: readonly Case[];
  /** What the executions of open cases put at stake; empty without a case. */
  readonly stakes: Stakes;
  /** Switches that are not OFF at the end. */
  readonly switches: readonly SwitchView[];
  /** The engine has closed its gate by itself. */
  readonly isStopped: boolean;
  /** Somebody has pressed ctrl-c. */
  readonly isInterrupted: boolean;
  /** Advisories that were not handed to the engine, because the run was interrupted. */
  readonly notStarted: number;
  /** Executions that are not done all the same. */
  readonly live: number;
  /** ACTIVE switches that outlive the process and refuse advisories like these, until a person releases them. */
  readonly halting: readonly SwitchView[];
  /** Lines that could not be read; each may have several problems. */
  readonly malformedLines: number;
  readonly journalFailure?: string;
  /** On the engine's clock. */
  readonly durationSeconds: number;
  /** Orders, cancels and status requests that went to the broker. */
  readonly traffic: { readonly submits: number; readonly cancels: number; readonly polls: number };
  readonly exitCode: ExitCode;
}

interface FinishedRun {
  readonly totals: Totals;
  readonly malformed: readonly MalformedLine[];
  readonly engine: Engine;
  /** The switches of this journal outlive the process. */
  readonly isKept: boolean;
  readonly isInterrupted: boolean;
  readonly notStarted: number;
  readonly durationSeconds: number;
}

export function tally(): Tally {
  const counts = Object.fromEntries(FINAL_STATUSES.map((status) => [status, 0])) as Record<FinalStatus, number>;
  const symbols = new Set<string>();
  const sums = { executions: 0, recorded: 0, recovered: 0, manual: 0, unprotected: 0, protected: 0 };
  return {
    add(executed) {
      const { result, symbol, recordedAt, isRecovered, repeats } = executed;
      symbols.add(symbol);
      if (repeats !== undefined) return;
      counts[result.status] += 1;
      sums.executions += 1;
      if (recordedAt !== undefined) sums.recorded += 1;
      if (isRecovered) sums.recovered += 1;
      if (needsResolution(executed)) sums.manual += 1;
      if (recordedAt === undefined && isPositive(result.finalPositionSize ?? ZERO))
        sums[result.finalSl === undefined ? 'unprotected' : 'protected'] += 1;
    },
    totals: () => ({ ...sums, counts: { ...counts }, symbols }),
  };
}

/** What was in the journal before has its case there: when that is resolved, a person has looked. */
const needsResolution = ({ result, recordedAt, caseIds }: ExecutedLine): boolean =>
  result.reconciliationReport?.requiresManualResolution === true && (recordedAt === undefined || caseIds.length > 0);

export function outcomeOf(run: FinishedRun): RunOutcome {
  const { malformed, engine, isKept, isInterrupted, notStarted, durationSeconds } = run;
  const { symbols, ...totals } = run.totals;
  const openCases = engine.cases.open();
  const { submits, cancels, polls, live, journalFailure } = engine.metrics();
  const switches = engine.killSwitch.switches.filter(({ state }) => state !== 'OFF');
  const active = switches.filter(({ state }) => state === 'ACTIVE');
  // What the engine stopped by itself, a person must release.
  const isStopped = active.some(({ by }) => by === 'fillchart');
  const halting = isKept ? active.filter(({ target }) => [...symbols].some((symbol) => covers(target, symbol))) : [];
  const needsPerson =
    totals.manual + totals.unprotected + openCases.length + live + halting.length > 0 ||
    journalFailure !== undefined ||
    isStopped ||
    isInterrupted;
  return {
    ...totals,
    malformed,
    malformedLines: malformedLinesOf(malformed),
    openCases,
    // The whole log is looked through, so only when there is something to say.
    stakes: openCases.length === 0 ? new Map() : stakesOf(linesOf(engine, openCases)),
    switches,
    isStopped,
    isInterrupted,
    notStarted,
    live,
    halting,
    ...(journalFailure !== undefined && { journalFailure }),
    durationSeconds,
    traffic: { submits, cancels, polls },
    exitCode: needsPerson ? EXIT.manual : malformed.length > 0 ? EXIT.usage : EXIT.ok,
  };
}

/** A line may have several problems. */
export const malformedLinesOf = (malformed: readonly MalformedLine[]): number =>
  new Set(malformed.map(({ line }) => line)).size;

/** What the journal says of the advisories of these cases. */
function linesOf(engine: Engine, cases: readonly Case[]): readonly AuditRecord[] {
  const ids = new Set(cases.flatMap(({ advisoryId }) => advisoryId ?? []));
  return [...ids].flatMap((advisoryId) => engine.auditOf(advisoryId));
}
