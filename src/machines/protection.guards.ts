/**
 * The questions that the exits' chart asks before it takes a transition: pure, named, each about one thing.
 *
 * Questions about the exits are asked of them *as they are after the report in hand*; asked again once it is kept, they
 * answer the same.
 */
import { isPositive, isZero, lessThan } from '../domain/decimal.js';
import { type Exit, filledBy, isOver } from '../domain/exits.js';
import { POSITION_LIMIT_MS, UNCLEAR_POSITION_LIMIT_MS } from '../domain/limits.js';
import { amendedAfter, amendedNow } from './protection.amended.js';
import {
  areExitsOver,
  isClosed,
  isOverclosed,
  isPartlyClosed,
  isSettled,
  lostExits,
  type ProtectionContext,
} from './protection.context.js';
import type { ProtectionDeadlineName, ProtectionFact } from './protection.facts.js';
import { exitsAfter, isTooLarge, positionWord } from './protection.updates.js';

interface Args {
  readonly context: ProtectionContext;
  readonly event: ProtectionFact;
}

const after = ({ context, event }: Args): ProtectionContext => {
  const exits = exitsAfter(context, event);
  const amended = amendedAfter(context, exits, event);
  return exits === context.exits && amended === context.amended ? context : { ...context, exits, amended };
};

/** The exit that the report is about, as it is after it. */
const reported = (args: Args): Exit | undefined => {
  const { event } = args;
  return event.type === 'EXIT_REPORT' ? after(args).exits.find(({ leg }) => leg === event.leg) : undefined;
};

const overOf = (exits: readonly Exit[]): number => exits.filter(isOver).length;

export const protectionGuards = {
  isDeadline: ({ event }: Args, { name }: { name: ProtectionDeadlineName }): boolean =>
    event.type === 'DEADLINE' && event.name === name,

  /** The report changes what is known. */
  isNews: (args: Args): boolean => after(args) !== args.context,
  /** An exit has filled more, or is over, or its fill got a price: where the position stands must be judged anew. */
  isDecisive: (args: Args): boolean => {
    const [before, now] = [args.context, after(args)];
    return (
      filledBy(now.exits) !== filledBy(before.exits) ||
      overOf(now.exits) !== overOf(before.exits) ||
      isSettled(now) !== isSettled(before)
    );
  },
  /** An exit has been shown otherwise than it was placed for a while, and nothing that was told meanwhile explains it. */
  isAmended: ({ context, event }: Args): boolean => amendedNow(context, event).length > 0,

  /** There is no exit to watch: the execution could place none. */
  hasNoExit: ({ event }: Args): boolean =>
    event.type === 'START' && event.input.sl === undefined && event.input.tp === undefined,

  isOverclosed: ({ context }: Args): boolean => isOverclosed(context),
  isOverclosedAndOver: ({ context }: Args): boolean => isOverclosed(context) && isSettled(context),
  isReversalTold: ({ context }: Args): boolean => isOverclosed(context) && context.told.includes('POSITION_REVERSED'),
  isReversalToldAndOver: (args: Args): boolean => protectionGuards.isReversalTold(args) && isSettled(args.context),
  isClosed: ({ context }: Args): boolean => isClosed(context),
  isClosedAndSiblingTold: ({ context }: Args): boolean => isClosed(context) && context.told.includes('SIBLING_WORKING'),
  isClosedElsewhere: ({ context }: Args): boolean =>
    isClosed(context) && isSettled(context) && isPositive(context.closedElsewhere),
  isClosedByStopLoss: ({ context }: Args): boolean =>
    isClosed(context) && isSettled(context) && context.lastFilled === 'sl',
  isClosedByTakeProfit: ({ context }: Args): boolean =>
    isClosed(context) && isSettled(context) && context.lastFilled === 'tp',
  /** An exit is over while its quantity may be held, and nobody has been told. */
  hasUntoldLoss: ({ context }: Args): boolean => lostExits(context).length > context.lossesTold,
  /** The same, and no exit is left that could say why. */
  hasUntoldLossOfAll: (args: Args): boolean => protectionGuards.hasUntoldLoss(args) && areExitsOver(args.context),
  /** Some loss is told already, or there never was an exit. */
  hasToldLoss: ({ context }: Args): boolean => context.lossesTold > 0 || context.exits.length === 0,
  /** Part of the position is closed by an exit, and there is another that must shrink. */
  isPartlyClosed: ({ context }: Args): boolean =>
    isPartlyClosed(context) && !isZero(filledBy(context.exits)) && context.exits.length > 1,
  isPartlyClosedAndTold: (args: Args): boolean =>
    protectionGuards.isPartlyClosed(args) && args.context.told.includes('PROTECTION_SIZE'),

  /** The report says that an exit still works. */
  isStillWorking: (args: Args): boolean => {
    const exit = reported(args);
    if (exit === undefined || isOver(exit) || args.event.type !== 'EXIT_REPORT') return false;
    const { status, cumQty } = args.event.report;
    // A report with less than is known is an older one (P2): it says nothing of now.
    return status === 'open' && !lessThan(cumQty, exit.cumQty);
  },
  /** The report is on the sibling of the exit that filled, and the sibling is larger than the rest. */
  isSiblingTooLarge: (args: Args): boolean => {
    const exit = reported(args);
    return exit !== undefined && exit.leg !== args.context.lastFilled && isTooLarge(after(args), exit);
  },
  isSiblingReport: (args: Args): boolean => {
    const exit = reported(args);
    return exit !== undefined && exit.leg !== args.context.lastFilled;
  },

  isGone: ({ context, event }: Args): boolean => positionWord(context, event) === 'gone',
  isHeld: ({ context, event }: Args): boolean => positionWord(context, event) === 'held',
  /** The position was asked for in vain for so long that a person must know; or it never will be told. */
  isUnansweredTooLong: ({ context, event }: Args): boolean => {
    const kind = event.type === 'POSITION_SEEN' ? event.seen.kind : 'none';
    if (kind === 'untold') return true;
    const limit = kind === 'position' ? UNCLEAR_POSITION_LIMIT_MS : POSITION_LIMIT_MS;
    return event.at - (context.doubtSince ?? event.at) >= limit;
  },
};
