/**
 * What the exit code says. Whoever starts the command from a script can act on it without reading a word.
 *
 * 1. A number has one meaning, whatever the command. In particular a journal that was changed (1) is never mistaken for a
 *    defect of the program that looked (70).
 */
export const EXIT = {
  /** Every advisory has its result, and nothing is left to do. `REJECTED` or `FAILED` alone is a result like any other. */
  ok: 0,
  /** A check failed: of a journal, a replayed result, a picture, a law. */
  checkFailed: 1,
  /** The command line, a file or the config cannot be taken as it is; also: a line was malformed, and the others have run. */
  usage: 2,
  /** A person must do something: a result requires it, a case is open, a switch of the journal is to be released. */
  manual: 3,
  /** `broker check`: there was no answer from the broker, or none that can be read. */
  unreachable: 4,
  /** `broker check`: the broker answered, and said no: to the keys, the account, the logon, or a symbol. */
  refused: 5,
  /** A defect of fillchart; the number is `EX_SOFTWARE` of sysexits. */
  defect: 70,
  /** Ended at once; orders may still be live. */
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** The command cannot be done as it was asked for. The message says what is accepted. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** What was to be looked at is not what was written, and so cannot be shown. */
export class CheckFailedError extends Error {
  override readonly name = 'CheckFailedError';
}

/** For the end of `--help`. */
export const EXIT_CODES_HELP = `
Exit codes:
  0    all advisories have a result, and nothing is left to do; REJECTED, FAILED, CANCELLED and
       FAILED_TIMEOUT are results like any other
  1    a check failed: the journal is not what was written, a replayed result differs, a law is broken,
       a picture is stale
  2    bad usage: unknown option, unreadable file, malformed config, missing keys or library; or a line of
       the file is malformed (it is named on stderr, and the others run)
  3    a person is needed: a result requires it, a case is open, the run was interrupted, a kill switch of
       the journal refuses its advisories, or the engine has stopped itself, as it does when the journal
       fails (3 wins over 2); kill-switch release: a case is open; conform: an adapter failed a case, threw
       outside one, or fewer than half of the cases ran
  4    broker check: the broker cannot be reached
  5    broker check: the broker says no: to the keys, the account, the logon, or a symbol that was asked for
  70   a defect of fillchart
  130  ended at once by a second ctrl-c; orders may still be live
`;
