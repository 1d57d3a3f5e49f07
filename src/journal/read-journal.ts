/**
 * Opening the journal. What cannot be read, or written, does not keep the process down: it starts with its gate closed,
 * looks after whatever could be read, and says why (K7, A9). Only a journal that is not there to be opened does.
 */

import { type ChainEnd, type JournalRecord, verifyChain } from '../domain/journal.js';
import type { Journal } from '../domain/ports.js';
import { causeOf } from '../domain/reading.js';
import { unknownMeaning, upcast } from './fact-versions.js';

export interface JournalReading {
  /** What can be read, oldest first, each fact in the words of the present version (A7). */
  readonly records: readonly JournalRecord[];
  /** Why the gate must be closed. */
  readonly problem?: string;
}

/** Errors that say that this is not our journal to open, or not with this program: these are thrown. */
const NOT_OURS: readonly unknown[] = [
  'IN_USE',
  'ALREADY_OPEN',
  'LOCK_DAMAGED',
  'NOT_A_JOURNAL',
  'SCHEMA_TOO_NEW',
  'DRIVER_MISSING',
  'SQLITE_TOO_OLD',
  // A folder, a path that does not exist and cannot be made, a file that this user may not read: a mistake to be mended.
  'CANNOT_OPEN',
];

/** What could be read all the same is looked after. @throws the error, when the journal is not ours to open */
export function openingFailed(journal: Journal, error: unknown): JournalReading & { readonly problem: string } {
  const { code, records: left } = error as { code?: unknown; records?: readonly JournalRecord[] };
  if (left === undefined && NOT_OURS.includes(code)) throw error;
  const problem = `The journal ${journal.name} cannot be used: ${causeOf(error)}`;
  return { records: (left ?? []).filter(isReadable).map((record) => upcast(record)), problem };
}

/** @param before where the records before these end */
export function problemOf(
  journal: Journal,
  records: readonly unknown[],
  readable: readonly JournalRecord[],
  before?: ChainEnd,
): string | undefined {
  const verdict = readable.length === records.length ? verifyChain(readable, undefined, before) : unreadable(records);
  if (!verdict.ok) return `The journal ${journal.name} is not what was written: ${verdict.problem}`;
  return strangeOrLost(journal, readable);
}

/** What is wrong although the chain holds. */
export function strangeOrLost(journal: Journal, readable: readonly JournalRecord[]): string | undefined {
  const strange = readable.find((record) => unknownMeaning(record) !== undefined);
  if (strange !== undefined) {
    return `The journal ${journal.name} cannot be understood: record ${strange.seq} ${unknownMeaning(strange)}`;
  }
  const { loss } = journal;
  return loss === undefined ? undefined : `An earlier journal is lost. ${loss}`;
}

function unreadable(records: readonly unknown[]): { readonly ok: false; readonly problem: string } {
  const seq = records.findIndex((record) => !isReadable(record)) + 1;
  return { ok: false, problem: `record ${seq} cannot be read` };
}

/** Whether a record has the shape of one; what it says may still be wrong. */
export function isReadable(record: unknown): record is JournalRecord {
  if (!isObject(record)) return false;
  const { seq, at, stream, hash, fact, audit } = record;
  const isPlaced = Number.isSafeInteger(seq) && Number.isFinite(at) && typeof hash === 'string';
  const isFact = typeof stream === 'string' && isObject(fact) && typeof fact['type'] === 'string';
  return isPlaced && isFact && Array.isArray(audit) && audit.every(isObject);
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
