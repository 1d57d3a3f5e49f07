/**
 * Old records in files of their own: what the journal notes of them, and how they come to be there (E7).
 *
 * 1. A run of records is in its file, and the anchor of that file is durable in the journal, before any of them is removed
 *    here. So a crash at any point loses nothing; what was not removed yet is removed by whoever comes next.
 * 2. Records of what is not over, or has records after the run, stay here as well, until a later run. An advisory is therefore
 *    found either here whole, or in the files whole.
 * 3. What identifies an advisory in a file is 13 hexadecimal digits of a hash: a hit is held against the records themselves.
 */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { sha256 } from '../../../domain/canonical.js';
import type { JournalRecord } from '../../../domain/journal.js';
import type { ArchiveAnchor, JournalArchives } from '../../../domain/journal-index.js';
import { orderBegunBy } from '../../../domain/record-index.js';
import { BLOCK_RECORDS, type Block, readArchive, readBlock, writeArchive } from './archive-file.js';
import { type Database, firstValue, inWriteTransaction, journalErrorFrom } from './driver.js';
import { type Row, recordOf, SELECTED, storedText } from './rows.js';

interface KnownArchive extends ArchiveAnchor {
  readonly folder: string;
}

/** Where the archives of a journal are: as noted, or beside it where they were moved along. */
export function archivesOf(database: Database, path: string): readonly KnownArchive[] {
  if (!hasTable(database)) return [];
  const all = database
    .prepare(
      `SELECT first_seq AS firstSeq, last_seq AS lastSeq, last_hash AS lastHash, folder, file, sha256
       FROM archives ORDER BY first_seq`,
    )
    .all() as unknown as KnownArchive[];
  return all.map((archive) => ({ ...archive, folder: folderOf(archive, path) }));
}

const hasTable = (database: Database): boolean =>
  database.prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'archives'").get() !== undefined;

function folderOf({ folder, file }: KnownArchive, path: string): string {
  if (existsSync(join(folder, file))) return folder;
  const beside = [dirname(path), join(dirname(path), 'archives')];
  return beside.find((other) => existsSync(join(other, file))) ?? folder;
}

/** Number of the last record that is in a file. */
export const lastArchivedIn = (database: Database): number =>
  hasTable(database) ? Number(firstValue(database, 'SELECT coalesce(max(last_seq), 0) FROM archives')) : 0;

/** Every record of the files, oldest first, a file at a time. @throws when one is not there, or not as it was written */
export function* archivedRecords(database: Database, path: string): Generator<readonly JournalRecord[]> {
  for (const archive of archivesOf(database, path)) yield readArchive(archive.folder, archive);
}

/** 52 bits: a number as JavaScript and SQLite both have it. */
const keyOf = (text: string): number => Number.parseInt(sha256(text).slice(0, 13), 16);

interface ArchiveLookup {
  ofAdvisory(advisoryId: string): readonly JournalRecord[];
  advisoryOf(clientOrderId: string): string | undefined;
  /** The records of the files from number `from` on, oldest first. */
  after(from: number): Generator<JournalRecord>;
  /** The records of the files before number `seq`, newest first. */
  before(seq: number): Generator<JournalRecord>;
}

/** Blocks that are kept as they were read: whoever pages comes back to the same one. */
const KEPT_BLOCKS = 8;

interface NotedBlock extends Block {
  readonly archive: number;
}

