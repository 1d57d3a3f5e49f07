/**
 * A journal that the service can look records up in, whatever the engine makes of it.
 *
 * 1. The engine gets what the journal answers, as it is.
 * 2. Where the journal cannot look records up, the service keeps an index of its own.
 */
import type { JournalRecord } from '../../domain/journal.js';
import type { IndexedJournal, OpenRequest, RecordLookup } from '../../domain/journal-index.js';
import type { Clock, Journal } from '../../domain/ports.js';
import { type RecordIndex, recordIndex } from '../../domain/record-index.js';

interface LookedUpJournal {
  readonly journal: Journal;
  /** Of what is durable; empty before it is open. */
  lookup(): RecordLookup;
  /** Number of the last audit line that became durable in this process; 0 before the first. */
  durableSeq(): number;
}

/** @param onCommit told how long each append took to become durable, in ms */
export function lookedUpJournal(
  journal: Journal,
  clock: Pick<Clock, 'monotonic'>,
  onCommit: (durationMs: number) => void,
): LookedUpJournal {
  let found: RecordLookup | undefined;
  let own: RecordIndex | undefined;
  let durableSeq = 0;
  const nothing = recordIndex();

  function keep(records: readonly JournalRecord[]): void {
    own = recordIndex(records);
    found = own;
  }

  function open(): Promise<readonly JournalRecord[]>;
  function open(request: OpenRequest): Promise<readonly JournalRecord[] | IndexedJournal>;
  async function open(request?: OpenRequest): Promise<readonly JournalRecord[] | IndexedJournal> {
    const answer = request === undefined ? await journal.open() : await journal.open(request);
    if ('lookup' in answer) found = answer.lookup;
    else keep(answer);
    return answer;
  }

  return {
    journal: {
      name: journal.name,
      durable: journal.durable,
      get loss() {
        return journal.loss;
      },
      open,
      async append(records) {
        const begunAt = clock.monotonic();
        await journal.append(records);
        onCommit(clock.monotonic() - begunAt);
        for (const record of records) own?.add(record);
        durableSeq = records.findLast(({ audit }) => audit.length > 0)?.audit.at(-1)?.seq ?? durableSeq;
      },
      close: () => journal.close(),
    },
    lookup: () => found ?? nothing,
    durableSeq: () => durableSeq,
  };
}
