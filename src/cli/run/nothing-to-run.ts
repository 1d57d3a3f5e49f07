/**
 * A source of which no line is an advisory: nothing is opened and nothing is started.
 */
import { EXIT, type ExitCode } from '../exit-codes.js';
import { printable } from '../terminal/text-width.js';
import type { CliWorld } from '../world.js';
import { dryRunJson } from './dry-run-text.js';
import type { AdvisoryFile } from './read-advisories.js';
import { jsonReport, type ReportHead } from './report-json.js';

interface Nothing {
  readonly head: ReportHead;
  readonly file: AdvisoryFile;
  readonly json: boolean;
  readonly dryRun: boolean;
}

/** Says so on standard error, and as a document where one is awaited. */
export function nothingToRun({ head, file: { malformed }, json, dryRun }: Nothing, world: CliWorld): ExitCode {
  const { source, broker, journal } = head;
  const problem = `${source} holds no advisory${malformed.length === 0 ? '' : ' that can be read'}. Nothing was started.`;
  if (malformed.length === 0) world.stderr.write(`fillchart: ${printable(problem)}\n`);
  if (json && dryRun) world.stdout.write(dryRunJson({ source, broker, journal, advisories: [], malformed, problem }));
  else if (json) jsonReport(world.stdout, head).refuse(problem, malformed);
  return EXIT.usage;
}
