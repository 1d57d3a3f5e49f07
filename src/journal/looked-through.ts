/**
 * A journal whose latest records before its checkpoint are looked at once more when it is opened.
 *
 * 1. An engine starts from the checkpoint, and reads what is behind it when it needs it (E7). A command has the time to look at
 *    the last {@link MOST_LOOKED_AT} of these: what is not as it was written closes the gate before anything is sent (A5, K7).
 * 2. Where something is wrong the journal is opened as if it had no checkpoint: all of it is read, and what is wrong is named.
 * 3. Older records cost nothing at the start. They are checked when they are looked up, and by `audit verify`.
 */
import { type JournalRecord, verifyChain } from '../domain/journal.js';
import type { IndexedJournal, OpenRequest } from '../domain/journal-index.js';
import type { Journal } from '../domain/ports.js';
import { attempt } from '../domain/reading.js';

/** Takes a fifth of a second. */
export const MOST_LOOKED_AT = 10_000;

/** The same journal, in which a changed record does not go unseen behind the checkpoint. */
export function lookedThrough(journal: Journal): Journal {
  function open(): Promise<readonly JournalRecord[]>;
  function open(request: OpenRequest): Promise<readonly JournalRecord[] | IndexedJournal>;
  async function open(request?: OpenRequest): Promise<readonly JournalRecord[] | IndexedJournal> {
    if (request === undefined) return journal.open();
    const opened = await journal.open(request);
    if (!('lookup' in opened) || isWholeBefore(opened)) return opened;
    return { ...opened, checkpoint: undefined, records: await opened.readAll() };
  }
  // What it says of its past is known when it is open.
  return Object.assign(Object.create(journal) as Journal, { open });
}

function isWholeBefore({ checkpoint, lookup, archives }: IndexedJournal): boolean {
  if (checkpoint === undefined) return true;
  const { seq: last, recordHash: lastHash } = checkpoint;
  const from = Math.max(1, (archives?.lastArchived() ?? 0) + 1, last - MOST_LOOKED_AT + 1);
  const found = from > last ? [] : attempt(() => lookup.records(from, last - from + 1));
  if (found === undefined) return false;
  const [first] = found;
  if (first === undefined) return from > last;
  const before = { records: from - 1, lastHash: first.prevHash };
  return verifyChain(found, { records: last, lastHash }, before).ok;
}
