/**
 * What a person reads when all executions are over: results, what was not filled and why, open cases, one closing line.
 */
import { FINAL_STATUSES } from '../../domain/result.js';
import { type Paint, painter, type Tone, wantsColour } from '../terminal/paint.js';
import { type Cell, type Column, table, wrapped } from '../terminal/table.js';
import type { Environment, TextSink } from '../world.js';
import type { ExecutedLine, RunOutcome } from './outcome.js';
import { STATUS_LOOK } from './tracked.js';

const DEFAULT_COLUMNS = 80;
/** Where lines are not cut by a terminal, sentences still break for readers. */
const TEXT_WIDTH = 118;

export interface ReportContext {
  readonly stdout: TextSink;
  readonly env: Environment;
  readonly journalPath?: string | undefined;
}

export function printReport(outcome: RunOutcome, { stdout, env, journalPath }: ReportContext): void {
  const paint = painter(wantsColour(stdout, env));
  const width = stdout.isTTY === true ? (stdout.columns ?? DEFAULT_COLUMNS) - 1 : Number.POSITIVE_INFINITY;
  const textWidth = Math.min(width, TEXT_WIDTH);
  const lines = [
    '',
    ...resultLines(outcome.executed, width, paint),
    ...reasonLines(outcome.executed, textWidth, paint),
    ...caseLines(outcome, textWidth, paint),
    ...switchLines(outcome, textWidth, paint),
    '',
    ...closingLines(outcome, journalPath, textWidth, paint),
  ];
  stdout.write(`${lines.join('\n')}\n`);
}

const COLUMNS: readonly Column[] = [
  { title: '', keep: 'always' },
  { title: 'advisory', keep: 'always', shrinkTo: 14 },
  { title: 'symbol', keep: 4, shrinkTo: 8 },
  { title: 'side', keep: 1 },
  { title: 'status', keep: 'always' },
  { title: 'fill', align: 'right', keep: 7 },
  { title: 'SL', align: 'right', keep: 6 },
  { title: 'TP', align: 'right', keep: 5 },
  { title: 'slippage', align: 'right', keep: 2 },
  { title: 'reconciliation', keep: 8 },
  { title: 'duration', align: 'right', keep: 3 },
  { title: 'case', keep: 9 },
];

const NONE: Cell = { text: '–', tone: 'dim' };

function resultLines(executed: readonly ExecutedLine[], width: number, paint: Paint): readonly string[] {
  const { lines, omitted } = table(COLUMNS, executed.map(rowOf), { width, paint });
  if (omitted.length === 0) return lines;
  const note = `no room here for: ${omitted.join(', ')}`;
  return [...lines, ...wrapped(note, width).map((line) => paint('dim', line))];
}

function rowOf({ symbol, side, positionSize, result, caseIds }: ExecutedLine): readonly Cell[] {
  const { status, finalFillPrice, finalPositionSize, finalSl, finalTp, slippagePct, totalDurationSeconds } = result;
  const { tone, glyph } = STATUS_LOOK[status];
  const filled = finalPositionSize === undefined || finalPositionSize === '0' ? undefined : finalPositionSize;
  const part = filled === positionSize ? filled : `${filled}/${positionSize}`;
  return [
    { text: glyph, tone },
    result.advisoryId,
    symbol,
    { text: side, tone: 'dim' },
    { text: status, tone },
    filled === undefined ? NONE : `${part} @ ${finalFillPrice ?? '?'}`,
    finalSl ?? NONE,
    finalTp ?? NONE,
    slippagePct === undefined ? NONE : `${slippagePct.startsWith('-') ? '' : '+'}${slippagePct} %`,
    reconciliationCell(result),
    `${totalDurationSeconds.toFixed(1)} s`,
    caseIds.length === 0 ? NONE : { text: caseIds.join(', '), tone: 'bad' },
  ];
}

function reconciliationCell({ reconciliationReport }: ExecutedLine['result']): Cell {
  if (reconciliationReport === undefined) return NONE;
  const { status } = reconciliationReport;
  return { text: status, tone: status === 'MATCHED' ? 'good' : 'bad' };
}

