/**
 * The latest lines of the audit log (E7).
 *
 * 1. A few hundred are kept in memory, and every one that is not durable. The others are read from the journal when somebody
 *    asks for them, and are let go when memory is needed.
 * 2. They are in order, and no line is there twice.
 */
import type { AuditRecord } from '../domain/audit.js';
import { deepFreeze } from '../domain/canonical.js';

/** The longest list. What is older stands in the journal. */
const MOST_AUDIT_LINES = 10_000;
/** Kept in any case. */
const KEPT_LINES = 500;

/** Audit lines of the records from one number to another, both included. */
export type ReadLog = (from: number, to: number) => readonly AuditRecord[];

interface AuditTail {
  /** The lines of a record, which is durable or never will be. */
  push(seq: number, lines: readonly AuditRecord[], isDurable: boolean): void;
  lines(): readonly AuditRecord[];
}

interface Told {
  readonly seq: number;
  readonly lines: readonly AuditRecord[];
  readonly isDurable: boolean;
}

/** What was read: lines up to a record. */
interface Read {
  readonly upTo: number;
  readonly lines: readonly AuditRecord[];
}

/** @param before the last record of earlier processes */
export function auditTail(before: number, readLog: ReadLog): AuditTail {
  let kept: Told[] = [];
  let count = 0;
  /** The last record whose lines are not kept. */
  let goneUpTo = before;
  let read: WeakRef<Read> | undefined;

  function trim(): void {
    // Cut now and then, not line by line.
    if (count <= 2 * KEPT_LINES) return;
    let gone = 0;
    while (gone < kept.length && count > KEPT_LINES && kept[gone]?.isDurable === true) {
      count -= kept[gone]?.lines.length ?? 0;
      goneUpTo = kept[gone]?.seq ?? goneUpTo;
      gone += 1;
    }
    kept = kept.slice(gone);
  }

  /** Lines of the records up to the first that is kept, as many as are wanted at least. */
  function older(wanted: number): readonly AuditRecord[] {
    if (wanted <= 0 || goneUpTo === 0) return [];
    const known = read?.deref();
    const from = Math.max(1, known === undefined ? goneUpTo - MOST_AUDIT_LINES + 1 : known.upTo + 1);
    const more = from > goneUpTo ? [] : deepFreeze(readLog(from, goneUpTo));
    const lines = [...(known?.lines ?? []), ...more].slice(-MOST_AUDIT_LINES);
    read = new WeakRef({ upTo: goneUpTo, lines });
    return lines;
  }

  return {
    push(seq, lines, isDurable) {
      if (lines.length === 0) return;
      kept.push({ seq, lines, isDurable });
      count += lines.length;
      trim();
    },
    lines: () => [...older(MOST_AUDIT_LINES - count), ...kept.flatMap(({ lines }) => lines)].slice(-MOST_AUDIT_LINES),
  };
}
