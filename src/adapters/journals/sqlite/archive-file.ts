/**
 * An archive: a run of records in a file of its own, compressed, for ever unchanged.
 *
 * 1. It is an export (see `domain/journal-export.ts`) of consecutive records, in blocks of gzip that follow each other:
 *    `gunzip` makes one text of them. Its last line notes where it ends.
 * 2. A file is complete or not there: it is written beside its place, synced, and then renamed.
 * 3. One block can be read without the others. A file that is read whole is held against its SHA-256.
 */
import { createHash } from 'node:crypto';
import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import { mkdir, open, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzipSync, gzip } from 'node:zlib';
import { canonicalJson } from '../../../domain/canonical.js';
import type { JournalRecord } from '../../../domain/journal.js';
import type { ArchiveAnchor } from '../../../domain/journal-index.js';
import { JournalError } from '../journal-error.js';

/** Where a block stands, and the number of its first record. */
export interface Block {
  readonly firstSeq: number;
  readonly offset: number;
  readonly length: number;
}

interface WrittenArchive {
  readonly anchor: ArchiveAnchor;
  readonly blocks: readonly Block[];
}

/** Records in a block: what is read for one execution. */
export const BLOCK_RECORDS = 256;

const compress = promisify(gzip);

/** The name of the archive that begins with this record: the same whenever it is written. */
const nameOf = ({ seq, prevHash }: JournalRecord): string =>
  `${String(seq).padStart(12, '0')}-${prevHash.slice(0, 8)}.jsonl.gz`;

/** @param blocks the records, at most {@link BLOCK_RECORDS} at a time; at least one */
export async function writeArchive(
  folder: string,
  blocks: Iterable<readonly JournalRecord[]>,
): Promise<WrittenArchive | undefined> {
  await mkdir(folder, { recursive: true });
  const sum = createHash('sha256');
  const written: Block[] = [];
  let file: Awaited<ReturnType<typeof open>> | undefined;
  let [first, last]: (JournalRecord | undefined)[] = [];
  let bytes = 0;
  try {
    for (const records of blocks) {
      first ??= records[0];
      last = records.at(-1) ?? last;
      if (first === undefined) continue;
      file ??= await open(join(folder, `${nameOf(first)}.part`), 'w');
      const data = await compress(records.map((record) => `${canonicalJson(record)}\n`).join(''));
      written.push({ firstSeq: records[0]?.seq ?? 0, offset: bytes, length: data.length });
      await file.write(data);
      sum.update(data);
      bytes += data.length;
    }
    if (first === undefined || last === undefined || file === undefined) return undefined;
    const end = await compress(`${canonicalJson({ end: true, records: last.seq, lastHash: last.hash })}\n`);
    await file.write(end);
    sum.update(end);
    await file.sync();
  } finally {
    await file?.close();
  }
  const name = nameOf(first);
  await rename(join(folder, `${name}.part`), join(folder, name));
  await syncFolder(folder);
  const { seq: lastSeq, hash: lastHash } = last;
  return { anchor: { firstSeq: first.seq, lastSeq, lastHash, file: name, sha256: sum.digest('hex') }, blocks: written };
}

/** A rename is durable when its folder is. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

const linesOf = (data: Buffer): string[] => gunzipSync(data).toString('utf8').split('\n').slice(0, -1);

/** The records of one block. @throws {JournalError} `ARCHIVE_MISSING`, `ARCHIVE_DAMAGED` */
export function readBlock(path: string, { offset, length }: Block): readonly JournalRecord[] {
  return reading(path, () => {
    const file = openSync(path, 'r');
    try {
      const data = Buffer.alloc(length);
      readSync(file, data, 0, length, offset);
      return linesOf(data).map((line) => JSON.parse(line) as JournalRecord);
    } finally {
      closeSync(file);
    }
  });
}

/** Every record of an archive. @throws {JournalError} `ARCHIVE_MISSING`, `ARCHIVE_DAMAGED` */
export function readArchive(folder: string, { file, sha256, lastSeq }: ArchiveAnchor): readonly JournalRecord[] {
  const path = join(folder, file);
  return reading(path, () => {
    const data = readFileSync(path);
    if (createHash('sha256').update(data).digest('hex') !== sha256) {
      throw new JournalError('ARCHIVE_DAMAGED', `The archive ${path} is not as it was written: its SHA-256 differs`);
    }
    const records = linesOf(data).slice(0, -1);
    const read = records.map((line) => JSON.parse(line) as JournalRecord);
    if (read.at(-1)?.seq === lastSeq) return read;
    throw new JournalError('ARCHIVE_DAMAGED', `The archive ${path} does not end with record ${lastSeq}`);
  });
}

function reading<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (cause instanceof JournalError) throw cause;
    const isMissing = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT';
    if (isMissing) throw new JournalError('ARCHIVE_MISSING', `The archive ${path} is not there`, { cause });
    throw new JournalError('ARCHIVE_DAMAGED', `The archive ${path} cannot be read`, { cause });
  }
}
