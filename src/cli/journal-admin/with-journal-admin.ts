/**
 * Opens the journal admin of a file, does one thing, and says in words why it cannot.
 *
 * 1. No file is made: a name that was mistyped must not look like a gate that is closed.
 * 2. What is refused is refused before anything is written. The whole chain is checked, and not what follows the last
 *    checkpoint alone: a person decides on what the journal says, and a changed one is evidence (A5).
 */
import { statSync } from 'node:fs';
import { JournalError } from '../../adapters/journals/journal-error.js';
import { FillchartError, type ReasonCode } from '../../domain/reasons.js';
import { type JournalAdmin, openJournalAdmin } from '../../engine/journal-admin.js';
import { keptAsEvidence } from '../../engine/own-records.js';
import { readAuditSource } from '../audit/source.js';
import { EXIT, type ExitCode, UsageError } from '../exit-codes.js';
import { type OpenedJournal, openJournal } from '../run/journals.js';
import { printable } from '../terminal/text-width.js';
import type { CliWorld } from '../world.js';
import { type JournalPlace, listCasesCommand, placeOf } from './shell-command.js';

/** Opens the journal admin, lets `act` do its one thing, and closes it. @throws {UsageError} and {@link JournalError} */
export async function withJournalAdmin(
  path: string,
  world: CliWorld,
  act: (admin: JournalAdmin) => Promise<ExitCode>,
): Promise<ExitCode> {
  const { clock, stderr } = world;
  assertFile(path);
  const opened = openJournal(path, clock.now(), false);
  const admin = await open(opened, path, clock);
  if (typeof admin === 'string') {
    stderr.write(`fillchart: ${printable(admin)}\n`);
    return EXIT.checkFailed;
  }
  try {
    const { verdict } = await readAuditSource(path);
    if (!verdict.ok) {
      stderr.write(
        `fillchart: ${printable(keptAsEvidence(`The journal ${path} is not what was written: ${verdict.problem}`))}\n`,
      );
      return EXIT.checkFailed;
    }
    return await act(admin);
  } catch (error) {
    const { exitCode, sentence, command } = refusal(error, placeOf(world, path));
    stderr.write(`fillchart: ${printable(sentence)}\n${command === undefined ? '' : `    ${command}\n`}`);
    return exitCode;
  } finally {
    await admin.close();
  }
}

/** @throws {UsageError} where there is no journal */
export function assertFile(path: string): void {
  if (path === 'memory' || path === 'temp')
    throw new UsageError(`--journal ${path} is for run; here it is the file of a journal that is there.`);
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) throw new UsageError(`there is no file ${path}; --journal names a journal that is there.`);
  if (!found.isFile()) throw new UsageError(`${path} is not a file; --journal names a journal.`);
  if (found.size === 0) throw new UsageError(`${path} is empty: it is not a journal.`);
}

/** The journal admin, or why the journal can only be read. */
async function open(
  { journal, failure }: OpenedJournal,
  path: string,
  clock: CliWorld['clock'],
): Promise<JournalAdmin | string> {
  try {
    return await openJournalAdmin({ journal, clock, logger: false });
  } catch (error) {
    const cause = failure() ?? error;
    if (cause instanceof JournalError && cause.code === 'IN_USE') throw held(path, cause);
    if (cause instanceof JournalError && cause.code === 'NOT_A_JOURNAL')
      throw new UsageError(`${path} is not a journal: ${cause.message}`);
    const isDamaged = !(cause instanceof JournalError) || cause.code === 'CORRUPT' || cause.code === 'CUT_OFF';
    if (isDamaged && error instanceof FillchartError) return error.message;
    throw cause;
  }
}

function held(path: string, { holderPid }: JournalError): UsageError {
  const who = holderPid === undefined ? 'another process' : `process ${holderPid}`;
  return new UsageError(
    `${path} is held by ${who}, an engine most likely: while it runs, it alone changes its switches and cases. Ctrl-c closes the gate of a run at the command line and ends it. At the service (fillchart serve) set the switch and resolve cases in the console or by POST /v1/kill-switches and /v1/cases; stopping it sets no switch. Nothing was written.`,
  );
}

const EXIT_OF: Partial<Record<ReasonCode, ExitCode>> = {
  KILL_SWITCH_RELEASE_REFUSED: EXIT.manual,
  JOURNAL_UNAVAILABLE: EXIT.manual,
  INVALID_KILL_SWITCH: EXIT.usage,
  INVALID_RESOLUTION: EXIT.usage,
  UNKNOWN_CASE: EXIT.usage,
};

interface Refusal {
  readonly exitCode: ExitCode;
  readonly sentence: string;
  /** What helps next, on a line of its own. */
  readonly command?: string;
}

/** @throws what nobody expected */
function refusal(error: unknown, place: JournalPlace): Refusal {
  const exitCode = error instanceof FillchartError ? EXIT_OF[error.code] : undefined;
  if (exitCode === undefined || !(error instanceof FillchartError)) throw error;
  const { code, message } = error;
  if (code === 'KILL_SWITCH_RELEASE_REFUSED') {
    const sentence = `${message} Nothing was written. Add --force to release it all the same. The open cases:`;
    return { exitCode, sentence, command: listCasesCommand(place) };
  }
  if (code === 'UNKNOWN_CASE')
    return { exitCode, sentence: `${message} The open cases:`, command: listCasesCommand(place) };
  return { exitCode, sentence: message };
}
