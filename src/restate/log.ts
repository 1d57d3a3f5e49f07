/**
 * The log of all that workers, gate and exits took down, in one order, for whoever wants to look on.
 *
 * 1. Nothing is decided from it: an execution's own chain is what is verified, and it is kept at its advisory.
 * 2. Entries of a source are numbered from 1 without a gap. What comes twice is dropped, what comes too early is left for the
 *    sender to bring again: whoever sends may do it as often as it likes.
 * 3. What was taken is kept in pieces that follow one another; a reader goes on from where it stopped.
 * 4. What is old goes, page by page. Entries of a source that is not over are logged once more at the end, with their first
 *    place: whoever has seen them passes over them, and whoever begins now misses nothing that is not over.
 */
import type { AuditEntry, AuditRecord } from '../domain/audit.js';
import type { RecordedFact, RecordStream } from '../domain/journal.js';
import { isoTime } from '../domain/time.js';

/** What was taken down, without a place in a journal. */
interface LoggedFact {
  readonly stream: RecordStream;
  /** Version of the facts' meaning (A7). */
  readonly v: number;
  readonly advisoryId?: string;
  readonly snapshotHash?: string;
  /** Engine ms. */
  readonly at: number;
  /** T in ms: since the first submission began. */
  readonly t?: number;
  readonly fact: RecordedFact;
  readonly audit: readonly AuditEntry[];
}

export interface LogEntry {
  /** Whose entries are numbered: a run of an advisory, the exits of a position, the switches, the cases. */
  readonly source: string;
  readonly number: number;
  readonly logged: LoggedFact;
  /** The source is over with it. */
  readonly isLast?: true;
}

/** How far the log goes. */
export interface LogEnd {
  readonly entries: number;
  readonly auditLines: number;
}

/** A fact with whose it is. */
export interface PlacedFact extends LoggedFact {
  readonly source: string;
  readonly number: number;
  /** Entries before it when it was logged first; absent where this is the first time. */
  readonly firstAfter?: number;
}

/** Entries that follow one another. */
export interface LogPiece {
  /** How far the log went before it. */
  readonly after: LogEnd;
  readonly facts: readonly PlacedFact[];
}

/**
 * The lines of the audit log that a fact brought.
 *
 * @param before how many there were before it
 */
export function auditOf(logged: LoggedFact, before: number): readonly AuditRecord[] {
  const { advisoryId, snapshotHash, at, t, audit } = logged;
  return audit.map(({ event, details }, index) => ({
    ...{ seq: before + index + 1, event, timestamp: isoTime(at) },
    ...(t !== undefined && { t }),
    ...(advisoryId !== undefined && { advisoryId }),
    ...(snapshotHash !== undefined && { snapshotHash }),
    details,
  }));
}

/** What there is to read, in entries. */
export interface LogBounds {
  /** What was logged before so many is not kept any more. */
  readonly first: number;
  readonly end: number;
}

export const EMPTY_LOG: LogEnd = Object.freeze({ entries: 0, auditLines: 0 });

/** How far a source has come. */
export interface SourceEnd {
  readonly number: number;
  readonly isOver?: true;
}

const NO_END: SourceEnd = Object.freeze({ number: 0 });

interface Taken {
  /** `undefined` when nothing was new. */
  readonly piece: LogPiece | undefined;
  readonly end: LogEnd;
  /** The ends of the sources that brought something, or are over now. */
  readonly last: ReadonlyMap<string, SourceEnd>;
}

/** @param known how far each source had come; nothing for one that is new */
export function taken(end: LogEnd, known: ReadonlyMap<string, SourceEnd>, entries: readonly LogEntry[]): Taken {
  const last = new Map<string, SourceEnd>();
  const facts: PlacedFact[] = [];
  for (const { source, number, logged, isLast } of entries) {
    const before = last.get(source) ?? known.get(source) ?? NO_END;
    const isNext = number === before.number + 1;
    if (isNext) facts.push({ ...logged, source, number });
    // The last entry may have come before, by a way that did not know that it was the last.
    const isOver = isLast === true && number <= before.number + 1;
    if (isNext || (isOver && before.isOver !== true))
      last.set(source, { number: isNext ? number : before.number, ...(isOver && { isOver }) });
  }
  return { ...placed(end, facts), last };
}

function placed(end: LogEnd, facts: readonly PlacedFact[]): Pick<Taken, 'piece' | 'end'> {
  if (facts.length === 0) return { piece: undefined, end };
  const auditLines = facts.reduce((count, { audit }) => count + audit.length, end.auditLines);
  return { piece: { after: end, facts }, end: { entries: end.entries + facts.length, auditLines } };
}

/** A page whose time is over. */
interface Retired {
  /** What is logged once more; `undefined` when all of it is over. */
  readonly piece: LogPiece | undefined;
  readonly end: LogEnd;
  /** Sources of which nothing is kept any more. */
  readonly forgotten: readonly string[];
  /** Where the log begins from now on. */
  readonly first: number;
}

/** @param known how far each source of the page has come */
export function retired(end: LogEnd, page: readonly LogPiece[], known: ReadonlyMap<string, SourceEnd>): Retired {
  const again: PlacedFact[] = [];
  const latest = new Map<string, number>();
  let first = 0;
  for (const { after, facts } of page) {
    first = Math.max(first, after.entries + facts.length);
    for (const [index, fact] of facts.entries()) {
      latest.set(fact.source, Math.max(fact.number, latest.get(fact.source) ?? 0));
      if (known.get(fact.source)?.isOver !== true)
        again.push({ ...fact, firstAfter: fact.firstAfter ?? after.entries + index });
    }
  }
  const forgotten = [...latest]
    .filter(([source, number]) => known.get(source)?.isOver === true && (known.get(source)?.number ?? 0) <= number)
    .map(([source]) => source);
  return { ...placed(end, again), forgotten, first };
}
