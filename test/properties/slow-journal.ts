/**
 * A journal that takes its time to say that a record is durable, and notes when it has said so.
 */
import type { Clock, Journal, JournalRecord } from 'fillchart';
import { memoryJournal } from 'fillchart/adapters';
import type { BrokerCall } from 'fillchart/testing';
import type { Commit } from '../../src/testing/laws/record-laws.js';

interface NotedJournal {
  readonly journal: Journal;
  readonly records: readonly JournalRecord[];
  readonly commits: readonly Commit[];
}

/** @param delaysMs by append, from the first on; the rest are durable at once. Records become durable in their order. */
export function notedJournal(clock: Clock, calls: readonly BrokerCall[], delaysMs: readonly number[]): NotedJournal {
  const inner = memoryJournal();
  const records: JournalRecord[] = [];
  const commits: Commit[] = [];
  let appends = 0;
  let before: Promise<void> = Promise.resolve();

  async function commit(appended: readonly JournalRecord[], delayMs: number, earlier: Promise<void>): Promise<void> {
    await inner.append(appended);
    if (delayMs > 0) await new Promise<void>((resolve) => clock.setTimeout(resolve, delayMs));
    await earlier;
    const [at, callsBefore] = [clock.monotonic(), calls.length];
    commits.push(...appended.map(({ seq }) => ({ seq, at, callsBefore })));
  }

  const journal: Journal = {
    ...inner,
    append(appended) {
      records.push(...appended);
      const delayMs = delaysMs[appends] ?? 0;
      appends += 1;
      before = commit(appended, delayMs, before);
      return before;
    },
  };
  return { journal, records, commits };
}
