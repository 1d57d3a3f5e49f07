/**
 * The noted end of a journal against what is there.
 */
import { type ChainEnd, type ChainEntry, GENESIS_HASH } from '../../../domain/journal.js';
import { JournalError } from '../journal-error.js';
import type { Database } from './driver.js';
import { readHead, recordsOf } from './rows.js';

/** Throws `CUT_OFF`, with the records that are left, unless the journal ends where the note says. */
export function assertWhole(entries: readonly ChainEntry[], database: Database, path: string): void {
  const records = recordsOf(entries);
  const head = readHead(database);
  const found = endOf(entries, NOTHING);
  if (isNoted(head, found)) return;
  const noted = head === undefined ? 'the note of its end is gone' : `${head.records} records were written`;
  throw new JournalError('CUT_OFF', `The journal ${path} ends at record ${found.records}, and ${noted}`, { records });
}

/** Whether the journal ends where the note says, when these entries stand after `before`. */
export const endsAsNoted = (entries: readonly ChainEntry[], before: ChainEnd, database: Database): boolean =>
  isNoted(readHead(database), endOf(entries, before));

const NOTHING: ChainEnd = { records: 0, lastHash: GENESIS_HASH };

function endOf(entries: readonly ChainEntry[], before: ChainEnd): ChainEnd {
  const last = recordsOf(entries).at(-1);
  return last === undefined ? before : { records: last.seq, lastHash: last.hash };
}

const isNoted = (head: ChainEnd | undefined, { records, lastHash }: ChainEnd): boolean =>
  head?.records === records && head.lastHash === lastHash;
