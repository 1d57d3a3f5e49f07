/**
 * What a run came to: the one object from which tables, JSON and exit code are made.
 */
import type { Case } from '../../domain/cases.js';
import { covers, type SwitchView } from '../../domain/kill-switch.js';
import { type ExecutionResult, FINAL_STATUSES, type FinalStatus } from '../../domain/result.js';
import type { Engine } from '../../engine/engine.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import type { AdvisoryLine, MalformedLine } from './read-advisories.js';
import type { RecordedAt } from './recorded.js';
import type { Tracked } from './tracked.js';

export interface ExecutedLine {
  readonly line: number;
  readonly symbol: string;
  readonly side: string;
  readonly positionSize: string;
  readonly result: ExecutionResult;
  /** Ids of the open cases about this advisory. */
  readonly caseIds: readonly string[];
  /** The result was in the journal before this run: when it was recorded, ISO 8601 UTC. Nothing was sent for it now. */
  readonly recordedAt?: string;
}

export interface RunOutcome {
  readonly executed: readonly ExecutedLine[];
  readonly malformed: readonly MalformedLine[];
  readonly openCases: readonly Case[];
  /** Switches that are not OFF at the end. */
  readonly switches: readonly SwitchView[];
  /** The engine has closed its gate by itself. */
  readonly isStopped: boolean;
  /** Somebody has pressed ctrl-c. */
  readonly isInterrupted: boolean;
  /** ACTIVE switches that outlive the process and refuse advisories like these, until a person releases them. */
  readonly halting: readonly SwitchView[];
  /** Lines that could not be read; each may have several problems. */
  readonly malformedLines: number;
  readonly counts: Readonly<Record<FinalStatus, number>>;
  /** Results that require manual resolution. */
  readonly manual: number;
  readonly journalFailure?: string;
  /** On the engine's clock. */
  readonly durationSeconds: number;
  /** Orders, cancels and status requests that went to the broker. */
  readonly traffic: { readonly submits: number; readonly cancels: number; readonly polls: number };
  readonly exitCode: ExitCode;
}

export interface FinishedRun {
  readonly lines: readonly AdvisoryLine[];
  readonly tracked: readonly Tracked[];
  readonly recordedAt: RecordedAt;
  readonly results: readonly ExecutionResult[];
  readonly malformed: readonly MalformedLine[];
  readonly engine: Engine;
  /** The switches of this journal outlive the process. */
  readonly isKept: boolean;
  readonly isInterrupted: boolean;
  readonly durationSeconds: number;
}

export function outcomeOf(run: FinishedRun): RunOutcome {
  const { results, malformed, engine, isKept, isInterrupted, durationSeconds } = run;
  const openCases = engine.cases.open();
  const { submits, cancels, polls, journalFailure } = engine.metrics();
  const executed = executedLines(run, openCases);
  const switches = engine.killSwitch.switches.filter(({ state }) => state !== 'OFF');
  const active = switches.filter(({ state }) => state === 'ACTIVE');
  // What the engine stopped by itself, a person must release.
  const isStopped = active.some(({ by }) => by === 'fillchart');
  const halting = isKept ? active.filter(({ target }) => executed.some(({ symbol }) => covers(target, symbol))) : [];
  const manual = executed.filter(needsResolution).length;
  const needsPerson =
    manual > 0 ||
    openCases.length > 0 ||
    journalFailure !== undefined ||
    isStopped ||
    isInterrupted ||
    halting.length > 0;
  return {
    executed,
    malformed,
    malformedLines: new Set(malformed.map(({ line }) => line)).size,
    openCases,
    switches,
    isStopped,
    isInterrupted,
    halting,
    counts: countsOf(results),
    manual,
    ...(journalFailure !== undefined && { journalFailure }),
    durationSeconds,
    traffic: { submits, cancels, polls },
    exitCode: needsPerson ? EXIT.manual : malformed.length > 0 ? EXIT.usage : EXIT.ok,
  };
}

function executedLines(
  { lines, tracked, results, recordedAt }: FinishedRun,
  openCases: readonly Case[],
): readonly ExecutedLine[] {
  return results.flatMap((result, index) => {
    const one = tracked[index];
    const line = lines[index];
    if (one === undefined || line === undefined) return [];
    const { symbol, side, size } = one.view();
    // A refused advisory has no case of its own; one of the same id may belong to another snapshot.
    const own = result.status === 'REJECTED' ? [] : openCases.filter((open) => open.advisoryId === result.advisoryId);
    const recorded = recordedAt(one.execution);
    const caseIds = own.map(({ caseId }) => caseId);
    const executed = { line: line.line, symbol, side, positionSize: size, result, caseIds };
    return [recorded === undefined ? executed : { ...executed, recordedAt: recorded }];
  });
}

/** What was in the journal before has its case there: when that is resolved, a person has looked. */
const needsResolution = ({ result, recordedAt, caseIds }: ExecutedLine): boolean =>
  result.reconciliationReport?.requiresManualResolution === true && (recordedAt === undefined || caseIds.length > 0);

function countsOf(results: readonly ExecutionResult[]): Readonly<Record<FinalStatus, number>> {
  const counts = Object.fromEntries(FINAL_STATUSES.map((status) => [status, 0])) as Record<FinalStatus, number>;
  for (const { status } of results) counts[status] += 1;
  return counts;
}
