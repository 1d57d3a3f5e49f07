/**
 * `fillchart reasons`: the registry of codes, as people and as machines read it.
 */
import { type Reason, type ReasonKind, reasons } from '../../domain/reasons.js';
import { painter, wantsColour } from '../terminal/paint.js';
import { tableWidth } from '../terminal/size.js';
import { type Column, table } from '../terminal/table.js';
import type { CliWorld } from '../world.js';
import type { AddCommand } from './command.js';

const KINDS: readonly (readonly [kind: ReasonKind, heading: string])[] = [
  ['refusal', 'Refused before any order (REJECTED)'],
  ['failure', 'Ended without the approved fill (FAILED, CANCELLED, FAILED_TIMEOUT)'],
  ['mismatch', 'Mismatches: a person must resolve each'],
  ['misuse', 'Misuse: thrown, never a result'],
  ['request', 'Answers of the service to a request, never a result'],
];

const COLUMNS: readonly Column[] = [
  { title: 'code', keep: 'always' },
  { title: 'new advisory may help', keep: 2 },
  { title: 'raised in', keep: 1 },
  { title: 'meaning', keep: 'always', shrinkTo: 40 },
];

export const addReasons: AddCommand = (program, world, done) => {
  program
    .command('reasons')
    .description('print the registry of codes: every refusal, failure and mismatch that there is')
    .option('--json', 'as one JSON array')
    .action((options: { json?: true }) => {
      if (options.json === true) world.stdout.write(`${JSON.stringify(Object.values(reasons), null, 2)}\n`);
      else printReasons(world);
      done(0);
    });
};

function printReasons({ stdout, env }: CliWorld): void {
  const paint = painter(wantsColour(stdout, env));
  const width = tableWidth(stdout);
  for (const [kind, heading] of KINDS) {
    const rows = Object.values<Reason>(reasons)
      .filter((reason) => reason.kind === kind)
      .map(({ code, mayRetry, raisedIn, sentence }) => [
        { text: code, tone: 'bold' as const },
        mayRetry ? 'yes' : { text: 'no', tone: 'dim' as const },
        { text: raisedIn.join(', '), tone: 'dim' as const },
        sentence,
      ]);
    stdout.write(`${paint('info', heading)}\n${table(COLUMNS, rows, { width, paint }).lines.join('\n')}\n\n`);
  }
}
