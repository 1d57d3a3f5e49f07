/**
 * A journal in memory that tells what is read of it, and lets a test put something wrong in the place of its checkpoint.
 */
import { memoryJournal } from '../../src/adapters/journals/memory.js';
import type { JournalRecord } from '../../src/domain/journal.js';
import type { IndexedJournal, OpenRequest, RecordLookup, StoredCheckpoint } from '../../src/domain/journal-index.js';
import type { Journal } from '../../src/domain/ports.js';

export interface KeptJournal extends Journal {
  /** Records that were handed over since the last `open`, by it and by look-ups. */
  readonly recordsRead: () => number;
  /** The last checkpoint that was written, or that a test has put there; `undefined` for none. */
  checkpoint: StoredCheckpoint | undefined;
  /** Whether everything was read, instead of the rest after a checkpoint. */
  readonly wasReadWhole: () => boolean;
}

export function keptJournal(): KeptJournal {
  const inner = memoryJournal();
  let read = 0;
  let isWhole = false;
  const counted = (records: readonly JournalRecord[]): readonly JournalRecord[] => {
    read += records.length;
    return records;
  };
  const counting = (lookup: RecordLookup): RecordLookup => ({
    ofAdvisory: (advisoryId) => counted(lookup.ofAdvisory(advisoryId)),
    advisoryOf: (clientOrderId) => lookup.advisoryOf(clientOrderId),
    startsBefore: (seq, limit) => counted(lookup.startsBefore(seq, limit)),
    startsAfter: (seq, limit) => counted(lookup.startsAfter(seq, limit)),
    records: (from, limit) => counted(lookup.records(from, limit)),
  });

  function open(): Promise<readonly JournalRecord[]>;
  function open(request: OpenRequest): Promise<IndexedJournal>;
  async function open(request?: OpenRequest): Promise<readonly JournalRecord[] | IndexedJournal> {
    const all = await inner.open();
    if (request === undefined) return all;
    const opened = (await inner.open(request)) as IndexedJournal;
    read = 0;
    isWhole = journal.checkpoint === undefined;
    const { checkpoint } = journal;
    return {
      lookup: counting(opened.lookup),
      checkpoint,
      records: counted(all.slice(checkpoint?.seq ?? 0)),
      async readAll() {
        isWhole = true;
        return counted(all);
      },
      async saveCheckpoint(next) {
        journal.checkpoint = next;
      },
    };
  }

  const journal: KeptJournal = {
    ...inner,
    open,
    checkpoint: undefined,
    recordsRead: () => read,
    wasReadWhole: () => isWhole,
  };
  return journal;
}
