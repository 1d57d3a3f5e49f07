/**
 * `fillchart audit`: what stands in a journal, whether it is what was written, and whether it leads to what was said.
 *
 * 1. Every command takes the SQLite journal, also while an engine runs on it, or an export; none changes it.
 * 2. Each ends with 0 when the journal is what was written, with 1 when it is not; `replay` also when the result differs.
 */
import { closeSync, openSync, writeSync } from 'node:fs';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { journalLives } from '../../charts/interactive/journal-lives.js';
import type { AuditRecord } from '../../domain/audit.js';
import { auditCsv } from '../../domain/audit-csv.js';
import { type ChainVerdict, type JournalRecord, verifyAnchor } from '../../domain/journal.js';
import { exportLines } from '../../domain/journal-export.js';
import { sentence } from '../../domain/reading.js';
import { checkpointFault } from '../../engine/checkpoint-fault.js';
import { recordedAdvisories, replayExecution } from '../../journal/replay.js';
import { follow } from '../audit/follow.js';
import { replayLines } from '../audit/replay-view.js';
import { type AuditSource, readAuditSource, withAuditSource } from '../audit/source.js';
import { type Look, newLines, timeline } from '../audit/timeline.js';
import { writeChartPage } from '../chart/write-page.js';
import { CheckFailedError, EXIT, UsageError } from '../exit-codes.js';
import { helpNotes } from '../terminal/help-notes.js';
import { painter, wantsColour } from '../terminal/paint.js';
import { tableWidth } from '../terminal/size.js';
import { printable } from '../terminal/text-width.js';
import type { CliWorld, TextSink } from '../world.js';
import type { AddCommand } from './command.js';

const JOURNAL = 'the SQLite journal, or an export of one as JSONL';

export const addAudit: AddCommand = (program, world, done) => {
  const audit = program
    .command('audit')
    .description('look at a journal: verify it, export it, show it, replay an execution')
    .addHelpText('after', helpNotes(NOTES));
  addVerify(audit, world, done);
  addExport(audit, world, done);
  addShow(audit, world, done);
  addReplay(audit, world, done);
};

const NOTES = `
Each command ends with 0 when the journal is what was written, with 1 when it is not; replay also when the result differs.
A file that is not there, or is no journal at all, is bad usage: 2.
Whoever can write to the journal can also write a new one, with its chain and its end. So note now and then, where the
writer cannot reach, the head that verify prints, and hand it to a later verify --head.
`;

type Register = (audit: Command, world: CliWorld, done: (exitCode: number) => void) => void;

interface Anchor {
  readonly records: number;
  readonly lastHash: string;
}

const addVerify: Register = (audit, world, done) => {
  audit
    .command('verify')
    .description(
      'check every record, and the database itself; name the first record that is changed, missing, inserted, reordered or cut off',
    )
    .argument('<journal>', JOURNAL)
    .option(
      '--head <records:hash>',
      'a head that an earlier verify printed: the journal must still begin with it',
      anchorOf,
    )
    .option('--json', 'print the verdict as JSON')
    .action(async (path: string, { head, json }: { head?: Anchor; json?: true }) => {
      const { verdict: own, records, checkpoint, hasOtherLineEnds, ...read } = await readAuditSource(path, true);
      const verdict = own.ok && head !== undefined ? verifyAnchor(records, head) : own;
      const stale = verdict.ok && checkpoint !== undefined ? checkpointFault(records, checkpoint) : undefined;
      const { faults = [] } = read;
      // A broken chain says more than what does not fit it.
      const beside = verdict.ok ? (read.beside ?? []) : [];
      const found: Findings = { verdict, faults, beside, hasOtherLineEnds: hasOtherLineEnds === true, stale };
      world.stdout.write(`${json === true ? JSON.stringify(jsonOf(found)) : sentencesOf(found, world).join('\n')}\n`);
      const isSound = verdict.ok && [...faults, ...beside].length === 0 && stale === undefined;
      done(isSound ? EXIT.ok : EXIT.checkFailed);
    });
};

function anchorOf(text: string): Anchor {
  const match = /^(\d{1,15}):([0-9a-f]{64})$/.exec(text);
  if (match === null) throw new InvalidArgumentError('Accepted is a count, a colon, and 64 hexadecimal digits.');
  const [, records = '', lastHash = ''] = match;
  return { records: Number(records), lastHash };
}

interface Findings {
  readonly verdict: ChainVerdict;
  /** Of the database's own check. */
  readonly faults: readonly string[];
  /** What does not fit the records, beside them. */
  readonly beside: readonly string[];
  readonly hasOtherLineEnds: boolean;
  /** What is wrong with the checkpoint. */
  readonly stale: string | undefined;
}