export function archiveLookup(database: Database, path: string): ArchiveLookup {
  const isAny = database.prepare('SELECT 1 FROM archives LIMIT 1');
  const byAdvisory = database.prepare('SELECT DISTINCT seqs FROM archived WHERE advisory_key = ?');
  const byOrder = database.prepare('SELECT DISTINCT seqs FROM archived WHERE order_key = ?');
  const block = 'SELECT first_seq AS firstSeq, "offset", "length", archive FROM archive_blocks WHERE first_seq';
  const blockAtOrBefore = database.prepare(`${block} <= ? ORDER BY first_seq DESC LIMIT 1`);
  const blockAfter = database.prepare(`${block} > ? ORDER BY first_seq LIMIT 1`);
  const kept = new Map<number, readonly JournalRecord[]>();

  function recordsIn(noted: NotedBlock): readonly JournalRecord[] {
    const records = kept.get(noted.firstSeq) ?? readBlock(pathOf(noted.archive), noted);
    kept.delete(noted.firstSeq);
    kept.set(noted.firstSeq, records);
    for (const oldest of kept.keys()) if (kept.size > KEPT_BLOCKS) kept.delete(oldest);
    return records;
  }

  /** The block that holds the record, where a file holds it. */
  const blockOf = (seq: number) =>
    seq < 1 || seq > lastArchivedIn(database)
      ? undefined
      : (blockAtOrBefore.get(seq) as unknown as NotedBlock | undefined);

  function recordsAt(rows: readonly unknown[]): readonly JournalRecord[] {
    const seqs = rows.flatMap((row) => seqsOf(String((row as { readonly seqs: string }).seqs)));
    return seqs.flatMap((seq) => {
      const noted = blockAtOrBefore.get(seq) as unknown as NotedBlock | undefined;
      return noted === undefined ? [] : (recordsIn(noted)[seq - noted.firstSeq] ?? []);
    });
  }

  function* after(from: number): Generator<JournalRecord> {
    let noted = blockOf(Math.max(1, from));
    for (; noted !== undefined; noted = blockAfter.get(noted.firstSeq) as unknown as NotedBlock | undefined) {
      if (noted.firstSeq > lastArchivedIn(database)) return;
      for (const record of recordsIn(noted)) if (record.seq >= from) yield record;
    }
  }

  function* before(seq: number): Generator<JournalRecord> {
    for (let last = Math.min(seq - 1, lastArchivedIn(database)); last > 0; ) {
      const noted = blockOf(last);
      if (noted === undefined) return;
      for (const record of recordsIn(noted).toReversed()) if (record.seq < seq) yield record;
      last = noted.firstSeq - 1;
    }
  }

  function pathOf(firstSeq: number): string {
    const archive = archivesOf(database, path).find((one) => one.firstSeq === firstSeq);
    return archive === undefined ? '' : join(archive.folder, archive.file);
  }

  return {
    ofAdvisory(advisoryId) {
      if (isAny.get() === undefined) return [];
      return recordsAt(byAdvisory.all(keyOf(advisoryId))).filter((record) => record.advisoryId === advisoryId);
    },
    advisoryOf: (clientOrderId) =>
      recordsAt(byOrder.all(keyOf(clientOrderId))).find((record) => orderBegunBy(record) === clientOrderId)?.advisoryId,
    after,
    before,
  };
}

/** Numbers of records as text: the first, then how much greater each is than the one before. */
const textOf = (seqs: readonly number[]): string => seqs.map((seq, i) => seq - (seqs[i - 1] ?? 0)).join(' ');

function seqsOf(text: string): readonly number[] {
  let seq = 0;
  return text.split(' ').map((step) => {
    seq += Number(step);
    return seq;
  });
}

/** Rows looked at in a transaction: about 10 ms. */
const SLICE = 500;

export function sqliteArchives(database: Database, path: string): JournalArchives {
  const lastArchived = () => lastArchivedIn(database);
  const inOrder = database.prepare(`SELECT ${SELECTED} FROM records WHERE seq >= ? AND seq <= ? ORDER BY seq LIMIT ?`);

  function* blocks(from: number, through: number): Generator<readonly JournalRecord[]> {
    for (let next = from; next <= through; next += BLOCK_RECORDS) {
      yield inOrder
        .all(next, Math.min(through, next + BLOCK_RECORDS - 1), BLOCK_RECORDS)
        .map((row) => recordOf(row as unknown as Row, path));
    }
  }

  return {
    lastArchived,
    lastBefore(at) {
      const from = lastArchived();
      const [first, last] = [from + 1, Number(firstValue(database, 'SELECT records FROM head'))];
      return lastWritten(
        first,
        last,
        (seq) => Number(firstValue(database, 'SELECT at FROM records WHERE seq = ?', seq)) < at,
      );
    },
    async write(folder, through) {
      try {
        const written = await writeArchive(folder, blocks(lastArchived() + 1, through));
        if (written !== undefined) noteBlocks(database, written.anchor, written.blocks);
        return written?.anchor;
      } catch (cause) {
        throw journalErrorFrom(cause, path, 'archived');
      }
    },
    async remove(folder, anchor, isKept) {
      try {
        inWriteTransaction(database, () => note(database, folder, anchor));
        for (let from = 0; from < anchor.lastSeq; ) {
          from = removeSlice(database, from, anchor.lastSeq, isKept);
          await nextTurn();
        }
      } catch (cause) {
        throw journalErrorFrom(cause, path, 'archived');
      }
    },
  };
}

