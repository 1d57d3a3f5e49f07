/**
 * What the audit commands look at: a journal in a file, whether or not an engine runs on it, or an export of one.
 *
 * 1. Nothing is changed. A file that SQLite takes is read by SQLite alone: its locks allow no other reader in a process.
 * 2. A damaged journal is read as far as it can be; the verdict says what is wrong with it.
 * 3. A record that was changed may say anything. What trips over one is a failed check, and no defect of the program.
 */

import { readFileSync, statSync } from 'node:fs';
import { JournalError } from '../../adapters/journals/journal-error.js';
import { sqliteCodeOf } from '../../adapters/journals/sqlite/driver.js';
import { type ArchiveDamage, inspectSqliteJournal } from '../../adapters/journals/sqlite.js';
import {
  type ChainEnd,
  type ChainEntry,
  type ChainVerdict,
  type JournalRecord,
  verifyChain,
} from '../../domain/journal.js';
import { readExport } from '../../domain/journal-export.js';
import type { StoredCheckpoint } from '../../domain/journal-index.js';
import { sentence } from '../../domain/reading.js';
import { CheckFailedError, UsageError } from '../exit-codes.js';

export interface AuditSource {
  /** Those that can be read, oldest first. */
  readonly records: readonly JournalRecord[];
  /** Where the journal says that it ends. */
  readonly end?: ChainEnd;
  readonly verdict: ChainVerdict;
  /** What the database's own check found, where it was asked for. */
  readonly faults?: readonly string[];
  /** What stands beside the records in a database and does not fit them, where it was asked for. */
  readonly beside?: readonly string[];
  /** The checkpoint that the next engine starts from, where it was asked for. */
  readonly checkpoint?: StoredCheckpoint;
  /** An export whose line ends were changed to CR LF. */
  readonly hasOtherLineEnds?: true;
}

/** Bytes of the smallest page that SQLite knows. */
const SMALLEST_DATABASE = 512;

/**
 * What `use` makes of the journal in a file, or of an export.
 *
 * @throws {CheckFailedError} where `use` cannot take what a changed record says
 * @throws as `readAuditSource`
 */
export async function withAuditSource<T>(path: string, use: (source: AuditSource) => T | Promise<T>): Promise<T> {
  const source = await readAuditSource(path);
  try {
    return await use(source);
  } catch (cause) {
    if (source.verdict.ok || cause instanceof UsageError || cause instanceof CheckFailedError) throw cause;
    const { problem } = source.verdict;
    throw new CheckFailedError(
      `${path} is not what was written: ${sentence(problem)} What it says cannot be made sense of; keep a copy. \`fillchart audit verify\` names what is wrong, and \`fillchart audit export\` writes what can be read.`,
      { cause },
    );
  }
}

/** @throws {UsageError} for a file that cannot be read, or that is no journal. @throws {JournalError} for a database that is no journal */
export async function readAuditSource(path: string, checks = false): Promise<AuditSource> {
  const size = sizeOf(path);
  if (size === 0) return nothing('the file is empty: neither a journal nor an export');
  // SQLite would take a file of one byte for an empty database.
  if (size < SMALLEST_DATABASE) return readExportFile(path);
  try {
    const { records, entries, end, hasLostItsEnd, ...reading } = await inspectSqliteJournal(path, checks);
    const { faults, beside, archiveDamage, checkpoint } = reading;
    const own = hasLostItsEnd ? withoutEnd(entries, path) : verifyChain(entries, end);
    const verdict = archiveDamage === undefined ? own : withoutArchive(archiveDamage);
    return {
      ...{ records, verdict },
      ...(end !== undefined && { end }),
      ...(faults !== undefined && { faults }),
      ...(beside !== undefined && { beside }),
      ...(checkpoint !== undefined && { checkpoint }),
    };
  } catch (error) {
    if (!(error instanceof JournalError)) throw error;
    if (isNoDatabase(error)) return readExportFile(path);
    if (error.code === 'CORRUPT') return nothing(error.message);
    throw error;
  }
}

function sizeOf(path: string): number {
  try {
    return statSync(path).size;
  } catch (error) {
    throw new UsageError(unreadable(path, error));
  }
}

function unreadable(path: string, error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOENT') return `there is no file ${path}: it cannot be read.`;
  return `${path} cannot be read: ${error instanceof Error ? error.message : String(error)}.`;
}

const isNoDatabase = ({ cause }: JournalError): boolean => sqliteCodeOf(cause) === 'SQLITE_NOTADB';

function readExportFile(path: string): AuditSource {
  const bytes = readFileSync(path);
  const { entries, end, verdict, hasOtherLineEnds } = readExport(bytes);
  if (end === undefined && !hasTraceOfExport(bytes))
    throw new UsageError(`${path} is not a journal: neither the SQLite file of one, nor an export.`);
  const records = entries.filter((entry) => entry !== undefined);
  return { records, verdict, ...(end !== undefined && { end }), ...(hasOtherLineEnds && { hasOtherLineEnds }) };
}

/** Longer than what stands in an export before the first name below: a shorter rest of one cannot be told from anything else. */
const SHORTEST_FOREIGN = 128;

/** Whether this may be what somebody left of an export. Advisories, a picture or a letter never were one. */
function hasTraceOfExport(bytes: Uint8Array): boolean {
  if (/"(?:prevHash|lastHash|audit|fact)"/.test(new TextDecoder().decode(bytes))) return true;
  return bytes.length < SHORTEST_FOREIGN && !isJsonLines(bytes);
}

/** Whole lines of JSON: whatever they are, nothing was cut off. */
function isJsonLines(bytes: Uint8Array): boolean {
  try {
    const lines = new TextDecoder().decode(bytes).split('\n');
    return lines.filter((line) => line.trim() !== '').map((line) => JSON.parse(line)).length > 0;
  } catch {
    return false;
  }
}

function withoutArchive({ seq, error }: ArchiveDamage): ChainVerdict {
  const fault = error.code === 'ARCHIVE_MISSING' ? 'missing' : 'changed';
  return { ok: false, seq, fault, problem: error.message };
}

function withoutEnd(entries: readonly ChainEntry[], path: string): ChainVerdict {
  const chain = verifyChain(entries);
  if (!chain.ok) return chain;
  const problem = `The journal ${path} has lost the note of its end`;
  return { ok: false, seq: chain.records + 1, fault: 'cut off', problem };
}

const nothing = (problem: string): AuditSource => ({
  records: [],
  verdict: { ok: false, seq: 1, fault: 'changed', problem },
});