const jsonOf = ({ verdict, faults, beside, hasOtherLineEnds, stale }: Findings): object => ({
  ...verdict,
  ...(beside.length > 0 && { ok: false, chain: 'ok', beside }),
  ...(faults.length > 0 && { ok: false, chain: verdict.ok ? 'ok' : 'broken', database: faults }),
  ...(stale !== undefined && { ok: false, chain: verdict.ok ? 'ok' : 'broken', checkpoint: stale }),
  ...(hasOtherLineEnds && { lineEnds: 'changed to CR LF' }),
});

/** The verdict on the chain; and what else there is to say of the file: which of the two failed is told apart. */
function sentencesOf({ stale, ...found }: Findings, world: CliWorld): readonly string[] {
  const paint = painter(wantsColour(world.stdout, world.env));
  const besides = found.beside.map(
    (one) => `${paint('bad', 'broken')}  beside the records: ${printable(one)}. Every record is as it was written`,
  );
  const sentences = [...besides, ...chainSentences(found, world)];
  if (stale === undefined) return sentences;
  const remedy = 'Every record is as it was written; a start that reads them all needs no checkpoint';
  return [`${paint('bad', 'broken')}  ${printable(stale)}. ${remedy}.`, ...sentences];
}

function chainSentences(
  { verdict, faults, hasOtherLineEnds }: Omit<Findings, 'stale'>,
  world: CliWorld,
): readonly string[] {
  const paint = painter(wantsColour(world.stdout, world.env));
  const [first, ...others] = faults;
  const more = others.length === 0 ? '' : ` (and ${others.length} more)`;
  const chain = sentenceOf(verdict, world);
  if (first === undefined) return [chain, ...(hasOtherLineEnds ? [LINE_ENDS] : [])];
  const database = `${paint('bad', 'broken')}  the database: its own integrity check says: ${printable(first)}${more}`;
  return verdict.ok ? [database, `the chain of records holds: ${chain}`] : [chain, database];
}

const LINE_ENDS = 'note: the line ends of this copy were changed to CR LF; the records are as they were written';

function sentenceOf(verdict: ChainVerdict, { stdout, env }: CliWorld): string {
  const paint = painter(wantsColour(stdout, env));
  return verdict.ok
    ? `${paint('good', 'ok')}  ${verdict.records} records, each as it was written\nhead ${verdict.records}:${verdict.lastHash}`
    : `${paint('bad', 'broken')}  at record ${verdict.seq} (${verdict.fault}): ${printable(verdict.problem)}`;
}

const addExport: Register = (audit, world, done) => {
  audit
    .command('export')
    .description('write every record as JSONL, to be verified anywhere, or the audit log as CSV, to be read')
    .argument('<journal>', JOURNAL)
    .addOption(new Option('--format <format>', 'jsonl or csv').choices(['jsonl', 'csv']).default('jsonl'))
    .option('--output <file>', 'where to; a file that exists is not overwritten; standard output by default')
    .action(async (path: string, { format, output }: { format: 'jsonl' | 'csv'; output?: string }) => {
      await withAuditSource(path, (source) => {
        const lines = format === 'csv' ? auditCsv(source.records) : exportLines(source.records, source.end);
        if (output === undefined) for (const line of lines) world.stdout.write(line);
        else writeNewFile(output, lines);
        warnIfBroken(source, world.stderr);
        done(source.verdict.ok ? EXIT.ok : EXIT.checkFailed);
      });
    });
};

/** @throws {UsageError} for a file that exists, or cannot be written */
function writeNewFile(path: string, lines: Iterable<string>): void {
  try {
    const file = openSync(path, 'wx');
    try {
      for (const line of lines) writeSync(file, line);
    } finally {
      closeSync(file);
    }
  } catch (error) {
    throw new UsageError(`--output: ${path} cannot be written: ${error instanceof Error ? error.message : error}.`);
  }
}

interface ShowOptions {
  readonly json?: true;
  readonly follow?: true;
}

const addShow: Register = (audit, world, done) => {
  audit
    .command('show')
    .description('print the audit log as a timeline, of one advisory or of all')
    .argument('<journal>', JOURNAL)
    .argument('[advisoryId]', 'only this one')
    .option('--json', 'as one JSON array; with --follow one JSON object a line')
    .option('-f, --follow', 'then print new lines as they are written, until ctrl-c; an engine may run on the journal')
    .action(async (path: string, advisoryId: string | undefined, options: ShowOptions) => {
      await withAuditSource(path, async (source) => {
        const { verdict } = await shown(source, path, advisoryId, options, world);
        done(verdict.ok ? EXIT.ok : EXIT.checkFailed);
      });
    });
};

