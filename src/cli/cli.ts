/**
 * The command line: reads the words, runs one command, and turns whatever comes of it into an exit code.
 *
 * 1. Nothing here ends the process; the exit code is returned.
 * 2. A file that cannot be read or written is bad usage, in words; only what nobody expected is a defect.
 * 3. A command is one file in `commands/`, and one entry in `COMMANDS`.
 */
import { Command, CommanderError } from 'commander';
import { JournalError } from '../adapters/journals/journal-error.js';
import { FillchartError } from '../domain/reasons.js';
import { addAccess } from './commands/access.js';
import { addAudit } from './commands/audit.js';
import { addBroker } from './commands/broker.js';
import { addCases } from './commands/cases.js';
import { addChart } from './commands/chart.js';
import type { AddCommand } from './commands/command.js';
import { addConform } from './commands/conform.js';
import { addDiagrams } from './commands/diagrams.js';
import { addKillSwitch } from './commands/kill-switch.js';
import { addPaths } from './commands/paths.js';
import { addReasons } from './commands/reasons.js';
import { addRun } from './commands/run.js';
import { addServe } from './commands/serve.js';
import { addSimulate } from './commands/simulate.js';
import { addStatus } from './commands/status.js';
import { addToken } from './commands/token.js';
import { addVerify } from './commands/verify.js';
import { addWorker } from './commands/worker.js';
import { CheckFailedError, EXIT, EXIT_CODES_HELP, UsageError } from './exit-codes.js';
import { helpNotes } from './terminal/help-notes.js';
import { wantsColour } from './terminal/paint.js';
import { columnsOf } from './terminal/size.js';
import { printable } from './terminal/text-width.js';
import { packageVersion } from './version.js';
import type { CliWorld } from './world.js';

/** In the order in which `--help` lists them. */
const COMMANDS: readonly AddCommand[] = [
  addRun,
  addServe,
  addStatus,
  addWorker,
  addBroker,
  addToken,
  addAccess,
  addKillSwitch,
  addCases,
  addAudit,
  addChart,
  addDiagrams,
  addVerify,
  addPaths,
  addConform,
  addSimulate,
  addReasons,
];

/** Runs the command that `args` name; resolves with the exit code, whatever happens. */
export async function runCli(args: readonly string[], world: CliWorld): Promise<number> {
  let exitCode: number = EXIT.ok;
  const program = commandLine(world, (code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync(args, { from: 'user' });
    return exitCode;
  } catch (error) {
    return exitCodeOf(error, world);
  }
}

/** Every command with what it takes; nothing runs before it is given words. */
export function commandLine(world: CliWorld, done: Parameters<AddCommand>[2]): Command {
  const program = newProgram(world);
  for (const add of COMMANDS) add(program, world, done);
  return program;
}

/** Room for the words beside a long command: the help of `audit` has 37 columns for them on a terminal of 80. */
const LEAST_HELP_COLUMNS = 30;

function newProgram({ stdout, stderr, env }: CliWorld): Command {
  const program = new Command('fillchart')
    .description('Executes approved trade advisories: one market order each, protected, reconciled, and with a result.')
    .version(packageVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print what there is')
    .helpCommand('help [command]', 'print what a command takes')
    .showHelpAfterError('(--help says what is accepted)')
    .addHelpText('after', helpNotes(EXIT_CODES_HELP));
  program.exitOverride();
  program.configureHelp({ minWidthToWrap: LEAST_HELP_COLUMNS });
  program.configureOutput({
    writeOut: (text) => void stdout.write(text),
    writeErr: (text) => void stderr.write(text),
    getOutHelpWidth: () => columnsOf(stdout, 100),
    getErrHelpWidth: () => columnsOf(stderr, 100),
    getOutHasColors: () => wantsColour(stdout, env),
    getErrHasColors: () => wantsColour(stderr, env),
  });
  return program;
}

function exitCodeOf(error: unknown, { stderr }: CliWorld): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  if (isBadUsage(error)) {
    stderr.write(`fillchart: ${printable(error.message)}\n`);
    return EXIT.usage;
  }
  if (error instanceof CheckFailedError) {
    stderr.write(`fillchart: ${printable(error.message)}\n`);
    return EXIT.checkFailed;
  }
  if (isOfFileSystem(error)) {
    stderr.write(`fillchart: ${printable(`${error.path} cannot be used: ${error.message}`)}.\n`);
    return EXIT.usage;
  }
  stderr.write(defectText(error));
  return EXIT.defect;
}

/** What is said of an error that nobody expected. */
export const defectText = (error: unknown): string =>
  `fillchart: this is a defect: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`;

/** A file or folder that somebody named is not there, not what it should be, full, or not ours. */
const isOfFileSystem = (error: unknown): error is NodeJS.ErrnoException & { readonly path: string } => {
  const { path, syscall } = Object(error) as NodeJS.ErrnoException;
  return error instanceof Error && typeof path === 'string' && typeof syscall === 'string';
};

const isBadUsage = (error: unknown): error is Error =>
  error instanceof UsageError ||
  error instanceof JournalError ||
  (error instanceof FillchartError && error.code === 'INVALID_OPTION');
