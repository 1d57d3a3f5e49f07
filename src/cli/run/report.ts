/**
 * What a person reads when all executions are over: results, what was not filled and why, open cases, one closing line.
 */
import { FINAL_STATUSES } from '../../domain/result.js';
import { shownTime } from '../audit/shown-time.js';
import { caseDetails, caseText } from '../journal-admin/case-text.js';
import { type JournalPlace, resolveCommand } from '../journal-admin/shell-command.js';
import { releaseLine, switchName, switchSentence } from '../journal-admin/switch-text.js';
import { type Paint, painter, type Tone, wantsColour } from '../terminal/paint.js';
import { columnsOf, rowsOf as rowsOfTerminal, sentenceWidth, tableWidth } from '../terminal/size.js';
import { type Cell, type Column, table, wrapped } from '../terminal/table.js';
import type { Environment, TextSink } from '../world.js';
import type { ExecutedLine, RunOutcome } from './outcome.js';
import { shortFooter } from './short-footer.js';
import { STATUS_LOOK } from './tracked.js';

interface ReportContext {
  readonly stdout: TextSink;
  readonly env: Environment;
  readonly journalPath?: string | undefined;
  /** The same, where its switches can be released and its cases resolved. */
  readonly releasableIn?: JournalPlace | undefined;
  /** How many times as fast as the wall the clock of the run went; 1 when absent. */
  readonly speed?: number;
}

export function printReport(
  outcome: RunOutcome,
  executed: readonly ExecutedLine[],
  { stdout, env, journalPath, releasableIn, speed = 1 }: ReportContext,
): void {
  const paint = painter(wantsColour(stdout, env));
  const width = tableWidth(stdout);
  const textWidth = sentenceWidth(stdout);
  const full = [
    ...repeatedLines(executed, textWidth, paint),
    ...recordedLines(executed, textWidth, paint),
    ...reasonLines(executed, textWidth, paint),
    ...caseLines(outcome, { width: textWidth, paint, releasableIn }),
    ...switchLines(outcome, { width: textWidth, paint, releasableIn }),
    '',
    ...closingLines(outcome, { journalPath, speed }, { width: textWidth, paint }),
  ];
  const footer =
    releasableIn === undefined || !isWide(stdout) || full.length <= rowsOfTerminal(stdout)
      ? full
      : [
          ...shortFooter(outcome, executed, { width: textWidth, paint, place: releasableIn }),
          ...closingLines(outcome, { journalPath: undefined, speed }, { width: textWidth, paint }),
        ];
  stdout.write(`${['', ...resultLines(executed, width, paint), ...footer].join('\n')}\n`);
}

/** A narrow terminal breaks every sentence: short ones would save nothing there. */
const isWide = (stdout: TextSink): boolean => stdout.isTTY === true && columnsOf(stdout) >= LEAST_COLUMNS;

const LEAST_COLUMNS = 80;

interface Look {
  readonly width: number;
  readonly paint: Paint;
  readonly releasableIn: JournalPlace | undefined;
}

const COLUMNS: readonly Column[] = [
  { title: '', keep: 'always' },
  { title: 'advisory', keep: 'always', shrinkTo: 36, whole: true },
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
  const shown = executed.filter(({ repeats }) => repeats === undefined);
  const { lines, omitted } = table(COLUMNS, shown.map(rowOf), { width, paint });
  if (omitted.length === 0) return lines;
  const note = `no room here for: ${omitted.join(', ')}`;
  return [...lines, ...wrapped(note, width).map((line) => paint('dim', line))];
}

function rowOf({
  symbol,
  side,
  positionSize,
  result,
  caseIds,
  recordedAt,
  isRecovered,
}: ExecutedLine): readonly Cell[] {
  const { status, finalFillPrice, finalPositionSize, finalSl, finalTp, slippagePct, totalDurationSeconds } = result;
  const { tone, glyph } = STATUS_LOOK[status];
  const filled = finalPositionSize === undefined || finalPositionSize === '0' ? undefined : finalPositionSize;
  const part = filled === positionSize ? filled : `${filled}/${positionSize}`;
  return [
    { text: glyph, tone },
    result.advisoryId,
    symbol,
    { text: side, tone: 'dim' },
    { text: `${status}${recordedAt !== undefined ? ', recorded' : isRecovered ? ', recovered' : ''}`, tone },
    filled === undefined ? NONE : `${part} @ ${finalFillPrice ?? '?'}`,
    finalSl ?? NONE,
    finalTp ?? NONE,
    slippagePct === undefined ? NONE : `${signOf(slippagePct)}${slippagePct} %`,
    reconciliationCell(result),
    `${totalDurationSeconds.toFixed(1)} s`,
    caseIds.length === 0 ? NONE : { text: caseIds.join(', '), tone: 'bad' },
  ];
}

/** Zero has none. */
const signOf = (percent: string): string => (percent.startsWith('-') || /^0(?:\.0*)?$/.test(percent) ? '' : '+');