function reasonLines(executed: readonly ExecutedLine[], width: number, paint: Paint): readonly string[] {
  const unfilled = executed.filter(({ result }) => result.reason !== undefined);
  if (unfilled.length === 0) return [];
  const lines = unfilled.flatMap(({ result: { advisoryId, status, reason = '', errorMessage = '' } }) => [
    ...wrapped(`${advisoryId}  ${reason}`, width, '    ', '  ').map((line) => paint(STATUS_LOOK[status].tone, line)),
    ...sentence(errorMessage, width, paint),
  ]);
  return ['', ...title('Not filled, or not as approved', width, paint), ...lines];
}

const title = (text: string, width: number, paint: Paint): readonly string[] =>
  wrapped(text, width).map((line) => paint('bold', line));

const sentence = (text: string, width: number, paint: Paint, tone: Tone = 'dim'): readonly string[] =>
  text === '' ? [] : wrapped(text, width, '    ', '    ').map((line) => paint(tone, line));

function caseLines({ openCases }: RunOutcome, width: number, paint: Paint): readonly string[] {
  if (openCases.length === 0) return [];
  const lines = openCases.flatMap(({ caseId, kind, symbol, advisoryId, mismatches }) => [
    ...wrapped([caseId, kind, symbol, advisoryId ?? ''].join('  ').trimEnd(), width, '    ', '  ').map((line) =>
      paint('bad', line),
    ),
    ...mismatches.flatMap(({ message }) => sentence(message, width, paint, 'plain')),
  ]);
  const about = 'Open cases: a person must look at each; until then its symbol is closed to new advisories';
  return ['', ...title(about, width, paint), ...lines];
}

function switchLines({ switches }: RunOutcome, width: number, paint: Paint): readonly string[] {
  if (switches.length === 0) return [];
  const lines = switches.flatMap(({ type, target, state, reason, by }) =>
    wrapped(
      `${type}${target === undefined ? '' : ` ${target}`} is ${state}: ${reason}${by === undefined ? '' : ` (${by})`}`,
      width,
      '    ',
      '  ',
    ),
  );
  return ['', ...title('Kill switches at the end', width, paint), ...lines];
}

function closingLines(outcome: RunOutcome, journalPath: string | undefined, width: number, paint: Paint): string[] {
  const { executed, malformed, counts, durationSeconds, traffic, exitCode } = outcome;
  const statuses = FINAL_STATUSES.filter((status) => counts[status] > 0).map((status) => `${counts[status]} ${status}`);
  const advisories = executed.length === 1 ? '1 advisory' : `${executed.length} advisories`;
  const summary = `${advisories} in ${durationSeconds.toFixed(1)} s: ${statuses.join(', ')}.`;
  const toBroker = `${traffic.submits} submits, ${traffic.cancels} cancels and ${traffic.polls} status requests went to the broker.`;
  const said = (tone: Tone, text: string) => wrapped(text, width).map((line) => paint(tone, line));
  return [
    ...said('plain', `${summary} ${toBroker}`),
    ...(malformed.length === 0 ? [] : said('warn', `Malformed: ${malformed.length}, named on standard error.`)),
    ...(journalPath === undefined ? [] : said('dim', `journal: ${journalPath}`)),
    ...said(exitCode === 0 ? 'good' : exitCode === 3 ? 'bad' : 'warn', `exit code ${exitCode}: ${meaningOf(outcome)}`),
  ];
}

function meaningOf({ exitCode, manual, openCases, journalFailure, isStopped }: RunOutcome): string {
  if (journalFailure !== undefined) return `the journal has failed (${journalFailure}); a person must look at it.`;
  if (isStopped) return 'the engine has stopped itself; a person must look at why, and release it.';
  if (exitCode === 3) {
    const results = manual === 1 ? '1 result needs' : `${manual} results need`;
    const cases = openCases.length === 1 ? '1 case is' : `${openCases.length} cases are`;
    return `${results} manual resolution, ${cases} open.`;
  }
  return exitCode === 0 ? 'nothing is left to do.' : 'what could be read was executed; the rest is malformed.';
}
