/**
 * What the exits' chart has been told so far, kept apart from the chart: by this it is judged.
 *
 * 1. Plain numbers and rules of its own; nothing here is shared with the chart that it checks.
 * 2. Times are kept as they came; `keyOf` keeps of them only what can make a difference.
 */
import type { ExitLeg } from '../../domain/exits.js';
import type { ProtectionCommand } from '../../machines/protection.commands.js';
import type { ProtectionFact, ProtectionInput } from '../../machines/protection.facts.js';
import { QUANTITY } from './exit-facts.js';

/** B7: the time that a sibling has to go or to shrink, in ms. */
export const GRACE_MS = 5_000;

interface Shown {
  readonly price?: number;
  readonly quantity?: number;
  readonly isSuspended?: true;
  readonly from: number;
}

interface ToldExit {
  readonly leg: ExitLeg;
  readonly cumQty: number;
  readonly quantity: number;
  readonly isQuantityTold: boolean;
  readonly isOver: boolean;
  readonly hasPrice: boolean;
  /** The venue has shown it, or taken it. */
  readonly isKnown: boolean;
  readonly placedAt: number;
  /** As it is shown, when that is not as it was placed; `from`: since when. */
  readonly shown?: Shown | undefined;
}

export interface Told {
  readonly side: ProtectionInput['side'];
  readonly nativeOco: boolean;
  readonly exits: readonly ToldExit[];
  /** Closed by something else, as far as the answers on the position say. */
  readonly elsewhere: number;
  readonly lastFilled?: ExitLeg;
  /** When an exit filled, the position was gone, or the process came back: the sibling's time runs from there. */
  readonly graceFrom: number;
  /** Cases opened, by kind. */
  readonly cases: Readonly<Record<string, number>>;
  /** Losses that a case has told. */
  readonly lossesTold: number;
}

export function toldAtStart(input: ProtectionInput, at: number): Told {
  const legs = (['sl', 'tp'] as const).filter((leg) => input[leg] !== undefined);
  const exits = legs.map((leg) => ({
    leg,
    cumQty: 0,
    quantity: QUANTITY,
    isQuantityTold: false,
    isOver: false,
    hasPrice: true,
    isKnown: input[leg]?.isPlaced === true,
    placedAt: Number(input[leg]?.price),
  }));
  const { side, nativeOco } = input;
  return { side, nativeOco, exits, elsewhere: 0, graceFrom: at, cases: {}, lossesTold: 0 };
}

export const filled = ({ exits }: Told): number => exits.reduce((sum, { cumQty }) => sum + cumQty, 0);
export const rest = (told: Told): number => QUANTITY - filled(told) - told.elsewhere;
export const isSettled = ({ exits }: Told): boolean => exits.every(({ isOver, hasPrice }) => isOver && hasPrice);
export const lostOf = (told: Told): readonly ToldExit[] =>
  rest(told) <= 0
    ? []
    : told.exits.filter(({ isOver, cumQty, quantity }) => isOver && (cumQty < quantity || rest(told) > 0));

/** Where the sibling's time runs: a restart gives it the whole once more, since nobody has looked in between. */
const SIBLING_HAS_TIME = ['working.shrinking', 'working.measuring', 'settling.waiting', 'settling.overdue'];

/** What is known after a fact. `path` is where the chart stood before it. */
export function toldAfter(told: Told, fact: ProtectionFact, path: string): Told {
  switch (fact.type) {
    case 'EXIT_REPORT':
      return afterReport(told, fact);
    case 'EXIT_ABSENT':
      return {
        ...told,
        exits: told.exits.map((exit) => (exit.leg === fact.leg ? { ...exit, isOver: true, shown: undefined } : exit)),
      };
    case 'POSITION_SEEN':
      return isAnswer(path) && isGone(told, fact)
        ? { ...told, elsewhere: told.elsewhere + Math.max(0, rest(told)), graceFrom: fact.at }
        : told;
    case 'RECOVERED':
      return SIBLING_HAS_TIME.includes(path) ? { ...told, graceFrom: fact.at } : told;
    default:
      return told;
  }
}

/** Where the position is asked for; an answer that comes later, when the exits have said it, says nothing more. */
const isAnswer = (path: string): boolean => path === 'doubting.asking' || path === 'lost';

export const isGone = ({ side }: Told, { seen }: Extract<ProtectionFact, { type: 'POSITION_SEEN' }>): boolean =>
  seen.kind === 'position' && Number(seen.size) * (side === 'buy' ? 1 : -1) <= 0;

