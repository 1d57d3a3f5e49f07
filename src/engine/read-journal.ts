/**
 * Opening the journal. What cannot be read does not keep the process down: it starts with its gate closed, and says why (K7).
 */
import { causeOf } from '../actors/calls.js';
import { type JournalRecord, verifyChain } from '../domain/journal.js';
import type { Journal } from '../domain/ports.js';

export interface JournalReading {
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
];

export async function readJournal(journal: Journal): Promise<JournalReading> {
  let records: readonly JournalRecord[];
  try {
    records = await journal.open();
  } catch (error) {
    // A journal that lost its tail hands over what is left: orders that are known stay looked after.
    const { code, records: left = [] } = error as { code?: unknown; records?: readonly JournalRecord[] };
    if (NOT_OURS.includes(code)) throw error;
    return { records: left, problem: `The journal ${journal.name} cannot be read: ${causeOf(error)}` };
  }
  const readable = records.filter(isReadable);
  const verdict = readable.length === records.length ? verifyChain(records) : unreadable(records);
  return verdict.ok
    ? { records }
    : { records: readable, problem: `The journal ${journal.name} is not what was written: ${verdict.problem}` };
}

function unreadable(records: readonly unknown[]): { readonly ok: false; readonly problem: string } {
  const seq = records.findIndex((record) => !isReadable(record)) + 1;
  return { ok: false, problem: `record ${seq} cannot be read` };
}

/** Whether a record has the shape of one; what it says may still be wrong. */
function isReadable(record: unknown): record is JournalRecord {
  if (!isObject(record)) return false;
  const { seq, at, stream, hash, fact, audit } = record;
  const isPlaced = Number.isSafeInteger(seq) && Number.isFinite(at) && typeof hash === 'string';
  const isFact = typeof stream === 'string' && isObject(fact) && typeof fact['type'] === 'string';
  return isPlaced && isFact && Array.isArray(audit) && audit.every(isObject);
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
