/**
 * The outcome of a run as one JSON document, for machines.
 */
import type { RunOutcome } from './outcome.js';

/** Raised when a member changes its meaning or goes away. */
export const REPORT_FORMAT = 1;

export interface ReportHead {
  readonly fillchart: string;
  readonly source: string;
  readonly broker: string;
  /** Real money was at stake. */
  readonly live: boolean;
  readonly journal: string;
  readonly speed: number;
}

/** `results` are `ExecutionResult`s in the order of the file, each with `line`, `symbol`, `side` and `caseIds` beside it. */
export function reportJson(head: ReportHead, outcome: RunOutcome): string {
  const { executed, malformed, openCases, switches, counts, manual, durationSeconds, traffic, exitCode } = outcome;
  const document = {
    format: REPORT_FORMAT,
    ...head,
    exitCode,
    counts,
    requireManualResolution: manual,
    durationSeconds,
    traffic,
    ...(outcome.journalFailure !== undefined && { journalFailure: outcome.journalFailure }),
    results: executed.map(({ line, symbol, side, positionSize, caseIds, result }) => ({
      line,
      symbol,
      side,
      positionSize,
      caseIds,
      ...result,
    })),
    malformed,
    openCases,
    killSwitches: switches,
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}
