/**
 * `fillchart cases`: lists and resolves the cases of a journal, from the shell alone.
 *
 * 1. `resolve` needs the journal for itself; `list` only looks, and looks at any journal.
 * 2. Resolving sends nothing and changes no result: it says that a person has looked.
 */
import { type Case, isOpen } from '../../domain/cases.js';
import { deskView } from '../../engine/desk.js';
import { shownTime } from '../audit/shown-time.js';
import { readAuditSource } from '../audit/source.js';
import { assertFile, atDesk } from '../desk/at-desk.js';
import { placeOf, resolveCommand } from '../desk/shell-command.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
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
  readonly all?: true;
  readonly json?: true;
}

interface ResolveOptions {
  readonly journal: string;
  readonly by: string;
  readonly reason: string;
  readonly json?: true;
}

const NOTES = `
resolve works on a journal that no engine holds, without a broker: nothing is sent, no result changes. Look at the broker
first. list works at any time. Ends with 0 when it is done, with 1 when the journal is not what was written (it is not
written to), with 2 for bad usage, an id that is not open, or a journal that an engine holds.
`;

export const addCases: AddCommand = (program, world, done) => {
  const group = program
    .command('cases')
    .description('list and resolve the cases of a journal: what a person must look at')
    .addHelpText('after', NOTES);
  group
    .command('list')
    .description('print the open cases, and how each is resolved; changes nothing')
    .requiredOption('--journal <file>', 'the journal')
    .option('--all', 'those that are resolved, too')
    .option('--json', 'as one JSON document')
    .action(async (options: ListOptions) => done(await list(options, world)));
  group
    .command('resolve')
    .description('close a case: a person has looked, and the symbol may trade again')
    .argument('<caseId>', 'such as case-1')
    .requiredOption('--journal <file>', 'the journal')
    .requiredOption('--by <who>', 'who has looked')
    .requiredOption('--reason <why>', 'what was found and done, in words')
    .option('--json', 'as one JSON document')
    .action(async (caseId: string, options: ResolveOptions) => done(await resolve(caseId, options, world)));
};

async function list({ journal, all, json }: ListOptions, world: CliWorld): Promise<ExitCode> {
  const { stdout, stderr, env } = world;
  assertFile(journal);
  const { records, verdict } = await readAuditSource(journal);
  const known = deskView(records).cases;
  const shown = known.filter((one) => all === true || isOpen(one));
  if (json === true) stdout.write(`${JSON.stringify({ format: FORMAT, journal, cases: shown }, null, 2)}\n`);
  else {
    const paint = painter(wantsColour(stdout, env));
    const lines = shown.flatMap((one) => [
      paint(isOpen(one) ? 'bad' : 'dim', printable(headOf(one))),
      ...bodyOf(one).flatMap((sentence) => wrapped(sentence, sentenceWidth(stdout), '    ', '    ')),
      ...(isOpen(one) ? [`    resolve it with: ${resolveCommand([one.caseId], placeOf(world, journal))}`] : []),
    ]);
    const resolved = known.length - known.filter(isOpen).length;
    const none = `no case is open${resolved === 0 ? '' : `; ${resolved} resolved (--all shows them)`}`;
    stdout.write(`${(lines.length === 0 ? [none] : lines).join('\n')}\n`);
  }
  if (verdict.ok) return EXIT.ok;
  stderr.write(
    `fillchart: the journal is not what was written, so neither may this be: ${printable(verdict.problem)}. It is not written to; keep a copy.\n`,
  );
  return EXIT.checkFailed;
}

const headOf = ({ caseId, kind, symbol, advisoryId, openedAt }: Case): string =>
  [caseId, kind, symbol, ...(advisoryId === undefined ? [] : [advisoryId]), `since ${shownTime(openedAt)} UTC`].join(
    '  ',
  );

const bodyOf = ({ mismatches, resolution }: Case): readonly string[] => [
  ...mismatches.map(({ message }) => message),
  ...(resolution === undefined
    ? []
    : [`resolved ${shownTime(resolution.at)} UTC, by ${resolution.by}: ${resolution.reason}`]),
];

const resolve = (caseId: string, { journal, by, reason, json }: ResolveOptions, world: CliWorld): Promise<ExitCode> =>
  atDesk(journal, world, async ({ cases }) => {
    await cases.resolve(caseId, { by, reason });
    const resolved = cases.all().find((one) => one.caseId === caseId);
    const left = cases.open();
    const open = left.length === 0 ? 'No case is open any more.' : `Still open: ${left.map(nameOf).join(', ')}.`;
    const sentence = `${caseId} is resolved; by ${by}: ${reason}. ${open}`;
    world.stdout.write(
      json === true
        ? `${JSON.stringify({ format: FORMAT, journal, case: resolved, open: left }, null, 2)}\n`
        : `${wrapped(sentence, sentenceWidth(world.stdout), '  ').join('\n')}\n`,
    );
    return EXIT.ok;
  });

const nameOf = ({ caseId, symbol }: Case): string => `${caseId} (${symbol})`;
