/**
 * Opening a journal for its engine, and what becomes of one that cannot be opened as it should.
 *
 * 1. A journal that can be read and not written, or not locked, is read: the error carries its records (A9). So does that of a
 *    damaged one.
 * 2. Another engine's journal, and a path where there is none and none can be made, carries nothing.
 * 3. What is lost, wholly or in part, is told; a lone write-ahead log is not written over.
 */
import { existsSync, realpathSync, rmSync, statSync } from 'node:fs';
import type { JournalRecord } from '../../../domain/journal.js';
import type { StoredCheckpoint } from '../../../domain/journal-index.js';
import { JournalError, type JournalErrorCode } from '../journal-error.js';
import { archivedRecords } from './archives.js';
import { type Driver, type DriverName, journalErrorFrom } from './driver.js';
import { assertWhole, endsAsNoted } from './head.js';
import type { JournalHooks } from './hooks.js';
import { loadDriver } from './load-driver.js';
import { acquireLock, type Lock } from './lock.js';
import { readCheckpoint } from './lookup.js';
import { lossOf, tracesOf } from './loss.js';
import { inspectSqliteJournal, recordsInLog } from './read.js';
import { readRows, recordsOf } from './rows.js';
import { fileOf, openWriter, type Writer } from './write.js';

type Opening =
  | {
      readonly refusal?: undefined;
      readonly loss: string | undefined;
      readonly lock: Lock;
      readonly writer: Writer;
      /** Those after the checkpoint, when there is one. */
      readonly records: readonly JournalRecord[];
      readonly checkpoint?: StoredCheckpoint | undefined;
    }
  | {
      /** With `records` when the engine can go on with what was read. */
      readonly refusal: JournalError;
      readonly loss?: undefined;
      /** Kept, where it could be taken, as long as the engine goes on. */
      readonly lock: Lock | undefined;
    };

interface OpeningOptions {
  readonly hooks: JournalHooks;
  readonly driver: DriverName | undefined;
  /** Only what came after the checkpoint, where there is a good one. */
  readonly fromCheckpoint: boolean;
}

export async function openJournal(path: string, options: OpeningOptions): Promise<Opening> {
  const { hooks, driver: driverName, fromCheckpoint } = options;
  let lock: Lock | undefined;
  let writer: Writer | undefined;
  let undo = (): void => undefined;
  try {
    const driver = await loadDriver(driverName);
    assertFile(path);
    const file = fileOf(path);
    const traces = tracesOf(file);
    lock = acquireLock(driver, file);
    if (lock.isNew && traces.journal === 0) undo = () => removeEmpty(file);
    const loss = lossOf(path, { ...traces, hadLock: !lock.isNew, state: lock.priorState });
    if (loss !== undefined && traces.journal === 0 && (traces.log ?? 0) > 0) throw await lostBut(file, loss, driver);
    writer = openWriter(driver, file, path, hooks);
    const tail = fromCheckpoint ? await readTail(writer, path) : undefined;
    const read = tail ?? { records: await readWhole(writer, path) };
    // From here on a missing write-ahead log is a lost one.
    lock.mark('open');
    return { loss, lock, writer, ...read };
  } catch (cause) {
    writer?.close();
    const refusal = await withRecords(journalErrorFrom(cause, path, 'opened'), path, driverName);
    if (refusal.records === undefined) {
      undo();
      lock?.release();
    }
    return { refusal, lock };
  }
}

/** Every record. Throws with those that can be read when the journal is damaged, or does not end as noted. */
export async function readWhole({ database }: Writer, path: string): Promise<readonly JournalRecord[]> {
  const archived = [...archivedRecords(database, path)].flat();
  const { entries, damage } = await readRows(database, path, (archived.at(-1)?.seq ?? 0) + 1);
  const records = [...archived, ...recordsOf(entries)];
  if (damage !== undefined) throw damage.with(records);
  assertWhole(records, database, path);
  return records;
}

/** The checkpoint and what stands after it; nothing when there is none, or the rest is not whole: then all is looked at. */
async function readTail(
  { database }: Writer,
  path: string,
): Promise<{ readonly checkpoint: StoredCheckpoint; readonly records: readonly JournalRecord[] } | undefined> {
  const checkpoint = readCheckpoint(database);
  if (checkpoint === undefined) return undefined;
  const { entries, damage } = await readRows(database, path, checkpoint.seq + 1);
  const before = { records: checkpoint.seq, lastHash: checkpoint.recordHash };
  if (damage !== undefined || !endsAsNoted(entries, before, database)) return undefined;
  return { checkpoint, records: recordsOf(entries) };
}

/** Ends a writer so that the next engine knows that it was ended. */
export function closeWriter(writer: Writer, lock: Lock): void {
  // Noted first: a process that is killed while it closes leaves no log behind, and has lost nothing.
  const isNoted = lock.mark('closed');
  writer.close();
  // On a full disk there may be room now.
  if (!isNoted) lock.mark('closed');
}

/** A first start that failed leaves nothing that would look like a lost journal. The lock by number still guards the file. */
function removeEmpty(file: string): void {
  const hasContent = (statSync(file, { throwIfNoEntry: false })?.size ?? 0) > 0;
  if (hasContent) return;
  for (const left of [file, `${file}-lock`]) rmSync(left, { force: true });
}

function assertFile(path: string): void {
  if (statSync(path, { throwIfNoEntry: false })?.isFile() === false)
    throw new JournalError('CANNOT_OPEN', `The journal ${path} is not a file`);
}

/** Nothing is written over a log whose journal is missing: it may be all that is left. */
async function lostBut(file: string, loss: string, driver: Driver): Promise<JournalError> {
  return new JournalError('LOST', loss, { records: await recordsInLog(file, driver).catch(() => []) });
}

/** Faults that leave a journal readable. Who holds a lock that is damaged cannot be told: what lessens risk is done twice rather than not at all. */
const NOT_WRITABLE: readonly JournalErrorCode[] = [
  'CANNOT_OPEN',
  'READ_ONLY',
  'DISK_FULL',
  'WRITE_FAILED',
  'LOCK_DAMAGED',
];

/** Faults that say by themselves what is in the way, whether there is a journal or not. */
const SAY_ALL: readonly JournalErrorCode[] = ['CANNOT_OPEN', 'LOCK_DAMAGED'];

/** The error with what the journal holds; without it when there is no journal, or it cannot be read. */
async function withRecords(error: JournalError, path: string, driver?: DriverName): Promise<JournalError> {
  if (error.records !== undefined || !NOT_WRITABLE.includes(error.code)) return error;
  const noJournal = (): JournalError => (SAY_ALL.includes(error.code) ? error : noPlace(path, error));
  if (!existsSync(path)) return noJournal();
  try {
    // A journal that was never written to holds nothing to look after.
    if (statSync(realpathSync(path)).size === 0) return noJournal();
    return error.with((await inspectSqliteJournal(path, false, driver)).records);
  } catch (cause) {
    const unreadable = journalErrorFrom(cause, path, 'read');
    return unreadable.code === 'CANNOT_OPEN' ? unreadable : error;
  }
}

const noPlace = (path: string, error: JournalError): JournalError =>
  new JournalError('CANNOT_OPEN', `The journal ${path} does not exist, and cannot be created: ${error.message}`, {
    cause: error,
  });
