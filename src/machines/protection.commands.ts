/**
 * Commands: everything that the exits' chart asks for. None of them places, moves or cancels anything (B7, B3).
 */
import type { CaseKind } from '../domain/cases.js';
import type { ExitLeg } from '../domain/exits.js';
import type { OrderRef } from '../domain/ports.js';
import type { Mismatch } from '../domain/reconciliation.js';
import type { ProtectionDeadlineName } from './protection.facts.js';

/** An exit to be asked for. */
export interface ExitRef {
  readonly leg: ExitLeg;
  readonly ref: OrderRef;
}

/** What the protection chart asks its host to do. Plain JSON. @public @since 0.1.0 */
export type ProtectionCommand =
  /** Polls these exits, and no other of the entry: slowly, or about each second when `isSoon`. Answered by `EXIT_REPORT`. */
  | { readonly type: 'watchExits'; readonly exits: readonly ExitRef[]; readonly isSoon: boolean }
  | { readonly type: 'unwatchExits' }
  /** One query of each at once. */
  | { readonly type: 'queryExits'; readonly exits: readonly ExitRef[] }
  /** One position query. Answered by `POSITION_SEEN`. */
  | { readonly type: 'askPosition' }
  /** Answered by `DEADLINE` at `at` (engine ms), or at once when that is past. */
  | { readonly type: 'scheduleDeadline'; readonly name: ProtectionDeadlineName; readonly at: number }
  /**
   * A human must look (M1). `isAskedAgain`: with each report that shows it. What cases of the advisory have told or explain
   * is then left out (M5, P8); a fact that asks for nothing else says nothing new, and leaves no record.
   */
  | {
      readonly type: 'openCase';
      readonly kind: CaseKind;
      readonly mismatches: readonly Mismatch[];
      readonly isAskedAgain?: true;
    }
  /** The exits are over, and so is the position. */
  | { readonly type: 'finish' };

export type ProtectionCommandOf<Type extends ProtectionCommand['type']> = Extract<ProtectionCommand, { type: Type }>;
