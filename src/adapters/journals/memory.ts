/**
 * The journal that is gone with its process: for tests, simulations and dry runs.
 *
 * 1. An append is "durable" as soon as it is called and says so one microtask later.
 * 2. The records outlive `close`, and an engine that was dropped without it: the next `open` of the same object returns
 *    them all. So a second engine on it recovers just as after a crash.
 */
import type { JournalRecord } from '../../domain/journal.js';
import type { Journal } from '../../domain/ports.js';
import { JournalError } from './journal-error.js';

/** A journal in memory. It never fails; an append while it is not open is refused. */
export function memoryJournal(): Journal {
  const records: JournalRecord[] = [];
  let open = false;
  return {
    name: 'memory',
    durable: false,
    async open() {
      open = true;
      return [...records];
    },
    async append(appended) {
      if (!open) throw new JournalError('NOT_OPEN', 'The journal in memory is not open');
      for (const record of appended) records.push(record);
    },
    async close() {
      open = false;
    },
  };
}
