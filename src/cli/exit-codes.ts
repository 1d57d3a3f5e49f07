/**
 * What the exit code says. Whoever starts the command from a script can act on it without reading a word.
 */
export const EXIT = {
  /** Every advisory has its result, and nothing is left to do. `REJECTED` or `FAILED` alone is a result like any other. */
  ok: 0,
  /** A defect of fillchart. */
  defect: 1,
  /** The command line, a file or the config cannot be taken as it is; also: a line was malformed, and the others have run. */
  usage: 2,
  /** A person must look at something: a result requires it, a case is open, or the engine has stopped itself. */
  manual: 3,
  /** Left at once, with executions still live. */
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** The command cannot be done as it was asked for. The message says what is accepted. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** For the end of `--help`. */
export const EXIT_CODES_HELP = `
Exit codes:
  0    all advisories have a result, and nothing is left to do; REJECTED, FAILED, CANCELLED and
       FAILED_TIMEOUT are results like any other
  2    bad usage: unknown option, unreadable file, malformed config; or a line of the file is malformed
       (it is named on stderr, and the others run)
  3    something needs manual resolution: a result requires it, a case is open, or the engine has stopped
       itself, as it does when the journal fails (3 wins over 2)
  130  left at once by a second ctrl-c, with executions still live
  1    a defect of fillchart
`;
