/**
 * The journal that is gone with its process: for tests, simulations and dry runs.
 *
 * 1. An append is "durable" as soon as it is called and says so one microtask later.
 * 2. The records outlive `close`, and an engine that was dropped without it: the next `open` of the same object returns
 *    them all. So a second engine on it recovers just as after a crash.
 * 3. It is the one place where finished executions take memory (E7): some 15 kB each, as long as the object lives.
 */
import type { JournalRecord } from '../../domain/journal.js';
import type { IndexedJournal, OpenRequest, StoredCheckpoint } from '../../domain/journal-index.js';
import type { Journal } from '../../domain/ports.js';
import { recordIndex } from '../../domain/record-index.js';
import { JournalError } from './journal-error.js';

/** A journal in memory. It never fails; an append while it is not open is refused. @public @since 0.1.0 */
export function memoryJournal(): Journal {
  const index = recordIndex();
  let checkpoint: StoredCheckpoint | undefined;
  let isOpen = false;

  function open(): Promise<readonly JournalRecord[]>;
  function open(request: OpenRequest): Promise<IndexedJournal>;
  async function open(request?: OpenRequest): Promise<readonly JournalRecord[] | IndexedJournal> {
    isOpen = true;
    if (request?.indexed !== true) return [...index.all];
    const stands = checkpoint !== undefined && index.records(checkpoint.seq, 1)[0]?.hash === checkpoint.recordHash;
    const usable = stands ? checkpoint : undefined;
    return {
      lookup: index,
      checkpoint: usable,
      records: index.records((usable?.seq ?? 0) + 1, Number.POSITIVE_INFINITY),
      readAll: async () => [...index.all],
      async saveCheckpoint(next) {
        checkpoint = next;
      },
    };
  }

  return {
    name: 'memory',
    durable: false,
    open,
    async append(appended) {
      if (!isOpen) throw new JournalError('NOT_OPEN', 'The journal in memory is not open');
      for (const record of appended) index.add(record);
    },
    async close() {
      isOpen = false;
    },
  };
}