/** Prints the log; resolves with the journal as it was last read. */
async function shown(
  first: AuditSource,
  path: string,
  advisoryId: string | undefined,
  { json, follow: goesOn }: ShowOptions,
  world: CliWorld,
): Promise<AuditSource> {
  let source = first;
  if (advisoryId !== undefined && goesOn !== true) assertKnown(source, advisoryId, path);
  const own = (lines: readonly AuditRecord[]) =>
    lines.filter((line) => advisoryId === undefined || line.advisoryId === advisoryId);
  const log = own(source.records.flatMap(({ audit: lines }) => lines));
  const show = (lines: readonly AuditRecord[]) => {
    if (lines.length === 0) return;
    const text = json === true ? lines.map((line) => JSON.stringify(line)) : newLines(lines, advisoryId, lookOf(world));
    world.stdout.write(`${text.join('\n')}\n`);
  };
  if (json !== true) world.stdout.write(`${timeline(log, advisoryId, lookOf(world)).join('\n')}\n`);
  else if (goesOn === true) show(log);
  else world.stdout.write(`${JSON.stringify(log, null, 2)}\n`);
  if (goesOn === true) source = await follow({ path, shown: source, show: (lines) => show(own(lines)) }, world);
  warnIfBroken(source, world.stderr);
  return source;
}

interface ReplayOptions {
  readonly json?: true;
  readonly html?: true;
  readonly output?: string;
}

async function writeReplayPage(
  records: readonly JournalRecord[],
  advisoryId: string,
  output: string | undefined,
  world: CliWorld,
): Promise<void> {
  const { lives = [] } = journalLives(records, advisoryId) ?? {};
  await writeChartPage({ title: `Replay of ${advisoryId}`, chart: 'execution', lives, output }, world);
}

const addReplay: Register = (audit, world, done) => {
  audit
    .command('replay')
    .description('fold the records of an execution through the chart, and hold the result against the recorded one')
    .argument('<journal>', JOURNAL)
    .argument('<advisoryId>', 'the execution')
    .option('--json', 'as one JSON document')
    .option('--html', 'as one HTML page that plays the life on the chart, step by step')
    .option('-o, --output <file>', 'of --html: where to; standard output by default')
    .action(async (path: string, advisoryId: string, { json, html, output }: ReplayOptions) => {
      if (json === true && html === true) throw new UsageError('replay: --json and --html exclude each other.');
      await withAuditSource(path, async (source) => {
        const replay = replayExecution(source.records, advisoryId) ?? assertKnown(source, advisoryId, path);
        if (replay === undefined) throw new UsageError(`${path} holds no execution of ${JSON.stringify(advisoryId)}.`);
        if (html === true) await writeReplayPage(source.records, advisoryId, output, world);
        else if (json === true) world.stdout.write(`${JSON.stringify(replay, null, 2)}\n`);
        else world.stdout.write(`${replayLines(replay, lookOf(world)).join('\n')}\n`);
        warnIfBroken(source, world.stderr);
        const isSound = source.verdict.ok && (replay.verdict === 'equal' || replay.verdict === 'unfinished');
        done(isSound ? EXIT.ok : EXIT.checkFailed);
      });
    });
};

/**
 * @throws {UsageError} naming what there is
 * @throws {CheckFailedError} where it may stand in what cannot be read
 */
function assertKnown({ records, verdict }: AuditSource, advisoryId: string, path: string): undefined {
  const known = recordedAdvisories(records);
  if (known.includes(advisoryId)) return undefined;
  if (!verdict.ok)
    throw new CheckFailedError(
      `${path} is not what was written: ${sentence(verdict.problem)} ${JSON.stringify(advisoryId)} is not among what can be read.`,
    );
  const first = known.slice(0, 5).map((id) => JSON.stringify(id));
  const others = known.length > first.length ? ` and ${known.length - first.length} more` : '';
  const there = known.length === 0 ? 'none' : `${first.join(', ')}${others}`;
  throw new UsageError(`${path} knows no advisory ${JSON.stringify(advisoryId)}; it knows ${there}.`);
}

function warnIfBroken({ verdict }: AuditSource, stderr: TextSink): void {
  if (verdict.ok) return;
  stderr.write(`fillchart: the journal is not what was written: ${printable(verdict.problem)}\n`);
}

function lookOf({ stdout, env }: CliWorld): Look {
  const width = tableWidth(stdout);
  return { width, paint: painter(wantsColour(stdout, env)) };
}
