/**
 * The log of all that workers, gate and exits took down, in one order, for whoever wants to look on.
 *
 * 1. Nothing is decided from it: an execution's own chain is what is verified, and it is kept at its advisory.
 * 2. Entries of a source are numbered from 1 without a gap. What comes twice is dropped, what comes too early is left for the
 *    sender to bring again: whoever sends may do it as often as it likes.
 * 3. What was taken is kept in pieces that follow one another; a reader goes on from where it stopped.
 */
import type { AuditEntry } from '../domain/audit.js';
import type { RecordedFact, RecordStream } from '../domain/journal.js';

/** What was taken down, without a place in a journal. */
export interface LoggedFact {
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
}

/** How far the log goes. */
export interface LogEnd {
  readonly entries: number;
  readonly auditLines: number;
}

/** Entries that follow one another. */
export interface LogPiece {
  /** How far the log went before it. */
  readonly after: LogEnd;
  readonly facts: readonly LoggedFact[];
}

export const EMPTY_LOG: LogEnd = Object.freeze({ entries: 0, auditLines: 0 });

export interface Taken {
  /** `undefined` when nothing was new. */
  readonly piece: LogPiece | undefined;
  readonly end: LogEnd;
  /** The last number of each source that brought something. */
  readonly last: ReadonlyMap<string, number>;
}

/** @param known the last number that was taken of each source; 0 for none */
export function taken(end: LogEnd, known: ReadonlyMap<string, number>, entries: readonly LogEntry[]): Taken {
  const last = new Map<string, number>();
  const facts: LoggedFact[] = [];
  for (const { source, number, logged } of entries) {
    const before = last.get(source) ?? known.get(source) ?? 0;
    if (number !== before + 1) continue;
    last.set(source, number);
    facts.push(logged);
  }
  if (facts.length === 0) return { piece: undefined, end, last };
  const auditLines = facts.reduce((count, { audit }) => count + audit.length, end.auditLines);
  return { piece: { after: end, facts }, end: { entries: end.entries + facts.length, auditLines }, last };
}