function reconciliationCell({ reconciliationReport }: ExecutedLine['result']): Cell {
  if (reconciliationReport === undefined) return NONE;
  const { status } = reconciliationReport;
  return { text: status, tone: status === 'MATCHED' ? 'good' : 'bad' };
}

/** The same id on several lines of the file: one execution, or two advisories of which one was refused. */
function repeatedLines(executed: readonly ExecutedLine[], width: number, paint: Paint): readonly string[] {
  const lines = executed.flatMap(({ line, repeats, conflictsWith, result: { advisoryId } }) => {
    const text =
      repeats !== undefined
        ? `${advisoryId}  line ${line} repeats line ${repeats}: one advisory, executed once`
        : conflictsWith !== undefined
          ? `${advisoryId}  line ${line} has the id of line ${conflictsWith}, but is another advisory: not executed`
          : undefined;
    return text === undefined ? [] : wrapped(text, width, '    ', '  ');
  });
  return lines.length === 0 ? [] : ['', ...title('Repeated in this file', width, paint), ...lines];
}

/** What an earlier run did is not news, and its advice is of its day. */
function recordedLines(executed: readonly ExecutedLine[], width: number, paint: Paint): readonly string[] {
  const lines = executed.flatMap(({ result: { advisoryId, status }, recordedAt, repeats }) => {
    if (recordedAt === undefined || repeats !== undefined) return [];
    const usedUp = status === 'REJECTED' ? '. Its id is used up: another try takes a new advisoryId' : '';
    const text = `${advisoryId}  ${status}, recorded ${shownTime(recordedAt)} UTC, nothing sent${usedUp}`;
    return wrapped(text, width, '    ', '  ');
  });
  return lines.length === 0
    ? []
    : ['', ...title('From the journal: these were over before this run', width, paint), ...lines];
}

function reasonLines(executed: readonly ExecutedLine[], width: number, paint: Paint): readonly string[] {
  const unfilled = executed.filter(({ result, repeats }) => result.reason !== undefined && repeats === undefined);
  if (unfilled.length === 0) return [];
  const lines = unfilled.flatMap(({ result: { advisoryId, status, reason = '', errorMessage = '' }, recordedAt }) => [
    ...wrapped(`${advisoryId}  ${reason}`, width, '    ', '  ').map((line) => paint(STATUS_LOOK[status].tone, line)),
    ...sentence(recordedAt === undefined ? errorMessage : saidThen(errorMessage, recordedAt), width, paint),
  ]);
  const isAnyRefused = unfilled.some(
    ({ result, recordedAt }) => result.status === 'REJECTED' && recordedAt === undefined,
  );
  const hint = 'A refused advisory uses up its advisoryId: to try again, send it under a new one.';
  return [
    '',
    ...title('Not filled, or not as approved', width, paint),
    ...lines,
    ...(isAnyRefused ? wrapped(hint, width, '  ', '  ').map((line) => paint('dim', line)) : []),
  ];
}

const saidThen = (message: string, recordedAt: string): string =>
  message === '' ? '' : `said ${shownTime(recordedAt)} UTC, and true then: ${message}`;

const title = (text: string, width: number, paint: Paint): readonly string[] =>
  wrapped(text, width).map((line) => paint('bold', line));

const sentence = (text: string, width: number, paint: Paint, tone: Tone = 'dim'): readonly string[] =>
  text === '' ? [] : wrapped(text, width, '    ', '    ').map((line) => paint(tone, line));

function caseLines({ openCases, stakes }: RunOutcome, { width, paint, releasableIn }: Look): readonly string[] {
  if (openCases.length === 0) return [];
  const lines = openCases.flatMap((one) => {
    const { head, body } = caseText(one, stakes);
    return [
      ...wrapped(head, width, '    ', '  ').map((line) => paint('bad', line)),
      ...body.flatMap((text) => sentence(text, width, paint, 'plain')),
      ...(releasableIn === undefined ? [] : [`    resolve it with: ${resolveCommand([one.caseId], releasableIn)}`]),
    ];
  });
  const ids = openCases.map(({ caseId }) => caseId);
  const together =
    releasableIn === undefined || ids.length < 2
      ? []
      : [`  resolve all of them with: ${resolveCommand(ids.length > 20 ? ['--all'] : ids, releasableIn)}`];
  const about = 'Open cases. Each needs a person; until it is resolved, new advisories for its symbol are refused';
  return ['', ...title(about, width, paint), ...lines, ...together];
}

function switchLines({ switches }: RunOutcome, { width, paint, releasableIn }: Look): readonly string[] {
  if (switches.length === 0) return [];
  const lines = switches.flatMap((one) => [
    ...wrapped(switchSentence(one), width, '    ', '  '),
    ...(releasableIn === undefined ? [] : [releaseLine(one, releasableIn)]),
  ]);
  return ['', ...title('Kill switches at the end', width, paint), ...lines];
}

