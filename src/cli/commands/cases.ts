/**
 * `fillchart cases`: lists, resolves and withdraws the cases of a journal, from the shell alone.
 *
 * 1. `resolve` and `withdraw` need the journal for themselves; `list` only looks, and looks at any journal.
 * 2. A case that is withdrawn is named: nothing withdraws several at once (M5).
 * 3. Resolving sends nothing and changes no result: it says that a person has looked.
 */

import type { Cases } from '../../actors/cases.js';
import { type Case, isOpen } from '../../domain/cases.js';
import { sentence } from '../../domain/reading.js';
import { adminView } from '../../engine/journal-admin.js';
import { shownTime } from '../audit/shown-time.js';
import { type AuditSource, withAuditSource } from '../audit/source.js';
import { EXIT, type ExitCode, UsageError } from '../exit-codes.js';
import { caseDetails, caseText } from '../journal-admin/case-text.js';
import { placeOf, resolveCommand } from '../journal-admin/shell-command.js';
import { stakesOf } from '../journal-admin/stakes.js';
import { assertFile, withJournalAdmin } from '../journal-admin/with-journal-admin.js';
import { helpNotes } from '../terminal/help-notes.js';
import { painter, wantsColour } from '../terminal/paint.js';
import { sentenceWidth } from '../terminal/size.js';
import { wrapped } from '../terminal/table.js';
import { printable } from '../terminal/text-width.js';
import type { CliWorld } from '../world.js';
import type { AddCommand } from './command.js';

/** Raised when a member changes its meaning or goes away. */
const FORMAT = 1;

interface ListOptions {
  readonly journal: string;
  readonly symbol?: string;
  readonly all?: true;
  readonly json?: true;
}

interface ResolveOptions {
  readonly journal: string;
  readonly by: string;
  readonly reason: string;
  readonly all?: true;
  readonly symbol?: string;
  readonly json?: true;
}

const NOTES = `
resolve and withdraw work on a journal that no engine holds, without a broker: nothing is sent, no result changes. Look at
the broker first. withdraw is for a case, open or resolved, that rested on a wrong reading: what it accepted counts no more,
and later sweeps are as if it had not been. list works at any time. Ends with 0 when it is done, with 1 when the journal is not what was written (it is not
written to), with 2 for bad usage, an id that is not open (of several, the others are resolved), or a journal that an
engine holds.
`;

export const addCases: AddCommand = (program, world, done) => {
  const group = program
    .command('cases')
    .description('list, resolve and withdraw the cases of a journal: what needs manual review')
    .addHelpText('after', helpNotes(NOTES));
  group
    .command('list')
    .description('print the open cases, and how each is resolved; changes nothing')
    .requiredOption('--journal <file>', 'the journal')
    .option('--all', 'those that are resolved, too')
    .option('--symbol <symbol>', 'those of this symbol')
    .option('--json', 'as one JSON document')
    .action(async (options: ListOptions) => done(await list(options, world)));
  group
    .command('resolve')
    .description('close cases: a person has looked, and their symbols may trade again')
    .argument('[caseId...]', 'such as case-1; several may be named')
    .option('--all', 'all that are open')
    .option('--symbol <symbol>', 'all of this symbol that are open')
    .requiredOption('--journal <file>', 'the journal')
    .requiredOption('--by <who>', 'who has looked')
    .requiredOption('--reason <why>', 'what was found and done, in words')
    .option('--json', 'as one JSON document')
    .action(async (caseIds: readonly string[], options: ResolveOptions) =>
      done(await resolve(caseIds, options, world)),
    );
  group
    .command('withdraw')
    .description('take cases back that rested on a wrong reading: they accept no difference any more')
    .argument('<caseId...>', 'such as case-1; several may be named, also those that are resolved')
    .requiredOption('--journal <file>', 'the journal')
    .requiredOption('--by <who>', 'who takes it back')
    .requiredOption('--reason <why>', 'what was read wrongly, in words')
    .option('--json', 'as one JSON document')
    .action(async (caseIds: readonly string[], options: ResolveOptions) =>
      done(await resolve(caseIds, options, world, 'withdrawn')),
    );
};

async function list(options: ListOptions, world: CliWorld): Promise<ExitCode> {
  assertFile(options.journal);
  return withAuditSource(options.journal, (source) => listed(source, options, world));
}

function listed({ records, verdict }: AuditSource, options: ListOptions, world: CliWorld): ExitCode {
  const { journal, all, symbol, json } = options;
  const { stdout, stderr, env } = world;
  const known = adminView(records).cases.filter((one) => symbol === undefined || one.symbol === symbol);
  const shown = known.filter((one) => all === true || isOpen(one));
  const stakes = shown.length === 0 ? new Map() : stakesOf(records.flatMap(({ audit }) => audit));
  const place = placeOf(world, journal);
  if (json === true) {
    const cases = shown.map((one) => ({ ...one, ...caseDetails(one, stakes) }));
    stdout.write(`${JSON.stringify({ format: FORMAT, journal, cases }, null, 2)}\n`);
  } else {
    const paint = painter(wantsColour(stdout, env));
    const width = sentenceWidth(stdout);
    const lines = shown.flatMap((one) => {
      const { head, body } = caseText(one, stakes);
      return [
        ...wrapped(head, width, '    ').map((line) => paint(isOpen(one) ? 'bad' : 'dim', line)),
        ...body.flatMap((sentence) => wrapped(sentence, width, '    ', '    ')),
        ...(isOpen(one) ? [`    resolve it with: ${resolveCommand([one.caseId], place)}`] : []),
      ];
    });
    const resolved = known.length - known.filter(isOpen).length;
    const none = `no case is open${resolved === 0 ? '' : `; ${resolved} resolved (--all shows them)`}`;
    stdout.write(`${(lines.length === 0 ? [none] : lines).join('\n')}\n`);
  }
  if (verdict.ok) return EXIT.ok;
  stderr.write(
    `fillchart: the journal is not what was written, so neither may this be: ${printable(sentence(verdict.problem))} It is not written to; keep a copy.\n`,
  );
  return EXIT.checkFailed;
}

