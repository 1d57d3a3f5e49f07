/**
 * A journal without an engine: read, and written to on the same chain. For those that keep switches or cases alone.
 */
import { type EngineTime, engineTime, pastTimeOf } from '../actors/engine-time.js';
import type { JournalRecord } from '../domain/journal.js';
import type { Clock, Journal, Logger } from '../domain/ports.js';
import { FillchartError } from '../domain/reasons.js';
import { readJournal } from '../journal/read-journal.js';
import { endOfRecords, recorder as newRecorder, type Recorder } from '../journal/recorder.js';

export interface OwnRecords {
  readonly records: readonly JournalRecord[];
  readonly time: EngineTime;
  readonly recorder: Recorder;
}

/**
 * Opens the journal, with its lock.
 *
 * @throws what the journal throws when it is not ours to open: held by an engine, or no journal
 * @throws {FillchartError} `JOURNAL_UNAVAILABLE` when it cannot be read, or is not what was written; it is closed then
 */
export async function openOwnRecords(given: {
  readonly journal: Journal;
  readonly clock: Clock;
  readonly logger: Logger | false;
}): Promise<OwnRecords> {
  const { journal, clock } = given;
  const { records, problem } = await readJournal(journal);
  if (problem !== undefined) {
    await journal.close();
    throw new FillchartError('JOURNAL_UNAVAILABLE', `${problem}. Nothing is written to it: keep a copy as evidence.`);
  }
  const recorder = newRecorder({
    ...given,
    past: endOfRecords(records),
    readLog: () => [],
    onFailure: () => undefined,
  });
  return { records, time: engineTime(clock, pastTimeOf(records)), recorder };
}
