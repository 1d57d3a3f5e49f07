/**
 * What the exits' chart has been told so far, kept apart from the chart: by this it is judged.
 *
 * 1. Plain numbers and rules of its own; nothing here is shared with the chart that it checks.
 * 2. Times are kept as they came; `keyOf` keeps of them only what can make a difference.
 */
import type { ExitLeg } from '../../domain/exits.js';
import type { ProtectionFact, ProtectionInput } from '../../machines/protection.facts.js';
import { QUANTITY } from './exit-facts.js';

/** B7: the time that a sibling has to go or to shrink, in ms. */
export const GRACE_MS = 5_000;

interface ToldExit {
  readonly leg: ExitLeg;
  readonly cumQty: number;
  readonly quantity: number;
  readonly isQuantityTold: boolean;
  readonly isOver: boolean;
  readonly hasPrice: boolean;
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
        exits: told.exits.map((exit) => (exit.leg === fact.leg ? { ...exit, isOver: true } : exit)),
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
  };
  const exits = told.exits.map((exit) => (exit.leg === leg ? now : exit));
  if (cumQty === before.cumQty) return { ...told, exits };
  const after = { ...told, exits };
  // A fill was what closed the position, however late it is told, unless its exit was told as working after that.
  const isExplained = (told.cases['SIBLING_WORKING'] ?? 0) === 0;
  const elsewhere = isExplained ? Math.min(told.elsewhere, Math.max(0, QUANTITY - filled(after))) : told.elsewhere;
  return { ...after, elsewhere, lastFilled: leg, graceFrom: at };
}

/** What of it can make a difference at `at`. */
export const toldKey = ({ exits, elsewhere, lastFilled, cases, lossesTold }: Told): string =>
  JSON.stringify([
    exits.map(({ cumQty, quantity, isQuantityTold, isOver, hasPrice }) => [
      cumQty,
      quantity,
      isQuantityTold,
      isOver,
      hasPrice,
    ]),
    ...[elsewhere, lastFilled, Object.entries(cases).sort(), lossesTold],
  ]);
