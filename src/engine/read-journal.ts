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

/** Errors after which another process, or a person, is at work on the journal: these are thrown. */
const NOT_OURS: readonly unknown[] = ['JOURNAL_LOCKED', 'JOURNAL_TOO_NEW', 'JOURNAL_DRIVER_MISSING'];

export async function readJournal(journal: Journal): Promise<JournalReading> {
  let records: readonly JournalRecord[];
  try {
    records = await journal.open();
  } catch (error) {
    if (NOT_OURS.includes((error as { code?: unknown }).code)) throw error;
    return { records: [], problem: `The journal ${journal.name} cannot be read: ${causeOf(error)}` };
  }
  const verdict = verifyChain(records);
  return verdict.ok
    ? { records }
    : { records, problem: `The journal ${journal.name} is not what was written: ${verdict.problem}` };
}
