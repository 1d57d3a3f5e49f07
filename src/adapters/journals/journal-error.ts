/**
 * What can be wrong with a journal, said so that the reader knows what to do.
 *
 * 1. `code` is stable and for programs; the message is for people and ends with a remedy.
 * 2. The driver's own error, where there is one, is the `cause`.
 */

import type { JournalRecord } from '../../domain/journal.js';
import { requireTexts } from '../../domain/reasons.js';

/** What to do about each code. */
const REMEDIES = {
  DRIVER_MISSING:
    'Run it with Node.js 24, which needs nothing, or `npm install better-sqlite3@12`, or `npm rebuild better-sqlite3` after a change of Node.js.',
  SQLITE_TOO_OLD: 'Run it with Node.js 24, or `npm install better-sqlite3@12`.',
  IN_USE: 'Stop that process, or give this one another path.',
  LOCK_DAMAGED: 'Make sure that no engine runs on the journal, delete that file, then start again.',
  NOT_OPEN: 'Call open() first.',
  ALREADY_OPEN: 'Call close() first.',
  NOT_A_JOURNAL: 'Give the path of a journal, or of a file that does not exist yet.',
  SCHEMA_TOO_NEW: 'Run the version of fillchart that wrote it, or a later one.',
  CANNOT_OPEN: 'Check that the folder exists and that this user may read and write in it.',
  READ_ONLY: 'Make the file, its folder and its file system writable for this user, then restart.',
  DISK_FULL: 'Free disk space, then restart.',
  CORRUPT: 'Keep a copy of the files as evidence, restore a backup, then restart.',
  LOST: 'Put the files back if you have them; otherwise look at the broker for orders and positions that nobody knows here.',
  CUT_OFF: 'Keep a copy of the files as evidence, restore a backup, then restart.',
  MOVED: 'Put the file back, or accept what it held as lost, then restart.',
  DUPLICATE_SEQ: 'Something else has written to it: find out what, then restart.',
  ARCHIVE_MISSING: 'Put the file back, or give the folder where it is now.',
  ARCHIVE_DAMAGED: 'Keep a copy of it as evidence, and restore it from a backup.',
  WRITE_FAILED: 'Check the disk and the system log, then restart.',
} as const;

export type JournalErrorCode = keyof typeof REMEDIES;

/** Why a journal cannot be opened, read or written. @public @since 0.1.0 */
export class JournalError extends Error {
  override readonly name = 'JournalError';
  readonly code: JournalErrorCode;
  /** The message without its remedy. */
  readonly problem: string;
  /** The process that holds the journal, for `IN_USE` where it is known. */
  readonly holderPid?: number;
  /** What could be read all the same, where something could: of a journal that is damaged, or cannot be written. */
  readonly records?: readonly JournalRecord[];

  /** `problem` is a sentence without its full stop; the remedy follows it. */
  constructor(
    code: JournalErrorCode,
    problem: string,
    about: { cause?: unknown; holderPid?: number; records?: readonly JournalRecord[] } = {},
  ) {
    if (!Object.hasOwn(REMEDIES, code))
      throw new TypeError(
        `code of JournalError is ${JSON.stringify(code)}; accepted is one of ${Object.keys(REMEDIES).join(', ')}.`,
      );
    requireTexts('JournalError', { problem });
    super(`${problem}. ${REMEDIES[code]}`, about.cause === undefined ? undefined : { cause: about.cause });
    this.code = code;
    if (about.holderPid !== undefined) this.holderPid = about.holderPid;
    if (about.records !== undefined) this.records = about.records;
    this.problem = problem;
  }

  /** The same error with what could be read all the same. */
  with(records: readonly JournalRecord[]): JournalError {
    return new JournalError(this.code, this.problem, { cause: this.cause, records });
  }
}
