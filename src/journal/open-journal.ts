/**
 * Opening a journal for an engine: from its last checkpoint where it has one, and with look-ups either way (E7).
 *
 * 1. A checkpoint counts only as it was written, and when the record that it stands on is there: else all is read, and said to be.
 * 2. Each record is handed over in the words of the present version (A7); one that is not as it was written is never handed over.
 * 3. Very many records are read and checked in slices: timers and answers have their turn in between.
 * 4. A journal that cannot look anything up has its records kept in memory, all of them.
 */
import { sha256 } from '../domain/canonical.js';
import { type ChainEnd, follows, GENESIS_HASH, isIntact, type JournalRecord } from '../domain/journal.js';
import type { IndexedJournal, JournalArchives, RecordLookup, StoredCheckpoint } from '../domain/journal-index.js';
import type { Journal } from '../domain/ports.js';
import { type RecordIndex, recordIndex } from '../domain/record-index.js';
import { damaged } from './damage.js';
import { upcast } from './fact-versions.js';
import { isReadable, type JournalReading, openingFailed, problemOf, strangeOrLost } from './read-journal.js';

/** `records` are those after the checkpoint, where there is one. */
export interface OpenedJournal extends JournalReading {
  /** What can be started from. */
  readonly checkpoint?: StoredCheckpoint;
  /** Why a checkpoint that is there is not used. */
  readonly unusedCheckpoint?: string;
  readonly lookup: RecordLookup;
  /** To be fed with what becomes durable, where the journal itself cannot look it up. */
  readonly index?: RecordIndex;
  /** Absent where the journal keeps none. */
  readonly saveCheckpoint?: IndexedJournal['saveCheckpoint'];
  readonly archives?: JournalArchives;
}

/** Looks at each item in order, and lets the event loop go on now and then. */
type InSlices = <Item>(items: Iterable<Item>, look: (item: Item) => void) => Promise<void>;

/** @param isUsable whether the content of a checkpoint can be read: `undefined`, or what is wrong with it */
export async function openJournal(
  journal: Journal,
  isUsable: (checkpoint: StoredCheckpoint) => string | undefined,
  inSlices: InSlices,
): Promise<OpenedJournal> {
  const judged = (records: readonly JournalRecord[], before = GENESIS) => judgedIn(inSlices, journal, records, before);
  let opened: readonly JournalRecord[] | IndexedJournal;
  try {
    opened = await journal.open({ indexed: true });
    if (!('lookup' in opened)) return inMemory(await judged(opened));
    const { checkpoint } = opened;
    const unused = checkpoint === undefined ? undefined : (wrongWith(checkpoint) ?? isUsable(checkpoint));
    const { lookup, saveCheckpoint, archives } = opened;
    const looked = {
      lookup: checkedLookup(lookup),
      saveCheckpoint: saveCheckpoint.bind(opened),
      ...(archives !== undefined && { archives }),
    };
    if (checkpoint !== undefined && unused === undefined) {
      const before = { records: checkpoint.seq, lastHash: checkpoint.recordHash };
      return { ...(await judged(opened.records, before)), checkpoint, ...looked };
    }
    const all = await judged(checkpoint === undefined ? opened.records : await opened.readAll());
    const note = unused === undefined ? {} : { unusedCheckpoint: unused };
    // Where something is not as it was written, look-ups find what can be read.
    return all.problem === undefined ? { ...all, ...looked, ...note } : { ...inMemory(all), ...note };
  } catch (error) {
    return inMemory(openingFailed(journal, error));
  }
}

function wrongWith({ content, contentHash }: StoredCheckpoint): string | undefined {
  return sha256(content) === contentHash ? undefined : 'it is not as it was written: its hash differs';
}

const GENESIS: ChainEnd = { records: 0, lastHash: GENESIS_HASH };

async function judgedIn(
  inSlices: InSlices,
  journal: Journal,
  records: readonly JournalRecord[],
  before: ChainEnd,
): Promise<JournalReading> {
  const readable: JournalRecord[] = [];
  const inWords: JournalRecord[] = [];
  let lastHash: string | undefined = before.lastHash;
  await inSlices(records, (record) => {
    if (!isReadable(record)) return;
    const isNext = lastHash !== undefined && follows(record, before.records + readable.length + 1, lastHash);
    lastHash = isNext ? record.hash : undefined;
    readable.push(record);
    inWords.push(inPresentWords(record));
  });
  // Only where something is wrong all of it is looked at once more, to name what.
  const isWhole = lastHash !== undefined && readable.length === records.length;
  const problem = isWhole ? strangeOrLost(journal, readable) : problemOf(journal, records, readable, before);
  return { records: inWords, ...(problem !== undefined && { problem }) };
}

const inPresentWords = (record: JournalRecord): JournalRecord => upcast(record);

function inMemory(reading: JournalReading): OpenedJournal {
  const index = recordIndex(reading.records);
  return { ...reading, lookup: index, index };
}

/**
 * What is looked up is read as everything else is. @throws when a record is not as it was written
 *
 * Those with which lives begin are a table of contents: each life is looked up, and then checked, by who wants it.
 */
function checkedLookup(lookup: RecordLookup): RecordLookup {
  const checked = (records: readonly JournalRecord[]): readonly JournalRecord[] => {
    const changed = records.find((record) => !isReadable(record) || !isIntact(record));
    if (changed !== undefined) throw damaged(`record ${changed.seq} is not as it was written: its hash differs`);
    return records.map(inPresentWords);
  };
  const listed = (records: readonly JournalRecord[]) => records.filter(isReadable).map(inPresentWords);
  return {
    ofAdvisory: (advisoryId) => checked(lookup.ofAdvisory(advisoryId)),
    ofAdvisories: (advisoryIds) =>
      (lookup.ofAdvisories?.(advisoryIds) ?? advisoryIds.map((id) => lookup.ofAdvisory(id))).map(checked),
    advisoryOf: (clientOrderId) => lookup.advisoryOf(clientOrderId),
    startsBefore: (seq, limit) => listed(lookup.startsBefore(seq, limit)),
    startsAfter: (seq, limit) => listed(lookup.startsAfter(seq, limit)),
    records: (from, limit) => checked(lookup.records(from, limit)),
  };
}
