/**
 * Journals by what a config or `--journal` says: `memory`, or the path of an SQLite file.
 */
import { memoryJournal } from '../../adapters/journals/memory.js';
import { sqliteJournal } from '../../adapters/journals/sqlite.js';
import type { Journal } from '../../domain/ports.js';
import { lookedThrough } from '../../journal/looked-through.js';
import { UsageError } from '../exit-codes.js';

/** @param what is at fault when the path cannot be taken @throws {UsageError} */
export function journalAt(where: string, what: string): Journal {
  if (where === 'memory') return memoryJournal();
  try {
    return lookedThrough(sqliteJournal({ path: where }));
  } catch (error) {
    if (error instanceof RangeError) throw new UsageError(`${what}: ${error.message}.`);
    throw error;
  }
}
