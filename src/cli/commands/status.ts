/**
 * `fillchart status <journal>`: where a journal stands, at any time, whoever holds it; changes nothing.
 */

import type { Case } from '../../domain/cases.js';
import { isPositive } from '../../domain/decimal.js';
import { sentence } from '../../domain/reading.js';
import type { PositionView } from '../../views/position-view.js';
import { shownTime } from '../audit/shown-time.js';
import { withAuditSource } from '../audit/source.js';
import { EXIT } from '../exit-codes.js';
import { caseDetails, caseText } from '../journal-admin/case-text.js';
import { type JournalPlace, placeOf, resolveCommand } from '../journal-admin/shell-command.js';
import type { Stake } from '../journal-admin/stakes.js';
import { releaseLine, switchSentence } from '../journal-admin/switch-text.js';
import { type JournalStatus, journalStatus, statusExitCode } from '../status/journal-status.js';
import { helpNotes } from '../terminal/help-notes.js';
import { type Paint, painter, type Tone, wantsColour } from '../terminal/paint.js';
import { pageWidth } from '../terminal/size.js';
import { wrapped } from '../terminal/table.js';
import { printable } from '../terminal/text-width.js';
import type { CliWorld } from '../world.js';
import type { AddCommand } from './command.js';

/** Raised when a member changes its meaning or goes away. */
const FORMAT = 1;

const NOTES = `
It reads the journal alone, also while an engine runs on it, and asks no broker: what it prints was known when the last
record was written. Ends with 0 when nothing needs a person, with 3 when something does (an open case, a kill switch that
is ACTIVE, a position without a stop-loss), with 1 when the journal is not what was written, with 2 for bad usage.
`;

export const addStatus: AddCommand = (program, world, done) => {
  program
    .command('status')
    .description('print where a journal stands: kill switches, cases, live executions, open positions, the last result')
    .argument('<journal>', 'the SQLite journal, or an export of one as JSONL')
    .option('--json', 'as one JSON document')
    .addHelpText('after', helpNotes(NOTES))
    .action(async (path: string, { json }: { json?: true }) => {
      await withAuditSource(path, ({ records, verdict }) => {
        const status = journalStatus(records, verdict);
        world.stdout.write(json === true ? jsonOf(status, path) : textOf(status, path, world));
        done(statusExitCode(status));
      });
    });
};

function jsonOf({ stakes, openCases, ...status }: JournalStatus, journal: string): string {
  const cases = openCases.map((one) => ({ ...one, ...caseDetails(one, stakes) }));
  const exitCode = statusExitCode({ ...status, stakes, openCases });
  const document = { format: FORMAT, journal, ...status, openCases: cases, needsAttention: exitCode !== EXIT.ok };
  return `${JSON.stringify(document, null, 2)}\n`;
}

interface Line {
  readonly text: string;
  readonly tone?: Tone;
  /** A command: never broken. */
  readonly isCommand?: true;
}

function textOf(status: JournalStatus, path: string, world: CliWorld): string {
  const paint = painter(wantsColour(world.stdout, world.env));
  const width = pageWidth(world.stdout, world.env);
  const place = placeOf(world, path);
  const lines: readonly Line[] = [
    ...heading(status, path),
    ...switchLines(status, place),
    ...caseLines(status, place),
    ...liveLines(status),
    ...positionLines(status),
    ...resultLines(status),
  ];
  return `${lines.flatMap((line) => shown(line, width, paint)).join('\n')}\n`;
}

function shown({ text, tone = 'plain', isCommand }: Line, width: number, paint: Paint): readonly string[] {
  if (isCommand === true) return [text];
  const indent = /^ */.exec(text)?.[0] ?? '';
  return wrapped(printable(text.trim()), width, `${indent}  `, indent).map((line) => paint(tone, line));
}

function heading({ records, newestAt, verdict }: JournalStatus, path: string): readonly Line[] {
  const newest = newestAt === undefined ? '' : `; the newest was written ${shownTime(newestAt)} UTC`;
  return verdict.ok
    ? [{ text: `${path}: ${records} records, each as it was written${newest}`, tone: 'bold' }]
    : [{ text: `${path}: ${FAULTS[verdict.fault]}: ${sentence(verdict.problem)} Keep a copy.`, tone: 'bad' }];
}

const FAULTS: Readonly<Record<Extract<JournalStatus['verdict'], { readonly ok: false }>['fault'], string>> = {
  changed: 'THE JOURNAL HAS BEEN CHANGED',
  inserted: 'THE JOURNAL HAS BEEN CHANGED',
  reordered: 'THE JOURNAL HAS BEEN CHANGED',
  missing: 'A PART OF THE JOURNAL IS MISSING',
  'cut off': 'THE END OF THE JOURNAL IS MISSING',
};

