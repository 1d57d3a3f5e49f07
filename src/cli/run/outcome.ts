/**
 * What a run came to: the one object from which tables, JSON and exit code are made.
 */
import type { Case } from '../../domain/cases.js';
import type { SwitchView } from '../../domain/kill-switch.js';
import { type ExecutionResult, FINAL_STATUSES, type FinalStatus } from '../../domain/result.js';
import type { Engine } from '../../engine/engine.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import type { AdvisoryLine, MalformedLine } from './read-advisories.js';
import type { Tracked } from './tracked.js';

export interface ExecutedLine {
  readonly line: number;
  readonly symbol: string;
  readonly side: string;
  readonly positionSize: string;
  readonly result: ExecutionResult;
  /** Ids of the open cases about this advisory. */
  readonly caseIds: readonly string[];
}

export interface RunOutcome {
  readonly executed: readonly ExecutedLine[];
  readonly malformed: readonly MalformedLine[];
  readonly openCases: readonly Case[];
  /** Switches that are not OFF at the end. */
  readonly switches: readonly SwitchView[];
  /** The engine has closed its gate by itself. */
  readonly isStopped: boolean;
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
  readonly results: readonly ExecutionResult[];
  readonly malformed: readonly MalformedLine[];
  readonly engine: Engine;
  readonly durationSeconds: number;
}

export function outcomeOf({ lines, tracked, results, malformed, engine, durationSeconds }: FinishedRun): RunOutcome {
  const openCases = engine.cases.open();
  const { submits, cancels, polls, journalFailure } = engine.metrics();
  const executed = results.flatMap((result, index) => {
    const one = tracked[index];
    const line = lines[index];
    if (one === undefined || line === undefined) return [];
    const { symbol, side, size } = one.view();
    // A refused advisory has no case of its own; one of the same id may belong to another snapshot.
    const own = result.status === 'REJECTED' ? [] : openCases.filter((open) => open.advisoryId === result.advisoryId);
    return [{ line: line.line, symbol, side, positionSize: size, result, caseIds: own.map(({ caseId }) => caseId) }];
  });
  const switches = engine.killSwitch.switches.filter(({ state }) => state !== 'OFF');
  // What the engine stopped by itself, a person must release.
  const isStopped = switches.some(({ state, by }) => state === 'ACTIVE' && by === 'fillchart');
  const manual = results.filter((result) => result.reconciliationReport?.requiresManualResolution === true).length;
  const needsPerson = manual > 0 || openCases.length > 0 || journalFailure !== undefined || isStopped;
  return {
    executed,
    malformed,
    openCases,
    switches,
    isStopped,
    counts: countsOf(results),
    manual,
    ...(journalFailure !== undefined && { journalFailure }),
    durationSeconds,
    traffic: { submits, cancels, polls },
    exitCode: needsPerson ? EXIT.manual : malformed.length > 0 ? EXIT.usage : EXIT.ok,
  };
}

function countsOf(results: readonly ExecutionResult[]): Readonly<Record<FinalStatus, number>> {
  const counts = Object.fromEntries(FINAL_STATUSES.map((status) => [status, 0])) as Record<FinalStatus, number>;
  for (const { status } of results) counts[status] += 1;
  return counts;
}
