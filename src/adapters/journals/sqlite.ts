/**
 * The journal in a file, by SQLite.
 *
 * 1. An append resolves after its records were synced to the disk, and all of them or none are there after a crash. A
 *    crash in between leaves records that nobody was told of: who recovers takes "not acknowledged" for "unknown".
 * 2. One process has the journal open for writing; others may read it at the same time (`sqlite3 -readonly`).
 * 3. After a failed write nothing more is written, for the state of the file is not known until it is opened again:
 *    the append and all later ones reject with a {@link JournalError}. Nothing is thrown outside a promise.
 * 4. A journal that is damaged, cut off, or cannot be written is not written to: what is left of it is evidence. The
 *    error that `open` rejects with carries what can be read (A9).
 * 5. POSIX ends the locks of a process when it closes *any* descriptor of the file. So nothing but SQLite opens these
 *    files here; copy them from another process: by `sqlite3 -readonly <path> '.backup <copy>'`, or by `cp` of the file
 *    and then of its `-wal`. The log may be started anew between the two; verifying the chain of the copy tells.
 * 6. The event loop stands still for one sync of the disk a transaction, and for a checkpoint (about 10 ms) once in
 *    some 4 MB. Measured by `npm run bench -- durable`; a thread of its own would not earn its complexity.
 */
import type { JournalRecord } from '../../domain/journal.js';
import type { IndexedJournal, OpenRequest } from '../../domain/journal-index.js';
import { requireOptions } from '../../domain/option-names.js';
import type { Journal } from '../../domain/ports.js';
import { JournalError } from './journal-error.js';
import { sqliteArchives } from './sqlite/archives.js';
import { DRIVER_NAMES, type DriverName, journalErrorFrom } from './sqlite/driver.js';
import { type GroupCommit, groupCommit } from './sqlite/group-commit.js';
import type { JournalHooks } from './sqlite/hooks.js';
import type { Lock } from './sqlite/lock.js';
import { saveCheckpoint, sqliteLookup } from './sqlite/lookup.js';
import { closeWriter, openJournal, readWhole } from './sqlite/open.js';
import { type NewRow, rowOf, rowWeight } from './sqlite/rows.js';
import type { Entry, Writer } from './sqlite/write.js';

export type { DriverName } from './sqlite/driver.js';
export type { JournalHooks } from './sqlite/hooks.js';
export { type ArchiveDamage, inspectSqliteJournal, readSqliteJournal, type SqliteReading } from './sqlite/read.js';

export interface SqliteJournalOptions {
  /** The file. It is created when missing, its folder is not; `-wal`, `-shm` and `-lock` stand beside it. */
  readonly path: string;
  /**
   * Most records in a transaction before the event loop turns, ≥ 1; default {@link DEFAULT_MAX_BATCH}. A record of more
   * than 1 KiB counts once for each KiB. One append is never split, however large.
   */
  readonly maxBatch?: number;
  /**
   * Which library to use: `node`, the SQLite that Node.js has built in, or `better-sqlite3`. Without it the one of Node.js
   * where it is new enough (SQLite 3.51.3), better-sqlite3 otherwise. `open` rejects with `DRIVER_MISSING` or `SQLITE_TOO_OLD`
   * when the named one cannot be used.
   */
  readonly driver?: DriverName;
  readonly hooks?: JournalHooks;
}

/** Keeps a transaction at about 2 ms; larger ones are hardly faster. */
const DEFAULT_MAX_BATCH = 64;

interface OpenJournal {
  readonly lock: Lock;
  readonly writer: Writer;
  readonly commits: GroupCommit<Entry>;
}

/** What could be read of a journal that cannot be written: its engine goes on without it, and keeps others away. */
interface ReadOnlyJournal {
  readonly lock: Lock | undefined;
}

type State = 'closed' | 'being opened' | 'being closed' | OpenJournal | ReadOnlyJournal;