function afterReport(told: Told, { leg, report, at }: Extract<ProtectionFact, { type: 'EXIT_REPORT' }>): Told {
  const cumQty = Number(report.cumQty);
  const before = told.exits.find((exit) => exit.leg === leg);
  if (before === undefined || cumQty < before.cumQty) return told;
  const quantity = report.quantity === undefined ? before.quantity : Number(report.quantity);
  const isFilled = cumQty > 0 && (cumQty >= quantity || report.status === 'filled');
  const ends = report.status === 'cancelled' || report.status === 'rejected' || report.status === 'expired';
  const hasPrice = cumQty === 0 || report.avgPrice !== undefined || (cumQty === before.cumQty && before.hasPrice);
  const now: ToldExit = {
    leg,
    cumQty,
    quantity,
    isQuantityTold: before.isQuantityTold || report.quantity !== undefined,
    isOver: before.isOver || isFilled || ends,
    hasPrice,
    isKnown: true,
    placedAt: before.placedAt,
  };
  const isAsBefore = !now.isOver && cumQty === before.cumQty;
  const shown = isAsBefore ? shownAfter(told, before, { leg, report, at }) : undefined;
  const exits = told.exits.map((exit) => (exit.leg === leg ? { ...now, shown } : exit));
  if (cumQty === before.cumQty) return { ...told, exits };
  const after = { ...told, exits };
  // A fill was what closed the position, however late it is told, unless its exit was told as working after that.
  const isExplained = (told.cases['SIBLING_WORKING'] ?? 0) === 0;
  const elsewhere = isExplained ? Math.min(told.elsewhere, Math.max(0, QUANTITY - filled(after))) : told.elsewhere;
  return { ...after, elsewhere, lastFilled: leg, graceFrom: at };
}

type Said = Pick<Extract<ProtectionFact, { type: 'EXIT_REPORT' }>, 'leg' | 'report' | 'at'>;

/** How the exit is shown after a report that tells of no fill. The same words again leave it since when it was. */
function shownAfter(told: Told, before: ToldExit, { report, at }: Said): ToldExit['shown'] {
  const shown = {
    ...(report.price !== undefined && { price: Number(report.price) }),
    ...(report.quantity !== undefined && { quantity: Number(report.quantity) }),
    ...(report.isSuspended && { isSuspended: true as const }),
    from: at,
  };
  if (changesIn(told, before, shown).length === 0) return undefined;
  const words = (one: Shown | undefined) => JSON.stringify([one?.price, one?.quantity, one?.isSuspended]);
  return words(before.shown) === words(shown) ? before.shown : shown;
}

/** What is otherwise with it, such as `sl size 60`, `tp price 140` and `sl works suspended`. */
function changesIn(told: Told, exit: ToldExit, shown: Shown): readonly string[] {
  const left = rest(told);
  const size = shown.quantity === undefined ? left : shown.quantity - exit.cumQty;
  const isPartly = left < QUANTITY;
  const isOtherSize = left > 0 && (size < left || (size > left && !isPartly));
  return [
    ...(shown.isSuspended ? [`${exit.leg} works suspended`] : []),
    ...(shown.price !== undefined && shown.price !== exit.placedAt ? [`${exit.leg} price ${shown.price}`] : []),
    ...(isOtherSize ? [`${exit.leg} size ${size}`] : []),
  ];
}

/** What stands for 5 s and is shown again by a report on `leg`: a size, when the other exit that works has been heard too. */
export function amendedBy(told: Told, leg: ExitLeg, at: number): readonly string[] {
  return told.exits.flatMap((exit) => {
    if (exit.isOver || exit.shown === undefined || at < exit.shown.from + GRACE_MS) return [];
    const changes = changesIn(told, exit, exit.shown);
    const mayFillBeside = told.exits.some((other) => other !== exit && !other.isOver);
    const isUnheard = exit.leg === leg && mayFillBeside && changes.some((change) => change.includes('size'));
    return isUnheard ? [] : changes;
  });
}

/** A case that is asked for with each report that shows it, in the same words; `undefined` for any other command. */
export function amendedIn(command: ProtectionCommand): readonly string[] | undefined {
  if (command.type !== 'openCase' || command.isAskedAgain !== true) return undefined;
  return command.mismatches.map(({ kind, actual, message }) => {
    const leg = /-(sl|tp) /.exec(message)?.[1];
    const what = leg === undefined ? kind : (WORDS[leg as ExitLeg][kind] ?? kind);
    return `${leg} ${what} ${actual}`;
  });
}

const OF_EACH = { PROTECTION_SIZE: 'size', PROTECTION_LOST: 'works' };
const WORDS: Readonly<Record<ExitLeg, Readonly<Record<string, string>>>> = {
  sl: { STOP_LOSS_PRICE: 'price', ...OF_EACH },
  tp: { TAKE_PROFIT_PRICE: 'price', ...OF_EACH },
};

/** What of it can make a difference at `at`. */
export const toldKey = ({ exits, elsewhere, lastFilled, cases, lossesTold }: Told): string =>
  JSON.stringify([
    exits.map(({ cumQty, quantity, isQuantityTold, isOver, hasPrice, isKnown, shown }) => [
      cumQty,
      quantity,
      isQuantityTold,
      isOver,
      hasPrice,
      isKnown,
      ...[shown?.price, shown?.quantity, shown?.isSuspended],
    ]),
    ...[elsewhere, lastFilled, Object.entries(cases).sort(), lossesTold],
  ]);
