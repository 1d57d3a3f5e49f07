/**
 * How much of the world the search lets loose. Less is for tests that must be quick; the check itself takes all.
 */
import type { LawId } from '../domain/laws.js';

export interface Scope {
  /** States of `SWITCHES` that the operator may set. */
  readonly switches: readonly number[];
  /** No fee is taken in the bought asset. */
  readonly isFree?: boolean;
  /** A switch that the operator has set stays set. */
  readonly isSetForGood?: boolean;
  /** How often the process may end and start again on one path: 0, 1 or 2. */
  readonly crashes: 0 | 1 | 2;
  /** Fills that are taken back or changed, orders restated to less, exits that do not work yet, stops that go alone. */
  readonly isRough?: boolean;
  /** Only the acceptable sale, instead of the purchase and of all that is refused. */
  readonly isSale?: boolean;
  /** A host that does not look at the gate before it sends; for a mutant. */
  readonly isHostBlind?: boolean;
  /** Ends the search after so many states: a sample, which proves nothing of the rest. */
  readonly mostStates?: number;
  /** The laws that are in force; all of them when absent. */
  readonly laws?: readonly LawId[];
}

/** All switches and two crashes, with a venue that stands by its word. */
export const EVERYTHING: Scope = { switches: [0, 1, 2, 3], crashes: 2 };
/** A venue that takes its word back, and a crash. The two together would be too many for two minutes. */
export const ROUGH: Scope = { switches: [0], crashes: 1, isRough: true };
/**
 * A venue that takes its word back, and a kill switch that cancels, set at any moment. Nobody releases it, no process ends
 * and no fee is taken: each of these is in one of the other two worlds, and no guard asks about it and about both of these.
 */
export const ROUGH_SWITCHED: Scope = { switches: [0, 3], crashes: 0, isRough: true, isSetForGood: true, isFree: true };
