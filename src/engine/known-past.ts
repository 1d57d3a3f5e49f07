/**
 * What a journal says of the past when it is opened: the views at its last checkpoint, and the records after it (E7).
 */
import { type PastTime, pastTimeOf } from '../actors/engine-time.js';
import { inSlices } from '../actors/next-turn.js';
import type { JournalRecord } from '../domain/journal.js';
import type { RecordLookup, StoredCheckpoint } from '../domain/journal-index.js';
import type { Clock, Journal } from '../domain/ports.js';
import { causeOf } from '../domain/reading.js';
import { type OpenedJournal, openJournal } from '../journal/open-journal.js';
import { endOfRecords, type RecordedEnd } from '../journal/recorder.js';
import { stateOf, type ViewsState } from './views-state.js';

/** What the journal says of the past. */
export interface Past {
  /** The views at the checkpoint; absent when there is none that can be used. */
  readonly base?: ViewsState | undefined;
  /** The records after it; all without one. */
  readonly records: readonly JournalRecord[];
  readonly lookup: RecordLookup;
}

export interface KnownPast extends Past {
  /** The journal holds something. */
  readonly isThere: boolean;
  readonly end: RecordedEnd;
  readonly time: PastTime;
}

export async function pastOf(
  journal: Journal,
  clock: Clock,
): Promise<{ readonly opened: OpenedJournal; readonly past: KnownPast }> {
  let base: ViewsState | undefined;
  const isUsable = (checkpoint: StoredCheckpoint): string | undefined => {
    try {
      base = stateOf(checkpoint);
      return undefined;
    } catch (error) {
      return causeOf(error);
    }
  };
  const opened = await openJournal(journal, isUsable, (items, look) => inSlices(clock, items, look));
  const { records, lookup } = opened;
  if (opened.checkpoint === undefined) base = undefined;
  const end = endOfRecords(records, base?.end);
  return { opened, past: { base, records, lookup, isThere: end.seq > 0, end, time: pastTimeOf(records, base?.past) } };
}
