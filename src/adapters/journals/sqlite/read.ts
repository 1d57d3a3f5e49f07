/**
 * Reading a journal, whether or not an engine has it open.
 *
 * 1. What is read is one snapshot of the file: nothing of a transaction, or all of it.
 * 2. Nothing is changed, and nothing is left beside the file, whoever runs it: audit must not touch the evidence.
 * 3. It needs no room on the disk (see `image.ts`).
 */
import { realpathSync, statSync } from 'node:fs';
import type { ChainEnd, ChainEntry, JournalRecord } from '../../../domain/journal.js';
import type { StoredCheckpoint } from '../../../domain/journal-index.js';
import { JournalError } from '../journal-error.js';
import { readArchive } from './archive-file.js';
import { archivesOf, lastArchivedIn } from './archives.js';
import { besideTheChain } from './beside-the-chain.js';
import { type Database, type Driver, type DriverName, journalErrorFrom } from './driver.js';
import { imageOf } from './image.js';
import { loadDriver } from './load-driver.js';
import { readCheckpoint } from './lookup.js';
import { isOpenHere } from './open-files.js';
import { readHead, readRows, recordsOf } from './rows.js';
import { schemaVersionOf } from './schema.js';

/** What is wrong with an archive, from its first record on. */
export interface ArchiveDamage {
  readonly seq: number;
  readonly error: JournalError;
}

/** Since which schema version the end is noted. */
const NOTES_ITS_END = 2;

export interface SqliteReading {
  /** Those that can be read, oldest first. */
  readonly records: readonly JournalRecord[];
  /** By place; `undefined` where a record cannot be read. */
  readonly entries: readonly ChainEntry[];
  /** Why the first of those cannot be read. */
  readonly damage?: JournalError;
  /** Where the file says that the records end; absent in a file of an older schema. */
  readonly end?: ChainEnd;
  /** The note of the end should be there, and is gone. */
  readonly hasLostItsEnd: boolean;
  /** An archive that is not there, or not as it was written: its first record, and what is wrong. */
  readonly archiveDamage?: ArchiveDamage;
  /** The last checkpoint, when it was asked for and stands on a record that is there. */
  readonly checkpoint?: StoredCheckpoint;
  /** What SQLite's own check of the whole file found; empty when nothing, absent when it was not asked for. */
  readonly faults?: readonly string[];
  /** What stands beside the records and does not fit them, likewise; of use where the chain holds. */
  readonly beside?: readonly string[];
}

/**
 * Every record of a journal, oldest first. Rejects with `CORRUPT` or `CUT_OFF`, which carry what can be read.
 * @public @since 0.1.0
 */
export async function readSqliteJournal(path: string, driver?: DriverName): Promise<readonly JournalRecord[]> {
  const { records, damage, hasLostItsEnd } = await inspectSqliteJournal(path, false, driver);
  if (damage !== undefined) throw damage.with(records);
  if (!hasLostItsEnd) return records;
  throw new JournalError('CUT_OFF', `The journal ${path} has lost the note of its end`, { records });
}

/**
 * Whatever a journal holds, oldest first, past what cannot be read; and its noted end. For commands that only look: works
 * while an engine runs on the file, on a copy of it (with its `-wal`, if there is one), on a full disk, and in a folder
 * that cannot be written. Rejects with a {@link JournalError} when nothing can be read at all. Whether the records end
 * where the note says is for the caller to judge.
 *
 * @param checks also runs SQLite's `integrity_check` over the whole file
 */
export async function inspectSqliteJournal(
  path: string,
  checks = false,
  driverName?: DriverName,
): Promise<SqliteReading> {
  const driver = await loadDriver(driverName);
  try {
    const file = realpathSync(path);
    // SQLite opens a folder for reading and then calls it a broken disk.
    if (!statSync(file).isFile()) throw new JournalError('CANNOT_OPEN', `The journal ${path} is not a file`);
    const database = openForReading(driver, file);
    try {
      return await readDatabase(database, path, checks);
    } finally {
      database.close();
    }
  } catch (cause) {
    throw journalErrorFrom(cause, path, 'read');
  }
}

/** What the write-ahead log of a missing journal holds by itself. */
export async function recordsInLog(file: string, driver: Driver): Promise<readonly JournalRecord[]> {
  const image = imageOf(file);
  if (image === undefined || image.length === 0) return [];
  const database = driver.openImage(image);
  try {
    return (await readDatabase(database, file, false)).records;
  } finally {
    database.close();
  }
}

// Nobody but SQLite may open a file that this process writes: see `image.ts`.
function openForReading(driver: Driver, file: string): Database {
  const image = isOpenHere(file) ? undefined : imageOf(file);
  return image === undefined ? driver.open(file, { readonly: true }) : driver.openImage(image);
}

async function readDatabase(database: Database, path: string, checks: boolean): Promise<SqliteReading> {
  database.exec('BEGIN'); // One snapshot for the end and the records.
  const version = schemaVersionOf(database, path);
  const faults = checks ? { faults: faultsOf(database) } : {};
  if (version === 0) return { records: [], entries: [], hasLostItsEnd: false, ...faults };
  const archived = readArchives(database, path);
  const live = await readRows(database, path, lastArchivedIn(database) + 1);
  const entries = [...archived.records, ...live.entries];
  const damage = archived.damage?.error ?? live.damage;
  const records = recordsOf(entries);
  const checkpoint = checks ? readCheckpoint(database) : undefined;
  const end = version < NOTES_ITS_END ? undefined : readEnd(database);
  const hasLostItsEnd = version >= NOTES_ITS_END && end === undefined;
  const beside = checks && damage === undefined ? { beside: besideTheChain(database, records, live.entries) } : {};
  return {
    records,
    entries,
    hasLostItsEnd,
    ...(damage !== undefined && { damage }),
    ...(end !== undefined && { end }),
    ...(archived.damage !== undefined && { archiveDamage: archived.damage }),
    ...(checkpoint !== undefined && { checkpoint }),
    ...faults,
    ...beside,
  };
}

/** Every record that was moved to a file, up to the first file that cannot be read. */
function readArchives(
  database: Database,
  path: string,
): { readonly records: readonly JournalRecord[]; readonly damage?: ArchiveDamage } {
  const records: JournalRecord[] = [];
  for (const archive of archivesOf(database, path)) {
    try {
      for (const record of readArchive(archive.folder, archive)) records.push(record);
    } catch (error) {
      if (error instanceof JournalError) return { records, damage: { seq: archive.firstSeq, error } };
      throw error;
    }
  }
  return { records };
}

function readEnd(database: Database): ChainEnd | undefined {
  try {
    return readHead(database);
  } catch {
    return undefined; // Its page is bad.
  }
}

/** Faults to show; a broken page may have hundreds. */
const MOST_FAULTS = 20;

function faultsOf(database: Database): readonly string[] {
  try {
    database.pragma('temp_store = MEMORY');
    const lines = database.pragma(`integrity_check(${MOST_FAULTS})`).flatMap((row) => Object.values(row).map(String));
    return lines.flatMap((line) => line.split('\n')).filter((line) => line !== 'ok' && !line.startsWith('***'));
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  }
}
