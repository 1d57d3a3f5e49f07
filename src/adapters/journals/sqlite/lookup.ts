/**
 * Looking records up in the open file (E7): what is over is not kept in memory.
 *
 * 1. What is found is durable: the connection is the one that writes, between two transactions.
 * 2. A look-up costs what it finds, whatever the file holds.
 * 3. A list of where lives begin has a place for each, also for one that cannot be read: who looks it up is told why.
 * 4. What has moved to archive files is found as if it were here (E7); what is both there and here is found once.
 */
import type { JournalRecord } from '../../../domain/journal.js';
import type { RecordLookup, StoredCheckpoint } from '../../../domain/journal-index.js';
import { orderBegunBy } from '../../../domain/record-index.js';
import { archiveLookup, lastArchivedIn } from './archives.js';
import { type Database, inReadTransaction, journalErrorFrom } from './driver.js';
import { type Row, recordOf, recordToFold, SELECTED, storedText } from './rows.js';

export function sqliteLookup(database: Database, path: string): RecordLookup {
  const byAdvisory = database.prepare(`SELECT ${SELECTED} FROM records WHERE advisory_id = ? ORDER BY seq`);
  const byOrder = database.prepare(
    `SELECT ${SELECTED} FROM records WHERE client_order_id = ? ORDER BY seq DESC LIMIT 1`,
  );
  const begun = `SELECT ${SELECTED} FROM records INDEXED BY records_begun WHERE client_order_id IS NOT NULL`;
  const begunBefore = database.prepare(`${begun} AND seq < ? ORDER BY seq DESC LIMIT ?`);
  const begunAfter = database.prepare(`${begun} AND seq > ? ORDER BY seq LIMIT ?`);
  const inOrder = database.prepare(`SELECT ${SELECTED} FROM records WHERE seq >= ? ORDER BY seq LIMIT ?`);
  const archive = archiveLookup(database, path);
  // Not those that stay here though they are in a file.
  const fromLive = (seq: number) => Math.max(seq, lastArchivedIn(database) + 1);

  function reading<T>(read: () => T): T {
    try {
      return read();
    } catch (cause) {
      throw journalErrorFrom(cause, path, 'read');
    }
  }

  const ofAdvisory = (advisoryId: string): readonly JournalRecord[] => {
    const live = recordsOf(byAdvisory.all(storedText(advisoryId)));
    const archived = archive.ofAdvisory(advisoryId);
    return archived.length === 0 ? live : [...archived, ...live];
  };

  const recordsOf = (rows: readonly unknown[]): JournalRecord[] => rows.map((row) => recordToFold(row as Row, path));
  const startsOf = (rows: readonly unknown[]): JournalRecord[] => rows.map((row) => startOf(row as Row, path));

  return {
    ofAdvisory: (advisoryId) => reading(() => ofAdvisory(advisoryId)),
    // Taking the lock of a reader costs more than finding a life: once for all.
    ofAdvisories: (advisoryIds) => reading(() => inReadTransaction(database, () => advisoryIds.map(ofAdvisory))),
    advisoryOf: (clientOrderId) =>
      reading(() => recordsOf(byOrder.all(clientOrderId))[0]?.advisoryId ?? archive.advisoryOf(clientOrderId)),
    startsBefore: (seq, limit) =>
      reading(() => {
        const live = startsOf(begunBefore.all(Math.min(seq, MOST), Math.min(limit, MOST)));
        const archived = unlessLive(live, () => first(archive.before(seq), limit, isStart));
        return merged(live, archived, limit, (one, other) => other.seq - one.seq);
      }),
    startsAfter: (seq, limit) =>
      reading(() => {
        const live = startsOf(begunAfter.all(seq, Math.min(limit, MOST)));
        const archived = first(archive.after(seq + 1), limit, isStart);
        return merged(live, archived, limit, (one, other) => one.seq - other.seq);
      }),
    records: (from, limit) =>
      reading(() => {
        const archived = first(archive.after(from), limit, () => true);
        const left = Math.min(limit, MOST) - archived.length;
        return left <= 0 ? archived : [...archived, ...recordsOf(inOrder.all(fromLive(from), left))];
      }),
  };
}

/** One that cannot be read begins nothing, and has no lines. */
function startOf(row: Row, path: string): JournalRecord {
  try {
    return recordToFold(row, path);
  } catch {
    return recordOf({ ...row, fact: UNREADABLE, audit: '[]' }, path);
  }
}

const UNREADABLE = JSON.stringify({ type: 'UNREADABLE' });

const isStart = (record: JournalRecord): boolean => orderBegunBy(record) !== undefined;

/** A file that is not there keeps nobody from what is here: it is an error for who asks for what it holds alone. */
function unlessLive(live: readonly JournalRecord[], read: () => JournalRecord[]): JournalRecord[] {
  try {
    return read();
  } catch (cause) {
    if (live.length === 0) throw cause;
    return [];
  }
}

/** The first records of a kind, at most `limit`; not one more is read. */
function first(
  records: Iterable<JournalRecord>,
  limit: number,
  isOne: (record: JournalRecord) => boolean,
): JournalRecord[] {
  const found: JournalRecord[] = [];
  if (limit <= 0) return found;
  for (const record of records) {
    if (isOne(record)) found.push(record);
    if (found.length >= limit) break;
  }
  return found;
}

/** Two lists in the same order as one, at most `limit`, each record once. */
function merged(
  live: readonly JournalRecord[],
  archived: readonly JournalRecord[],
  limit: number,
  inOrder: (one: JournalRecord, other: JournalRecord) => number,
): readonly JournalRecord[] {
  if (archived.length === 0) return live;
  const bySeq = new Map([...archived, ...live].map((record) => [record.seq, record]));
  return [...bySeq.values()].sort(inOrder).slice(0, limit);
}

/** No number of a record is greater. */
const MOST = Number.MAX_SAFE_INTEGER;

/** The checkpoint, when the record that it stands on is there as it says; `undefined` otherwise, and for an older file. */
export function readCheckpoint(database: Database): StoredCheckpoint | undefined {
  const isThere = database.prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'checkpoint'").get();
  if (isThere === undefined) return undefined;
  return database
    .prepare(
      `SELECT c.seq, record_hash AS recordHash, content, content_hash AS contentHash
       FROM checkpoint AS c JOIN records AS r ON r.seq = c.seq AND r.hash = c.record_hash`,
    )
    .get() as StoredCheckpoint | undefined;
}

export function saveCheckpoint(database: Database, path: string, checkpoint: StoredCheckpoint): void {
  const { seq, recordHash, content, contentHash } = checkpoint;
  try {
    database
      .prepare(
        `INSERT OR REPLACE INTO checkpoint (id, seq, record_hash, content, content_hash)
         VALUES (1, @seq, @recordHash, @content, @contentHash)`,
      )
      .run({ seq, recordHash, content, contentHash });
  } catch (cause) {
    throw journalErrorFrom(cause, path, 'written');
  }
}
