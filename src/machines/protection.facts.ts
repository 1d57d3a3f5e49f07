/**
 * Facts: everything that the exits' chart can get to know. Each is an event of the chart, plain JSON, and is journaled.
 *
 * `at` is the received time in engine ms.
 */
import type { Decimal } from '../domain/decimal.js';
import type { ExitFact, ExitLeg } from '../domain/exits.js';
import type { Side } from '../domain/ports.js';

/** Deadlines that the chart asks for; an actor turns each into a `DEADLINE` fact. */
export type ProtectionDeadlineName =
  /** B7: the sibling of an exit that closed the position is gone within 5 s. */
  | 'siblingGone'
  /** B7: the sibling of an exit that filled in part has shrunk within 5 s. */
  | 'exitSize'
  /** B7: an exit has ended; the other may be about to say why. */
  | 'exitLook'
  /** B7: the next try to ask for the position. */
  | 'positionRetry';

/** One exit as the execution left it. @public @since 0.1.0 */
export interface PlacedExit {
  readonly price: Decimal;
  /** False when the broker has not said whether it was placed, or did not show it when the result was reconciled. */
  readonly isPlaced: boolean;
}

/** What the exits start from: the execution is done, and holds this. @public @since 0.1.0 */
export interface ProtectionInput {
  readonly advisoryId: string;
  readonly snapshotHash: string;
  /** Of the entry; the exits' ids derive from it. */
  readonly clientOrderId: string;
  readonly symbol: string;
  /** Side of the entry. */
  readonly side: Side;
  /** What the exits are for. */
  readonly quantity: Decimal;
  /** Held, and covered by no exit (B6). */
  readonly unprotectedQuantity: Decimal;
  /** Average price of the fill; absent where the broker never told one, and then there are no exits (P3). */
  readonly entryPrice?: Decimal;
  /** When the first fill was received, engine ms. */
  readonly openedAt: number;
  readonly sl?: PlacedExit;
  readonly tp?: PlacedExit;
  /** The venue shrinks and cancels the sibling by itself. */
  readonly nativeOco: boolean;
}

/** The broker's answer on the position, and what else of ours is in the symbol. @public @since 0.1.0 */
export type SeenPosition =
  | {
      readonly kind: 'position';
      /** Net position in the symbol; of this entry alone where `isOwn`. */
      readonly size: Decimal;
      readonly isOwn: boolean;
      /** What there is in the symbol beside this entry, as far as the journal knows: between two bounds, signed. */
      readonly others: { readonly least: Decimal; readonly most: Decimal };
    }
  | { readonly kind: 'failed'; readonly cause: string }
  /** The broker tells no positions: asking again is of no use. */
  | { readonly kind: 'untold' };

/** What the protection chart is told. Plain JSON; times are engine ms. @public @since 0.1.0 */
export type ProtectionFact =
  /** Carries what the exits start from, so that the record of it stands alone. */
  | { readonly type: 'START'; readonly at: number; readonly input: ProtectionInput }
  | { readonly type: 'EXIT_REPORT'; readonly at: number; readonly leg: ExitLeg; readonly report: ExitFact }
  /** The broker does not find it by its id, and does not list it among the open orders. */
  | { readonly type: 'EXIT_ABSENT'; readonly at: number; readonly leg: ExitLeg }
  | { readonly type: 'POSITION_SEEN'; readonly at: number; readonly seen: SeenPosition }
  | { readonly type: 'DEADLINE'; readonly at: number; readonly name: ProtectionDeadlineName }
  | { readonly type: 'RECOVERED'; readonly at: number };

export type ProtectionFactOf<Type extends ProtectionFact['type']> = Extract<ProtectionFact, { type: Type }>;
