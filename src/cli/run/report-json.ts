/**
 * The outcome of a run as one JSON document, for machines.
 *
 * 1. It is written as the results come, and none of them is kept; it is whole when the run is over, also when the run was
 *    ended at once.
 */

import { EXIT } from '../exit-codes.js';
import { caseDetails } from '../journal-admin/case-text.js';
import { type JournalPlace, releaseCommand, resolveCommand } from '../journal-admin/shell-command.js';
import type { TextSink } from '../world.js';
import { type ExecutedLine, malformedLinesOf, type RunOutcome, tally } from './outcome.js';
import type { MalformedLine } from './read-advisories.js';

/** Raised when a member changes its meaning or goes away. */
const REPORT_FORMAT = 1;

export interface ReportHead {
  readonly fillchart: string;
  readonly source: string;
  readonly broker: string;
  /** Real money was at stake. */
  readonly live: boolean;
  readonly journal: string;
  readonly speed: number;
  readonly concurrency: number;
}

interface JsonReport {
  /** `ExecutionResult`s in the order of the file, each with `line`, `symbol`, `side` and `caseIds` beside it. */
  add(executed: ExecutedLine): void;
  end(outcome: RunOutcome, place: JournalPlace | undefined): void;
  /** The whole document where nothing was started: the journal was not looked at, so nothing is said of it. */
  refuse(problem: string, malformed: readonly MalformedLine[]): void;
  /** Closes the document of a run that was ended at once. */
  leave(live: number): void;
}

export function jsonReport(stdout: TextSink, head: ReportHead): JsonReport {
  const opening = JSON.stringify({ format: REPORT_FORMAT, ...head }, null, 2).slice(0, -'\n}'.length);
  let results = 0;
  let isOver = false;

  function add(executed: ExecutedLine): void {
    if (isOver) return;
    const text = JSON.stringify(resultJson(executed), null, 2).replaceAll('\n', '\n    ');
    stdout.write(`${results === 0 ? `${opening},\n  "results": [` : ','}\n    ${text}`);
    results += 1;
  }

  function close(members: object): void {
    if (isOver) return;
    isOver = true;
    const list = results === 0 ? `${opening},\n  "results": []` : '\n  ]';
    stdout.write(`${list},${JSON.stringify(members, null, 2).slice('{'.length)}\n`);
  }

  return {
    add,
    refuse: (problem, malformed) => close(refusalJson(problem, malformed)),
    end: (outcome, place) => close(outcomeJson(outcome, place)),
    leave: (live) => close({ exitCode: EXIT.interrupted, interrupted: true, live: live }),
  };
}

function refusalJson(problem: string, malformed: readonly MalformedLine[]): object {
  const { executions, recovered, counts, manual, unprotected } = tally().totals();
  return {
    exitCode: EXIT.usage,
    interrupted: false,
    problem,
    executions,
    recovered,
    notStarted: 0,
    counts,
    requireManualResolution: manual,
    unprotected,
    durationSeconds: 0,
    traffic: { submits: 0, cancels: 0, polls: 0 },
    malformedLines: malformedLinesOf(malformed),
    malformed,
  };
}

function outcomeJson(outcome: RunOutcome, place: JournalPlace | undefined): object {
  const { exitCode, counts, executions, recovered, notStarted, durationSeconds, traffic } = outcome;
  const { malformedLines, malformed, openCases, switches } = outcome;
  return {
    exitCode,
    interrupted: outcome.isInterrupted,
    executions,
    recovered,
    notStarted,
    counts,
    requireManualResolution: outcome.manual,
    unprotected: outcome.unprotected,
    durationSeconds,
    traffic,
    ...(outcome.journalFailure !== undefined && { journalFailure: outcome.journalFailure }),
    malformedLines,
    malformed,
    openCases: openCases.map((one) => ({
      ...one,
      ...caseDetails(one, outcome.stakes),
      ...(place !== undefined && { resolve: resolveCommand([one.caseId], place) }),
    })),
    killSwitches: switches.map((one) => ({
      ...one,
      ...(place !== undefined && { release: releaseCommand(one, place) }),
    })),
  };
}

function resultJson(executed: ExecutedLine): object {
  const { line, symbol, side, positionSize, caseIds, result, recordedAt, isRecovered } = executed;
  const { repeats, conflictsWith } = executed;
  return {
    ...(line !== undefined && { line }),
    symbol,
    side,
    positionSize,
    caseIds,
    fromJournal: recordedAt !== undefined,
    recovered: isRecovered,
    ...(repeats !== undefined && { repeatOfLine: repeats }),
    ...(conflictsWith !== undefined && { conflictsWithLine: conflictsWith }),
    ...(recordedAt !== undefined && { recordedAt, note: noteOf(result.status, recordedAt) }),
    ...result,
  };
}

const noteOf = (status: string, recordedAt: string): string =>
  `from the journal; recorded ${recordedAt}, nothing sent${status === 'REJECTED' ? '; the advisoryId is used up: take a new one' : ''}`;
