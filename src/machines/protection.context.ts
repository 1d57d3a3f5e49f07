/**
 * What is known of the exits of one entry: plain JSON, so that it can be written down, folded again and compared.
 *
 * 1. What was placed never changes; what became of it only grows.
 * 2. `rest` is what the position still holds of the quantity that the exits are for: negative when they closed too much.
 */
import { type Decimal, isNegative, isPositive, isZero, lessThan, subtract, ZERO } from '../domain/decimal.js';
import {
  type AmendedExit,
  type Exit,
  type ExitLeg,
  exitIdOf,
  filledBy,
  isLost,
  isOver,
  lacksExitPrice,
} from '../domain/exits.js';
import type { ExitRef } from './protection.commands.js';
import type { PlacedExit, ProtectionInput } from './protection.facts.js';

/** What is known of a position's exits. Plain JSON. @public @since 0.1.0 */
export interface ProtectionContext extends Omit<ProtectionInput, 'sl' | 'tp'> {
  readonly exits: readonly Exit[];
  /** Closed by something other than its exits. */
  readonly closedElsewhere: Decimal;
  /** The exit that filled last. */
  readonly lastFilled?: ExitLeg;
  /** When the last fill of an exit, or the end of the position, was received. */
  readonly closedAt?: number | undefined;
  /** Until when the sibling may take to go or to shrink. */
  readonly graceEndsAt?: number;
  /** Since when an exit has been over while its quantity may be held. */
  readonly doubtSince?: number | undefined;
  /** Times that the position was asked for in vain. */
  readonly unanswered: number;
  /** Exits that are told as lost. */
  readonly lossesTold: number;
  /** Exits that the venue shows otherwise than they were placed; absent when it shows none so. */
  readonly amended?: Partial<Readonly<Record<ExitLeg, AmendedExit>>> | undefined;
  /** Cases that are told once. */
  readonly told: readonly ('SIBLING_WORKING' | 'POSITION_REVERSED' | 'PROTECTION_SIZE')[];
}

const NOTHING: ProtectionInput = {
  advisoryId: '',
  snapshotHash: '',
  clientOrderId: '',
  symbol: '',
  side: 'buy',
  quantity: ZERO,
  unprotectedQuantity: ZERO,
  openedAt: 0,
  nativeOco: false,
};

/** Exits at their start. Tolerates `undefined`: the pure `transition()` calls context factories without input. */
export function newProtection(input: ProtectionInput | undefined = NOTHING): ProtectionContext {
  const { sl, tp, entryPrice, quantity } = input;
  const exits: Exit[] = [];
  if (sl !== undefined) exits.push(newExit('sl', sl, quantity));
  if (tp !== undefined) exits.push(newExit('tp', tp, quantity));
  return {
    advisoryId: input.advisoryId,
    snapshotHash: input.snapshotHash,
    clientOrderId: input.clientOrderId,
    symbol: input.symbol,
    side: input.side,
    quantity,
    unprotectedQuantity: input.unprotectedQuantity,
    ...(entryPrice !== undefined && { entryPrice }),
    openedAt: input.openedAt,
    nativeOco: input.nativeOco,
    exits,
    closedElsewhere: ZERO,
    unanswered: 0,
    lossesTold: 0,
    told: [],
  };
}

const newExit = (leg: ExitLeg, { price, isPlaced }: PlacedExit, quantity: Decimal): Exit => ({
  leg,
  price,
  quantity,
  isQuantityTold: false,
  status: isPlaced ? 'working' : 'doubtful',
  cumQty: ZERO,
});

type Known = Pick<ProtectionContext, 'exits' | 'quantity' | 'closedElsewhere'>;

export const restOf = ({ exits, quantity, closedElsewhere }: Known): Decimal =>
  subtract(subtract(quantity, filledBy(exits)), closedElsewhere);

export const isOverclosed = (known: Known): boolean => isNegative(restOf(known));
export const isClosed = (known: Known): boolean => !isPositive(restOf(known));
export const isPartlyClosed = (known: Known): boolean => !isClosed(known) && lessThan(restOf(known), known.quantity);

/** No exit works any more, as far as is known. */
export const areExitsOver = ({ exits }: Pick<Known, 'exits'>): boolean => exits.every(isOver);

/** Nothing more is to come: no exit works, and each fill has its price. */
export const isSettled = (known: Known): boolean => areExitsOver(known) && !known.exits.some(lacksExitPrice);

/** Exits that are over while their quantity is held. */
export const lostExits = (known: Known): readonly Exit[] =>
  isClosed(known) ? [] : known.exits.filter(isLostFor(restOf(known)));

/** An exit that filled less than it was for; also one that filled all that it had shrunk to, while there is a rest. */
const isLostFor =
  (rest: Decimal) =>
  (exit: Exit): boolean =>
    isLost(exit) || (isOver(exit) && !isZero(rest));

/** The exits that may still do something. */
export const workingRefs = ({ exits, clientOrderId, symbol }: ProtectionContext): readonly ExitRef[] =>
  exits
    .filter((exit) => !isOver(exit) || lacksExitPrice(exit))
    .map(({ leg, brokerOrderId }) => ({
      leg,
      ref: {
        clientOrderId: exitIdOf(clientOrderId, leg),
        symbol,
        ...(brokerOrderId !== undefined && { brokerOrderId }),
      },
    }));
