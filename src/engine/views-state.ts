/**
 * What the views hold at one record: what is live and open, and totals of what is over. A checkpoint is this as text (E7).
 *
 * 1. It is a function of the records up to that one: folding them again gives the same, which `audit verify` does.
 * 2. Its size follows what is live and open, symbols and cases, not the age of the journal.
 */

import type { PastTime } from '../actors/engine-time.js';
import type { FilledTotalsState } from '../actors/filled-totals.js';
import { canonicalJson, sha256 } from '../domain/canonical.js';
import type { Case } from '../domain/cases.js';
import type { ArchiveAnchor, StoredCheckpoint } from '../domain/journal-index.js';
import type { RecordedEnd } from '../journal/recorder.js';
import type { KillSwitchFact } from '../machines/kill-switch.machine.js';
import type { FinishedCounts } from '../views/metrics.js';
import type { HoldingsState } from './holdings.js';
import type { RiskCountersState } from './risk-counters.js';

/** Executions are named by advisory. */
export interface ViewsState {
  readonly end: RecordedEnd;
  readonly past: PastTime;
  readonly switches: readonly KillSwitchFact[];
  readonly cases: readonly Case[];
  /** Not done. */
  readonly live: readonly string[];
  /** Done, and how the order ended is not certain: a sweep reads it again. */
  readonly uncertain: readonly string[];
  /** Done with a fill, and its exits are not begun. */
  readonly unbegun: readonly string[];
  /** Done with a report that needs a person, and its case is not written down. */
  readonly untold: readonly string[];
  /** Positions whose exits are not over, and the latest that are. */
  readonly open: readonly string[];
  readonly closed: readonly string[];
  readonly symbols: readonly string[];
  /** Files that old records were moved to, oldest first. */
  readonly archives: readonly ArchiveAnchor[];
  readonly filled: FilledTotalsState;
  readonly holdings: HoldingsState;
  readonly counts: FinishedCounts;
  readonly risk: RiskCountersState;
}

/** Of the meaning of the content. A checkpoint of another version is not used. */
const VERSION = 2;

interface Content {
  readonly version: number;
  readonly state: ViewsState;
}

export function checkpointOf(state: ViewsState): StoredCheckpoint {
  const content = canonicalJson({ version: VERSION, state } satisfies Content);
  return { seq: state.end.seq, recordHash: state.end.hash, content, contentHash: sha256(content) };
}

/** @throws when it cannot be read; what is wrong with it is the message */
export function stateOf({ seq, recordHash, content }: StoredCheckpoint): ViewsState {
  const { version, state } = JSON.parse(content) as Content;
  if (version !== VERSION) throw new Error(`it is of version ${version}, and this program reads version ${VERSION}`);
  if (state.end.seq !== seq || state.end.hash !== recordHash)
    throw new Error('it stands on another record than it says');
  return state;
}
