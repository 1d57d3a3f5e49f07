/**
 * What a journal can do beside keeping records, so that an engine need not keep, or read, what is over (E7).
 */
import type { JournalRecord } from './journal.js';

/** How an engine asks a journal to open. @public @since 0.1.0 */
export interface OpenRequest {
  readonly indexed: true;
}

/** What an engine starts from, written now and then: the state of its views at one record (E7). @public @since 0.1.0 */
export interface StoredCheckpoint {
  /** The record that it stands on, and that record's hash. */
  readonly seq: number;
  readonly recordHash: string;
  /** Canonical JSON. The journal does not look into it. */
  readonly content: string;
  /** SHA-256, hex, of `content`. */
  readonly contentHash: string;
}

/**
 * Looks up what is durable. Every method answers in the same turn, and throws what keeps it from reading.
 * @public @since 0.1.0
 */
export interface RecordLookup {
  /** Every record of the advisory, of all streams, oldest first. */
  ofAdvisory(advisoryId: string): readonly JournalRecord[];
  /** The same for several, each in its place: where there is a way that costs less than one by one. */
  ofAdvisories?(advisoryIds: readonly string[]): readonly (readonly JournalRecord[])[];
  /** The advisory that an entry order belongs to. */
  advisoryOf(clientOrderId: string): string | undefined;
  /** The first records of executions: of those before record `seq`, the latest, newest first. */
  startsBefore(seq: number, limit: number): readonly JournalRecord[];
  /** Of those after record `seq`, the first, oldest first. */
  startsAfter(seq: number, limit: number): readonly JournalRecord[];
  /** Records from number `from` on, oldest first, at most `limit`. */
  records(from: number, limit: number): readonly JournalRecord[];
}

/** An open journal that can look records up. @public @since 0.1.0 */
export interface IndexedJournal {
  readonly lookup: RecordLookup;
  /** The last checkpoint, when the record that it stands on is there. */
  readonly checkpoint?: StoredCheckpoint | undefined;
  /** The records after the checkpoint; all of them without one. */
  readonly records: readonly JournalRecord[];
  /** All records, for when the checkpoint turns out to be wrong. Rejects as `open` does. */
  readAll(): Promise<readonly JournalRecord[]>;
  /** Replaces the checkpoint, once all that was appended before is written. */
  saveCheckpoint(checkpoint: StoredCheckpoint): Promise<void>;
  /** Absent where the journal has no archives. */
  readonly archives?: JournalArchives | undefined;
}

/** A run of records in a file of its own, as a record of the journal notes it. @public @since 0.1.0 */
export interface ArchiveAnchor {
  readonly firstSeq: number;
  readonly lastSeq: number;
  /** Hash of the last record: what the next one is chained to. */
  readonly lastHash: string;
  /** Name of the file, without its folder. */
  readonly file: string;
  /** SHA-256, hex, of the file. */
  readonly sha256: string;
}

/** Moves old records out of the journal; look-ups find them all the same. @public @since 0.1.0 */
export interface JournalArchives {
  /** The number of the last record that has been moved; 0 for none. */
  lastArchived(): number;
  /** The last record written before this time (engine time, ms), if there is one that has not been moved. */
  lastBefore(at: number): number | undefined;
  /** Writes every record up to this number that has not been moved to a file, durably. Removes nothing. */
  write(folder: string, through: number): Promise<ArchiveAnchor | undefined>;
  /**
   * Removes what the file holds, once its anchor is durable: all but the records of these advisories, and of those that have
   * records after it. Can be repeated, after a crash too.
   */
  remove(folder: string, anchor: ArchiveAnchor, isKept: (advisoryId: string) => boolean): Promise<void>;
}
