/**
 * The audit log beyond what is in memory (E7, A2).
 */
import { expect, it } from 'vitest';
import type { JournalRecord } from '../../src/domain/journal.js';
import { recordIndex } from '../../src/domain/record-index.js';
import { olderLines } from '../../src/journal/older-lines.js';

/** Records with none, one or several lines; lines are numbered throughout. */
function journal(count: number): { readonly records: readonly JournalRecord[]; readonly lines: readonly number[] } {
  let line = 0;
  const records = Array.from({ length: count }, (_, index) => ({
    seq: index + 1,
    stream: 'execution',
    audit: Array.from({ length: [1, 0, 0, 3, 1][index % 5] ?? 0 }, () => {
      line += 1;
      return { seq: line };
    }),
  })) as unknown as JournalRecord[];
  return { records, lines: records.flatMap(({ audit }) => audit.map(({ seq }) => seq)) };
}

it('E7 A2: any page of it, wherever it begins, is the lines that come next, each once', () => {
  const { records, lines } = journal(700);
  const index = recordIndex(records);
  for (const after of [0, 1, 2, 3, 250, 498, 499, 500, 699, lines.length - 1, lines.length, 5_000]) {
    for (const limit of [1, 7, 500]) {
      const page = olderLines(index, 700, after, limit).map(({ seq }) => seq);
      expect([after, limit, page]).toEqual([after, limit, lines.filter((seq) => seq > after).slice(0, limit)]);
    }
  }
});
