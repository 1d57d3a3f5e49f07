/**
 * The outcome of a run as one JSON document, for machines.
 */
import { releaseCommand } from '../desk/shell-command.js';
import type { ExecutedLine, RunOutcome } from './outcome.js';

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
export function reportJson(head: ReportHead, outcome: RunOutcome, journalPath: string | undefined): string {
  const {
    executed,
    malformed,
    malformedLines,
    isInterrupted,
    openCases,
    switches,
    counts,
    manual,
    durationSeconds,
    traffic,
    exitCode,
  } = outcome;
  const document = {
    format: REPORT_FORMAT,
    ...head,
    exitCode,
    interrupted: isInterrupted,
    counts,
    requireManualResolution: manual,
    durationSeconds,
    traffic,
    ...(outcome.journalFailure !== undefined && { journalFailure: outcome.journalFailure }),
    results: executed.map(resultJson),
    malformedLines,
    malformed,
    openCases,
    killSwitches: switches.map((one) => ({
      ...one,
      ...(journalPath !== undefined && { release: releaseCommand(one, journalPath) }),
    })),
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

function resultJson({ line, symbol, side, positionSize, caseIds, result, recordedAt }: ExecutedLine): object {
  const recorded = recordedAt === undefined ? {} : { recordedAt, note: noteOf(result.status, recordedAt) };
  return {
    line,
    symbol,
    side,
    positionSize,
    caseIds,
    fromJournal: recordedAt !== undefined,
    ...recorded,
    ...result,
  };
}

const noteOf = (status: string, recordedAt: string): string =>
  `from the journal; recorded ${recordedAt}, nothing sent${status === 'REJECTED' ? '; the advisoryId is used up: take a new one' : ''}`;