interface NotResolved {
  readonly caseId: string;
  readonly problem: string;
}

/** @throws {UsageError} where nothing, or two things, are named */
function assertSelection(caseIds: readonly string[], { all, symbol }: ResolveOptions): void {
  if (caseIds.length > 0 && (all === true || symbol !== undefined))
    throw new UsageError('name the cases, or choose them by --all or --symbol; not both.');
  if (caseIds.length === 0 && all !== true && symbol === undefined)
    throw new UsageError('no case is named; accepted are case ids, --symbol, or --all.');
}

type Ending = 'resolved' | 'withdrawn';

async function resolve(
  caseIds: readonly string[],
  options: ResolveOptions,
  world: CliWorld,
  ending: Ending = 'resolved',
): Promise<ExitCode> {
  const { journal, by, reason, symbol } = options;
  assertSelection(caseIds, options);
  return withJournalAdmin(journal, world, async ({ cases }) => {
    const open = cases.open().filter((one) => symbol === undefined || one.symbol === symbol);
    if (symbol !== undefined && open.length === 0) {
      const there = [...new Set(cases.open().map((one) => one.symbol))].join(', ') || 'none';
      throw new UsageError(`no case of ${symbol} is open; symbols with an open case: ${there}.`);
    }
    const chosen = caseIds.length > 0 ? [...new Set(caseIds)] : open.map(({ caseId }) => caseId);
    const notResolved: NotResolved[] = [];
    // A single one that is not there is refused as ever; among several, the others go on.
    for (const caseId of chosen) {
      const isThere = cases.all().some((one) => one.caseId === caseId && canEnd(one, ending));
      const withdraw = ending === 'withdrawn';
      if (isThere || chosen.length === 1) await cases.resolve(caseId, { by, reason, ...(withdraw && { withdraw }) });
      else notResolved.push({ caseId, problem: problemOf(caseId, cases) });
    }
    const missed = new Set(notResolved.map(({ caseId }) => caseId));
    const resolved = cases.all().filter(({ caseId }) => chosen.includes(caseId) && !missed.has(caseId));
    const report = { ending, resolved, notResolved, left: cases.open() };
    world.stdout.write(options.json === true ? resolvedJson(report, options) : resolvedText(report, options, world));
    return notResolved.length === 0 ? EXIT.ok : EXIT.usage;
  });
}

const canEnd = (one: Case, ending: Ending): boolean =>
  ending === 'resolved' ? isOpen(one) : one.resolution?.withdrawn !== true;

function problemOf(caseId: string, cases: Pick<Cases, 'all'>): string {
  const known = cases.all().find((one) => one.caseId === caseId);
  return known?.resolution === undefined
    ? 'there is no such case'
    : `already ${endingOf(known)} ${shownTime(known.resolution.at)} UTC, by ${known.resolution.by}`;
}

const endingOf = ({ resolution }: Case): Ending => (resolution?.withdrawn === true ? 'withdrawn' : 'resolved');

interface Resolved {
  readonly ending: Ending;
  readonly resolved: readonly Case[];
  readonly notResolved: readonly NotResolved[];
  readonly left: readonly Case[];
}

function resolvedJson({ resolved, notResolved, left }: Resolved, { journal }: ResolveOptions): string {
  const [only] = resolved.length === 1 && notResolved.length === 0 ? resolved : [];
  const one = only === undefined ? {} : { case: only };
  return `${JSON.stringify({ format: FORMAT, journal, ...one, resolved, notResolved, open: left }, null, 2)}\n`;
}

function resolvedText(
  { ending, resolved, notResolved, left }: Resolved,
  { by, reason }: ResolveOptions,
  { stdout }: CliWorld,
): string {
  const open = left.length === 0 ? 'No case is open any more.' : `Still open: ${left.map(nameOf).join(', ')}.`;
  const names = resolved.map(resolved.length === 1 ? ({ caseId }) => caseId : nameOf).join(', ');
  const done =
    resolved.length === 0
      ? `No case was ${ending}.`
      : `${names} ${resolved.length === 1 ? 'is' : 'are'} ${ending}; by ${by}: ${reason}.`;
  const missed = notResolved.map(({ caseId, problem }) => `${caseId} is NOT ${ending}: ${problem}.`);
  const width = sentenceWidth(stdout);
  return `${[...missed, `${done} ${open}`].flatMap((text) => wrapped(text, width, '  ')).join('\n')}\n`;
}

const nameOf = ({ caseId, symbol }: Case): string => `${caseId} (${symbol})`;