/** The last number of a range for which it holds; times grow with the numbers. */
function lastWritten(first: number, last: number, holds: (seq: number) => boolean): number | undefined {
  let [low, high] = [first, last + 1];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (holds(middle)) low = middle + 1;
    else high = middle;
  }
  return low > first ? low - 1 : undefined;
}

/** Blocks of a file whose anchor is not durable yet are of no use, and are noted anew with the next one. */
function noteBlocks(database: Database, { firstSeq }: ArchiveAnchor, blocks: readonly Block[]): void {
  inWriteTransaction(database, () => {
    database.prepare('DELETE FROM archive_blocks WHERE first_seq >= ?').run(firstSeq);
    const insert = database.prepare(
      'INSERT INTO archive_blocks (first_seq, archive, "offset", "length") VALUES (?, ?, ?, ?)',
    );
    for (const block of blocks) insert.run(block.firstSeq, firstSeq, block.offset, block.length);
  });
}

function note(
  database: Database,
  folder: string,
  { firstSeq, lastSeq, lastHash, file, sha256: sum }: ArchiveAnchor,
): void {
  database
    .prepare(
      'INSERT OR IGNORE INTO archives (first_seq, last_seq, last_hash, folder, file, sha256) VALUES (?, ?, ?, ?, ?, ?)',
    )
    .run(firstSeq, lastSeq, lastHash, folder, file, sum);
}

/** Removes some rows, and notes where they are. Returns the number of the last that was looked at. */
function removeSlice(
  database: Database,
  from: number,
  through: number,
  isKept: (advisoryId: string) => boolean,
): number {
  const rows = database
    .prepare(`SELECT ${SELECTED} FROM records WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT ${SLICE}`)
    .all(from, through) as unknown as Row[];
  const last = rows.at(-1);
  if (last === undefined) return through;
  inWriteTransaction(database, () => {
    const own = database.prepare('DELETE FROM records WHERE seq = ?');
    for (const row of rows) if (row.advisory_id === null) own.run(row.seq);
    const ids = new Set(rows.flatMap((row) => recordOf(row, '').advisoryId ?? []));
    for (const advisoryId of ids) if (!isKept(advisoryId)) removeAdvisory(database, advisoryId, through);
  });
  return last.seq;
}

function removeAdvisory(database: Database, advisoryId: string, through: number): void {
  const stored = storedText(advisoryId);
  const rows = database
    .prepare('SELECT seq, client_order_id AS orderId FROM records WHERE advisory_id = ? ORDER BY seq')
    .all(stored) as unknown as { readonly seq: number; readonly orderId: string | null }[];
  if (rows.length === 0 || (rows.at(-1)?.seq ?? 0) > through) return;
  const orders = new Set(rows.flatMap(({ orderId }) => orderId ?? []));
  const insert = database.prepare('INSERT INTO archived (advisory_key, order_key, seqs) VALUES (?, ?, ?)');
  const seqs = textOf(rows.map(({ seq }) => seq));
  for (const order of orders.size === 0 ? [''] : orders) insert.run(keyOf(advisoryId), keyOf(order), seqs);
  database.prepare('DELETE FROM records WHERE advisory_id = ?').run(stored);
}
