/**
 * Where violations are brought: each is written down once, with the law, the time and a sentence.
 */

import type { MismatchPolicy } from '../../domain/cases.js';
import { type LawId, laws } from '../../domain/laws.js';
import type { Clock } from '../../domain/ports.js';
import type { Venue } from '../venue/venue.js';
import type { JournalView } from './journal-view.js';
import { OUTSIDE_LAWS, type OutsideLawId } from './outside-laws.js';

/** A law that a simulated story broke, and where. @beta @since 0.1.0 */
export interface Violation {
  readonly law: LawId | OutsideLawId;
  readonly sentence: string;
  /** Simulated ms since the start of the story. */
  readonly atMs: number;
  readonly what: string;
}

interface Court {
  /** Says that the law is broken unless `holds`. */
  demand(law: LawId | OutsideLawId, holds: boolean, what: () => string): void;
  readonly violations: readonly Violation[];
}

/** What laws are judged on: the venue, the record, and what the story has done so far; never the engine's own word. */
export interface Evidence {
  readonly clock: Clock;
  readonly venue: Venue;
  /** Ms that the process has slept through, all told. */
  readonly sleptMs: () => number;
  /** Monotonic ms without what was slept through: a process that sleeps stays nowhere (T4). */
  readonly awakeMs: () => number;
  /** Awake time at which it last woke up. */
  readonly wokeAt: () => number;
  readonly journal: JournalView;
  readonly policy: MismatchPolicy;
  readonly court: Court;
  /** The disk has failed in this process: what then leaves it cannot be on record. */
  readonly diskFailed: () => boolean;
}

export function lawCourt(clock: Clock): Court {
  const found = new Map<string, Violation>();
  return {
    demand(law, holds, what) {
      if (holds) return;
      const said = what();
      const key = `${law} ${said}`;
      if (!found.has(key)) found.set(key, { law, sentence: sentenceOf(law), atMs: clock.monotonic(), what: said });
    },
    get violations() {
      return [...found.values()];
    },
  };
}

const isOutside = (law: LawId | OutsideLawId): law is OutsideLawId => law in OUTSIDE_LAWS;

const sentenceOf = (law: LawId | OutsideLawId): string => (isOutside(law) ? OUTSIDE_LAWS[law] : laws[law].sentence);