function closingLines(
  outcome: RunOutcome,
  { journalPath, speed }: { readonly journalPath: string | undefined; readonly speed: number },
  { width, paint }: Pick<Look, 'width' | 'paint'>,
): string[] {
  const { executions, recorded, recovered, malformed, counts, durationSeconds, traffic, exitCode } = outcome;
  const statuses = FINAL_STATUSES.filter((status) => counts[status] > 0).map((status) => `${counts[status]} ${status}`);
  const before = [
    ...(recorded === 0 ? [] : [`${recorded} from the journal`]),
    ...(recovered === 0 ? [] : [`${recovered} recovered`]),
  ];
  const clock = speed === 1 ? '' : ` of the simulated clock (${(durationSeconds / speed).toFixed(1)} s in real time)`;
  const ofThem = before.length === 0 ? '' : ` (${before.join(', ')})`;
  const summary = `${counted(executions, 'advisory', 'advisories')} in ${durationSeconds.toFixed(1)} s${clock}: ${statuses.join(', ') || 'no result'}${ofThem}.`;
  const { submits, cancels, polls } = traffic;
  const toBroker = `${counted(submits, 'submit')}, ${counted(cancels, 'cancel')} and ${counted(polls, 'status request')} went to the broker.`;
  const said = (tone: Tone, text: string) => wrapped(text, width).map((line) => paint(tone, line));
  return [
    ...said('plain', `${summary} ${toBroker}`),
    ...said('plain', positionsSentence(outcome)),
    ...(malformed.length === 0 ? [] : said('warn', malformedSentence(outcome))),
    ...(journalPath === undefined ? [] : said('dim', `journal: ${journalPath}`)),
    ...said(exitCode === 0 ? 'good' : exitCode === 3 ? 'bad' : 'warn', `exit code ${exitCode}: ${meaningOf(outcome)}`),
  ].filter((line) => line !== '');
}

const counted = (count: number, one: string, many = `${one}s`): string => `${count} ${count === 1 ? one : many}`;

/** That the run is over does not close what it opened. */
function positionsSentence(outcome: RunOutcome): string {
  const { protected: placed, unprotected } = outcome;
  if (placed + unprotected === 0) return '';
  const doubtful = unconfirmed(outcome);
  const filled = `${counted(placed, 'position was', 'positions were')} filled and`;
  const kept =
    doubtful.length === 0
      ? `${filled} left protected at the broker by a stop-loss.`
      : `${filled} a stop-loss was placed; it is NOT confirmed for ${doubtful.join(', ')}.`;
  const naked = `${counted(unprotected, 'position has', 'positions have')} NO stop-loss.`;
  return [...(placed === 0 ? [] : [kept]), ...(unprotected === 0 ? [] : [naked])].join(' ');
}

/** Symbols and cases of what was filled, where the broker did not show the stop-loss when it was last asked. */
const unconfirmed = ({ openCases, stakes }: RunOutcome): readonly string[] =>
  openCases
    .filter((one) => {
      const { stake } = caseDetails(one, stakes);
      return stake !== undefined && stake.filled !== '0' && stake.stopLoss === undefined;
    })
    .map(({ symbol, caseId }) => `${symbol} (${caseId})`);

/** A line that has lost half its fields is one line. */
function malformedSentence({ malformed, malformedLines }: RunOutcome): string {
  const problems = malformed.length === malformedLines ? '' : ` (${counted(malformed.length, 'problem')})`;
  return `${counted(malformedLines, 'line')} malformed${problems}, named on standard error.`;
}

function meaningOf(outcome: RunOutcome): string {
  const { exitCode, manual, unprotected, openCases, journalFailure, halting, live, notStarted } = outcome;
  if (journalFailure !== undefined) return `the journal has failed (${journalFailure}); it needs manual review.`;
  if (outcome.isStopped) return 'the engine has stopped itself; the cause needs manual review.';
  if (exitCode !== 3)
    return exitCode === 0
      ? 'nothing is left to do.'
      : 'the advisories that could be read were executed; the other lines are malformed.';
  const released = `a person must release ${halting.map(switchName).join(', ')}`;
  return `${[
    ...(outcome.isInterrupted ? ['interrupted'] : []),
    ...(notStarted === 0 ? [] : [`${counted(notStarted, 'advisory was', 'advisories were')} not started`]),
    ...(live === 0 ? [] : [`${counted(live, 'execution is', 'executions are')} still live`]),
    ...(unprotected === 0 ? [] : [`${counted(unprotected, 'position has', 'positions have')} no stop-loss`]),
    ...(manual === 0 ? [] : [`${counted(manual, 'result needs', 'results need')} manual review`]),
    ...(openCases.length === 0 ? [] : [counted(openCases.length, 'case is open', 'cases are open')]),
    ...(halting.length === 0 ? [] : [released]),
  ].join(', ')}.`;
}
