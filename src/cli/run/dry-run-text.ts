/**
 * What a dry run found, for a person and for a program.
 */
import { EXIT, type ExitCode } from '../exit-codes.js';
import { painter, wantsColour } from '../terminal/paint.js';
import { sentenceWidth } from '../terminal/size.js';
import { wrapped } from '../terminal/table.js';
import { printable } from '../terminal/text-width.js';
import type { CliWorld } from '../world.js';
import type { Judgement } from './dry-run.js';
import { malformedLinesOf } from './outcome.js';
import type { MalformedLine } from './read-advisories.js';

/** Raised when a member changes its meaning or goes away. */
const FORMAT = 1;

interface DryRunReport {
  readonly source: string;
  readonly broker: string;
  readonly journal: string;
  readonly advisories: readonly Judgement[];
  readonly malformed: readonly MalformedLine[];
  /** Why nothing was judged. */
  readonly problem?: string;
}

/** 0 when each advisory would be sent or is known already; 1 when one would be refused; 2 when a line cannot be read. */
export function dryRunExitCode({ advisories, malformed }: DryRunReport): ExitCode {
  if (malformed.length > 0) return EXIT.usage;
  return advisories.some(({ verdict }) => verdict === 'refuse') ? EXIT.checkFailed : EXIT.ok;
}

export const dryRunJson = (report: DryRunReport): string =>
  `${JSON.stringify({ format: FORMAT, dryRun: true, ...report }, null, 2)}\n`;

export function dryRunText({ source, broker, advisories, malformed }: DryRunReport, world: CliWorld): string {
  const paint = painter(wantsColour(world.stdout, world.env));
  const width = sentenceWidth(world.stdout);
  const count = (verdict: Judgement['verdict']) => advisories.filter((one) => one.verdict === verdict).length;
  const lines = advisories.flatMap((one) => {
    const tone = one.verdict === 'send' ? 'good' : one.verdict === 'known' ? 'dim' : 'warn';
    return wrapped(printable(sentenceOf(one)), width, '    ').map((line) => paint(tone, line));
  });
  const lost = malformedLinesOf(malformed);
  const unreadable = lost === 0 ? '' : `, ${lost} ${lost === 1 ? 'line' : 'lines'} cannot be read`;
  const known = count('known') === 0 ? '' : `, ${count('known')} known already`;
  const sum = `${count('send')} would be sent, ${count('refuse')} refused${known}${unreadable}`;
  const head = `Dry run of ${source} at ${broker}: nothing is sent.`;
  return `${[paint('bold', head), ...lines, paint('bold', `${sum}. Nothing was sent.`)].join('\n')}\n`;
}

function sentenceOf({ advisoryId, side, size, symbol, verdict, reason, message = '' }: Judgement): string {
  if (verdict === 'send') return `${advisoryId}: would be sent: ${side} ${size} ${symbol}`;
  if (verdict === 'known') return `${advisoryId}: ${message}`;
  return `${advisoryId}: would be REJECTED, ${reason}: ${message}`;
}
