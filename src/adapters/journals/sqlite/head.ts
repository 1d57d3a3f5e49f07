/**
 * The noted end of a journal against what is there.
 */
import { type ChainEntry, GENESIS_HASH } from '../../../domain/journal.js';
import { JournalError } from '../journal-error.js';
import type { Database } from './driver.js';
import { readHead, recordsOf } from './rows.js';

/** Throws `CUT_OFF`, with the records that are left, unless the journal ends where the note says. */
export function assertWhole(entries: readonly ChainEntry[], database: Database, path: string): void {
  const head = readHead(database);
  const records = recordsOf(entries);
  const last = records.at(-1);
  if (head?.records === (last?.seq ?? 0) && head.lastHash === (last?.hash ?? GENESIS_HASH)) return;
  const noted = head === undefined ? 'the note of its end is gone' : `${head.records} records were written`;
  throw new JournalError('CUT_OFF', `The journal ${path} ends at record ${last?.seq ?? 0}, and ${noted}`, { records });
}