/**
 * A durable journal in an SQLite file on a local disk. Throws `RangeError` for a value that is not acceptable, and
 * `FillchartError` (`INVALID_OPTION`) for an option that is not known; everything else that goes wrong rejects with a {@link JournalError}.
 * @public @since 0.1.0
 */
export function sqliteJournal(options: SqliteJournalOptions): Journal {
  requireOptions('sqliteJournal', options, ['path', 'maxBatch', 'driver', 'hooks']);
  const { path, maxBatch = DEFAULT_MAX_BATCH, driver, hooks = {} } = options;
  if (!isFilePath(path)) throw new RangeError(`path must name a file, not ${JSON.stringify(path) ?? 'nothing'}`);
  if (!Number.isSafeInteger(maxBatch) || maxBatch < 1) {
    throw new RangeError(`maxBatch must be a whole number from 1 on, not ${maxBatch}`);
  }
  if (driver !== undefined && !DRIVER_NAMES.includes(driver)) {
    throw new RangeError(`driver must be ${DRIVER_NAMES.join(' or ')}, not ${JSON.stringify(driver)}`);
  }
  let state: State = 'closed';
  /** Why the last `open` was refused: what is appended all the same is refused with it. */
  let refusal: JournalError | undefined;
  let loss: string | undefined;

  function open(): Promise<readonly JournalRecord[]>;
  function open(request: OpenRequest): Promise<IndexedJournal>;
  async function open(request?: OpenRequest): Promise<readonly JournalRecord[] | IndexedJournal> {
    if (state !== 'closed') throw new JournalError('ALREADY_OPEN', `The journal ${path} is ${nameOf(state)} already`);
    state = 'being opened';
    const isIndexed = request?.indexed === true;
    const opening = await openJournal(path, { hooks, driver, fromCheckpoint: isIndexed });
    loss = opening.loss;
    refusal = opening.refusal;
    if (opening.refusal !== undefined) {
      state = opening.refusal.records === undefined ? 'closed' : { lock: opening.lock };
      throw opening.refusal;
    }
    const { writer, lock, records, checkpoint } = opening;
    const commits = groupCommit(writer.write, maxBatch);
    state = { lock, writer, commits };
    if (!isIndexed) return records;
    return {
      lookup: sqliteLookup(writer.database, path),
      checkpoint,
      records,
      readAll: () => readWhole(writer, path),
      async saveCheckpoint(next) {
        await commits.drained();
        saveCheckpoint(writer.database, path, next);
      },
      archives: sqliteArchives(writer.database, path),
    };
  }

  return {
    name: 'sqlite',
    durable: true,
    get loss() {
      return loss;
    },

    open,

    async append(records) {
      if (typeof state === 'string' || !('commits' in state))
        throw refusal ?? new JournalError('NOT_OPEN', `The journal ${path} is ${nameOf(state)}`);
      const { commits } = state;
      let rows: readonly NewRow[] = [];
      try {
        hooks.beforeAppend?.(records);
        rows = records.map(rowOf);
      } catch (cause) {
        commits.refuseFromNowOn(journalErrorFrom(cause, path, 'written'));
      }
      await commits.append({ records, rows }, weightOf(rows));
    },

    async close() {
      if (typeof state === 'string') return;
      const open = state;
      state = 'being closed';
      try {
        if ('commits' in open) {
          await open.commits.drained();
          closeWriter(open.writer, open.lock);
        }
      } catch (cause) {
        throw journalErrorFrom(cause, path, 'closed');
      } finally {
        open.lock?.release();
        state = 'closed';
      }
    },
  };
}

const nameOf = (state: State): string => (typeof state === 'string' ? state : 'open');

// SQLite takes '' and ':memory:' for a database in memory, and better-sqlite3 trims what it is given.
const isFilePath = (path: unknown): path is string =>
  typeof path === 'string' && path !== '' && path !== ':memory:' && path.trim() === path;

const weightOf = (rows: readonly NewRow[]): number => rows.reduce((sum, row) => sum + rowWeight(row), 0);
