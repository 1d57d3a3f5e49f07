/**
 * A journal without an engine: read, and written to on the same chain. For those that keep switches or cases alone.
 *
 * 1. Only the last checkpoint and what stands after it is read, as an engine does (E7).
 * 2. A journal that is not what was written is not written to, as far as it was read.
 */

import type { CaseRegister } from '../actors/cases.js';
import { type EngineTime, engineTime } from '../actors/engine-time.js';
import type { CaseFact } from '../domain/cases.js';
import type { Clock, Journal, Logger } from '../domain/ports.js';
import { sentence } from '../domain/reading.js';
import { FillchartError } from '../domain/reasons.js';
import { recorder as newRecorder, type Recorder } from '../journal/recorder.js';
import type { KillSwitchFact } from '../machines/kill-switch.machine.js';
import { type KnownPast, pastOf } from './known-past.js';

interface OwnRecords {
  readonly past: KnownPast;
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
  const { opened, past } = await pastOf(journal, clock);
  if (opened.problem !== undefined) {
    const { problem } = opened;
    await journal.close();
    throw new FillchartError('JOURNAL_UNAVAILABLE', keptAsEvidence(problem));
  }
  const recorder = newRecorder({
    ...given,
    past: past.end,
    readLog: () => [],
    onFailure: () => undefined,
  });
  return { past, time: engineTime(clock, past.time), recorder };
}

/** What is said of a journal that is not what was written. */
export const keptAsEvidence = (problem: string): string =>
  `${sentence(problem)} Nothing is written to it: keep a copy as evidence.`;

/** Gives back every change of a switch that the journal knows, oldest first. */
export function restoreSwitches({ base, records }: KnownPast, restore: (fact: KillSwitchFact) => void): void {
  for (const fact of base?.switches ?? []) restore(fact);
  for (const { stream, fact } of records) if (stream === 'kill-switch') restore(fact as unknown as KillSwitchFact);
}

/** Gives back the cases that the journal knows. */
export function restoreCases({ base, records }: KnownPast, cases: Pick<CaseRegister, 'restoreAll' | 'restore'>): void {
  cases.restoreAll(base?.cases ?? []);
  for (const { stream, fact } of records) if (stream === 'case') cases.restore(fact as unknown as CaseFact);
}