function switchLines({ switches }: JournalStatus, place: JournalPlace): readonly Line[] {
  if (switches.length === 0) return [{ text: 'Kill switches: all OFF' }];
  return [
    { text: `Kill switches: ${switches.length}` },
    ...switches.flatMap((one): readonly Line[] => [
      { text: `  ${switchSentence(one)}`, tone: one.state === 'ACTIVE' ? 'halted' : 'warn' },
      { text: releaseLine(one, place), isCommand: true },
    ]),
  ];
}

function caseLines({ openCases, resolvedCases, stakes }: JournalStatus, place: JournalPlace): readonly Line[] {
  const resolved = resolvedCases === 0 ? '' : ` (${resolvedCases} resolved)`;
  if (openCases.length === 0) return [{ text: `Open cases: none${resolved}` }];
  const linesOf = (one: Case): readonly Line[] => [
    { text: `  ${caseText(one, stakes).head}`, tone: 'bad' },
    { text: `    resolve it with: ${resolveCommand([one.caseId], place)}`, isCommand: true },
  ];
  return [{ text: `Open cases: ${openCases.length}${resolved}` }, ...openCases.flatMap(linesOf)];
}

function liveLines({ live }: JournalStatus): readonly Line[] {
  if (live.length === 0) return [{ text: 'Live executions: none' }];
  return [
    { text: `Live executions: ${live.length}` },
    ...live.map((stake): Line => ({ text: `  ${liveSentence(stake)}` })),
  ];
}

function liveSentence({ advisoryId, symbol, side, size, filled, price }: Stake): string {
  const at = price === undefined ? '' : ` at ${price}`;
  return `${advisoryId}: ${side} ${size} ${symbol}; ${filled === '0' ? 'nothing filled yet' : `${filled} filled${at}`}`;
}

/** A position, and what an open case says against it: the broker's last word on both stands together. */
function positionLines({ openPositions, openCases }: JournalStatus): readonly Line[] {
  if (openPositions.length === 0) return [{ text: 'Open positions: none' }];
  const linesOf = (position: PositionView): readonly Line[] => {
    const against = openCases.filter(({ advisoryId }) => advisoryId === position.advisoryId);
    const isBad = isPositive(position.unprotectedQuantity) || against.length > 0;
    return [
      { text: `  ${positionSentence(position)}`, tone: isBad ? 'bad' : 'plain' },
      ...against.map(({ caseId, openedAt, mismatches }): Line => {
        const found = mismatches.map(({ message }) => message).join('; ');
        return { text: `      ${caseId}, ${shownTime(openedAt)} UTC: ${found}`, tone: 'bad' };
      }),
    ];
  };
  return [{ text: `Open positions: ${openPositions.length}` }, ...openPositions.flatMap(linesOf)];
}

function positionSentence(position: PositionView): string {
  const { advisoryId, symbol, side, openQuantity, entryPrice, stopLoss, takeProfit, unprotectedQuantity, state } =
    position;
  const exit = (name: string, one: PositionView['stopLoss']) =>
    one === undefined ? `no ${name}` : `${name} ${one.price} ${EXIT_WORDS[one.state]}`;
  const bare = isPositive(unprotectedQuantity) ? `; ${unprotectedQuantity} WITHOUT a working stop-loss` : '';
  const at = entryPrice === undefined ? '' : ` at ${entryPrice}`;
  const held = `${openQuantity} ${symbol} ${side === 'buy' ? 'long' : 'short'}${at}`;
  const exits = `${exit('stop-loss', stopLoss)}, ${exit('take-profit', takeProfit)}`;
  return `${advisoryId}: ${held}; ${exits}${STATE_WORDS[state] ?? ''}${bare}`;
}

const EXIT_WORDS = {
  doubtful: 'NOT CONFIRMED',
  working: 'working',
  filled: 'filled',
  cancelled: 'cancelled',
  rejected: 'rejected',
  expired: 'expired',
  absent: 'gone',
} as const;

/** What is being found out; a position whose exits work needs no word. */
const STATE_WORDS: Partial<Record<PositionView['state'], string>> = {
  doubting: '; an exit has ended, and the broker is being asked for the position',
  settling: '; closed, and the other exit is being watched until it is gone',
  lost: '; an exit was LOST',
  reversing: '; the exits closed MORE than was held',
};

function resultLines({ results, conflicts, lastResult, closedPositions }: JournalStatus): readonly Line[] {
  const closed = closedPositions === 0 ? [] : [{ text: `Closed positions: ${closedPositions}` }];
  if (lastResult === undefined) return [...closed, { text: 'Results: none' }];
  const { advisoryId, status, reason, at } = lastResult;
  const why = reason === undefined ? '' : ` (${reason})`;
  const refusals = conflicts === 1 ? 'a refusal of an advisoryId' : 'refusals of an advisoryId';
  const ofConflicts = conflicts === 0 ? '' : `, ${conflicts} of them ${refusals} that another advisory has`;
  return [
    ...closed,
    {
      text: `Results: ${results}${ofConflicts}; the last: advisory ${advisoryId}, ${status}${why}, ${shownTime(at)} UTC`,
    },
  ];
}
