/**
 * Records by advisory and by order, in memory: for journals that keep their records there, and for an engine whose journal
 * cannot look any up.
 *
 * 1. It holds what was added, in the order in which it was added, and nothing else.
 * 2. A look-up costs what it finds, not what there is.
 */
import type { JournalRecord } from './journal.js';
import type { RecordLookup } from './journal-index.js';

export interface RecordIndex extends RecordLookup {
  add(record: JournalRecord): void;
  readonly all: readonly JournalRecord[];
}

/** The entry order of the advisory that this record begins; `undefined` when it begins none. */
export function orderBegunBy({ stream, fact }: Pick<JournalRecord, 'stream' | 'fact'>): string | undefined {
  if (stream !== 'execution' || fact.type !== 'START') return undefined;
  const { clientOrderId } = (fact['advisory'] ?? {}) as { readonly clientOrderId?: unknown };
  return typeof clientOrderId === 'string' ? clientOrderId : undefined;
}

export function recordIndex(records: Iterable<JournalRecord> = []): RecordIndex {
  const all: JournalRecord[] = [];
  const byAdvisory = new Map<string, JournalRecord[]>();
  const byOrder = new Map<string, string>();
  const begun: JournalRecord[] = [];

  function add(record: JournalRecord): void {
    all.push(record);
    const { advisoryId } = record;
    if (advisoryId === undefined) return;
    const known = byAdvisory.get(advisoryId);
    if (known === undefined) byAdvisory.set(advisoryId, [record]);
    else known.push(record);
    const order = orderBegunBy(record);
    if (order === undefined) return;
    begun.push(record);
    byOrder.set(order, advisoryId);
  }

  /** How many of the list come before the record of this number. */
  function countBefore(list: readonly JournalRecord[], seq: number): number {
    let [low, high] = [0, list.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((list[middle]?.seq ?? 0) < seq) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  for (const record of records) add(record);
  return {
    add,
    all,
    ofAdvisory: (advisoryId) => byAdvisory.get(advisoryId) ?? [],
    advisoryOf: (clientOrderId) => byOrder.get(clientOrderId),
    startsBefore(seq, limit) {
      const end = countBefore(begun, seq);
      return begun.slice(Math.max(0, end - limit), end).reverse();
    },
    startsAfter(seq, limit) {
      const start = countBefore(begun, seq + 1);
      return begun.slice(start, start + limit);
    },
    records(from, limit) {
      const start = countBefore(all, from);
      return all.slice(start, start + limit);
    },
  };
}
