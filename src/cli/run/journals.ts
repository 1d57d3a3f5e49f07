/**
 * Journals by what `--journal` says: `memory`, `temp`, or the path of an SQLite file.
 */
import { existsSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { memoryJournal } from '../../adapters/journals/memory.js';
import { sqliteJournal } from '../../adapters/journals/sqlite.js';
import { type JournalRecord, verifyChain } from '../../domain/journal.js';
import type { IndexedJournal, OpenRequest } from '../../domain/journal-index.js';
import type { Journal } from '../../domain/ports.js';
import { lookedThrough } from '../../journal/looked-through.js';
import { UsageError } from '../exit-codes.js';

export interface OpenedJournal {
  readonly journal: Journal;
  /** Why it could not be opened, once the engine has tried. */
  failure(): unknown;
  /** Whether what was read when it was opened is what was once written. */
  isSound(): boolean;
  /** The file; absent for a journal in memory. */
  readonly path?: string;
}

/**
 * @param now epoch ms, for the name of a temporary file
 * @param isScaled the times that will be written run faster than real ones: no file that holds others may be given
 * @throws {UsageError}
 */
export function openJournal(given: string, now: number, isScaled: boolean): OpenedJournal {
  if (given === 'memory') return { journal: memoryJournal(), failure: () => undefined, isSound: () => true };
  const path = given === 'temp' ? temporaryPath(now) : given;
  if (isScaled && existsSync(path)) {
    throw new UsageError(
      `--speed needs a journal of its own, for its times are not real ones; ${path} exists. Name a new file, temp or memory.`,
    );
  }
  try {
    return { ...remembering(lookedThrough(sqliteJournal({ path }))), path };
  } catch (error) {
    if (error instanceof RangeError) throw new UsageError(`--journal: ${error.message}.`);
    throw error;
  }
}

/** The engine starts with its gate closed on a journal that cannot be opened; a command line had better not start at all. */
function remembering(journal: Journal): Pick<OpenedJournal, 'journal' | 'failure' | 'isSound'> {
  let failure: unknown;
  let opened: readonly JournalRecord[] | IndexedJournal = [];
  function open(): Promise<readonly JournalRecord[]>;
  function open(request: OpenRequest): Promise<readonly JournalRecord[] | IndexedJournal>;
  async function open(request?: OpenRequest): Promise<readonly JournalRecord[] | IndexedJournal> {
    try {
      opened = request === undefined ? await journal.open() : await journal.open(request);
      return opened;
    } catch (error) {
      failure = error;
      throw error;
    }
  }
  return {
    // What it says of its past is known when it is open.
    journal: Object.assign(Object.create(journal) as Journal, { open }),
    failure: () => failure,
    isSound() {
      try {
        return isWhole('lookup' in opened ? opened.lookup.records(1, Number.MAX_SAFE_INTEGER) : opened);
      } catch {
        // Not even the shape of a record.
        return false;
      }
    },
  };
}

/** Whether the records, whatever stood before the first of them, are what was once written. */
function isWhole(records: readonly JournalRecord[]): boolean {
  const [first] = records;
  return (
    first === undefined || verifyChain(records, undefined, { records: first.seq - 1, lastHash: first.prevHash }).ok
  );
}

function temporaryPath(now: number): string {
  const folder = join(tmpdir(), 'fillchart');
  mkdirSync(folder, { recursive: true });
  const stamp = new Date(now).toISOString().replace(/[:.]/g, '-');
  return join(folder, `run-${stamp}-${process.pid}.db`);
}
