/**
 * How a script for the fault broker is written: what becomes of an order, and what becomes of a call.
 */
import type { CancelOutcome, Fee, LegOutcome, SubmitOutcome } from '../domain/ports.js';
import type { LineFault } from './venue/venue-line.js';
import type { OrderPlan } from './venue/venue-plan.js';

/** A method of the broker port. @public @since 0.1.0 */
export type BrokerMethod =
  | 'connect'
  | 'instrument'
  | 'submitOrder'
  | 'getOrderStatus'
  | 'getOrderStatuses'
  | 'cancelOrder'
  | 'placeProtection'
  | 'getPositions'
  | 'checkMargin'
  | 'getOpenOrders'
  | 'checkProtection'
  | 'quote';

/** What stands between the truth and the caller. @public @since 0.1.0 */
export type Fault = LineFault;

export interface ScriptedFill {
  /** T in ms. */
  readonly at: number;
  readonly quantity: string;
  readonly price: string;
  /** The venue's id of the fill (FIX ExecID 17); reports then name each fill. */
  readonly id?: string;
  /** What the venue charges for it. */
  readonly fee?: Fee;
}

/** A fill taken back or changed; `fill` is its id, or its place in `fills` (from 0). */
export interface ScriptedCorrection {
  /** T in ms. */
  readonly at: number;
  readonly kind: 'bust' | 'correct';
  readonly fill: number | string;
  readonly quantity?: string;
  readonly price?: string;
  /** The order works again for what is missing (default), or is over with what stands. */
  readonly afterwards?: 'reopens' | 'closed';
}

/** What becomes of an exit after it was placed. Times are ms since then. @public @since 0.1.0 */
export interface ExitScript {
  /** Taken but not working until then (PendingNew): the placement answers `pending`. */
  readonly worksFrom?: number;
  readonly ends?: {
    readonly at: number;
    readonly state: 'cancelled' | 'rejected' | 'expired';
    readonly reason?: string;
  };
  readonly fills?: readonly ScriptedFill[];
  /** The market comes to its price. */
  readonly hitAt?: number;
  /** As much as the market takes of it then; the rest is cancelled. */
  readonly depth?: string;
  readonly corrections?: readonly ScriptedCorrection[];
  /** The state is told in this word from then on. */
  readonly words?: readonly { readonly at: number; readonly word: string }[];
  /** The other leg stays when this one is over. */
  readonly leavesSibling?: boolean;
}

/**
 * What the scripted broker does with one order. Times are ms since the first submit call: the T of the rules.
 * @public @since 0.1.0
 */
export interface OrderScript {
  /** What the submit call answers; `accepted` by default. With `live: false` the order never exists at the broker. */
  readonly submit?: SubmitOutcome | readonly SubmitOutcome[] | Fault;
  /** The order exists at the broker although `submit` is a fault or unknown; true by default unless rejected or not sent. */
  readonly live?: boolean;
  /** Taken but not working until this T (PendingNew). */
  readonly worksFrom?: number;
  readonly fills?: readonly ScriptedFill[];
  /** The broker ends the order by itself. */
  readonly ends?: {
    readonly at: number;
    readonly state: 'cancelled' | 'rejected' | 'expired' | 'done_for_day';
    readonly reason?: string;
  };
  /** `confirm` (default): closed at once; a number: closed so many ms after the cancel; `ignore`: taken, never done. */
  readonly cancel?: 'confirm' | 'ignore' | number | CancelOutcome | readonly CancelOutcome[] | Fault;
  /** What each leg answers; `accepted` by default. A list is used call by call, its last entry for the rest. */
  readonly protection?: LegsScript | readonly LegsScript[] | Fault;
  /** Status answers before this T are "not found". */
  readonly visibleFrom?: number;
  /** Reports leave out the price until this T. */
  readonly pricedFrom?: number;
  /** Size that the position query shows for the symbol, instead of the truth. */
  readonly positionShown?: string;
  /** Exits that the position query does not show. */
  readonly hides?: readonly ('sl' | 'tp')[];
  readonly corrections?: readonly ScriptedCorrection[];
  /** The venue changes the quantity of the order by itself. */
  readonly restated?: readonly { readonly at: number; readonly quantity: string }[];
  /** The state is told in this word from then on (`calculated`, `PendingCancel`, an exchange's own). */
  readonly words?: readonly { readonly at: number; readonly word: string }[];
  /** The rest fills so long after a cancel was confirmed, in ms. */
  readonly fillsAfterCancel?: number;
  /** The answer to a cancel carries the order as it stands. */
  readonly cancelTells?: boolean;
  readonly exits?: { readonly sl?: ExitScript; readonly tp?: ExitScript };
  /** Raw reports pushed at their T, whatever the truth is. */
  readonly pushes?: readonly { readonly at: number; readonly report: unknown }[];
}

export interface LegsScript {
  readonly stopLoss?: LegOutcome;
  readonly takeProfit?: LegOutcome;
}

/** The order as the venue is to carry it out. */
export function planOf(script: OrderScript): OrderPlan {
  const { worksFrom, fills = [], ends, cancel, visibleFrom, pricedFrom, fillsAfterCancel } = script;
  return {
    fills: fills.map(({ at, ...fill }) => ({ atMs: at, ...fill })),
    // More than was asked for may be filled (P5).
    overfills: true,
    ...(worksFrom !== undefined && { worksFromMs: worksFrom }),
    ...(ends !== undefined && { ends: endOf(ends) }),
    ...changesOf(script),
    ...(cancel === 'ignore' && { cancel }),
    ...(typeof cancel === 'number' && { cancelAfterMs: cancel }),
    ...(fillsAfterCancel !== undefined && { fillsAfterCancelMs: fillsAfterCancel }),
    ...(visibleFrom !== undefined && { visibleFromMs: visibleFrom }),
    ...(pricedFrom !== undefined && { pricedFromMs: pricedFrom }),
  };
}

export function exitPlanOf({ worksFrom, ends, fills, hitAt, depth, leavesSibling, ...changes }: ExitScript): OrderPlan {
  return {
    ...(worksFrom !== undefined && { worksFromMs: worksFrom }),
    ...(ends !== undefined && { ends: endOf(ends) }),
    ...(fills !== undefined && { fills: fills.map(({ at, ...fill }) => ({ atMs: at, ...fill })) }),
    ...(hitAt !== undefined && { hitAfterMs: hitAt }),
    ...(depth !== undefined && { depth }),
    ...(leavesSibling !== undefined && { leavesSibling }),
    ...changesOf(changes),
  };
}

const endOf = ({ at, state, reason }: NonNullable<OrderScript['ends']>): NonNullable<OrderPlan['ends']> => ({
  atMs: at,
  as: state,
  ...(reason !== undefined && { reason }),
});

const changesOf = ({
  corrections,
  restated,
  words,
}: Pick<OrderScript, 'corrections' | 'restated' | 'words'>): Partial<OrderPlan> => ({
  ...(corrections !== undefined && { corrections: corrections.map(({ at, ...rest }) => ({ atMs: at, ...rest })) }),
  ...(restated !== undefined && { restated: restated.map(({ at, quantity }) => ({ atMs: at, quantity })) }),
  ...(words !== undefined && { words: words.map(({ at, word }) => ({ atMs: at, word })) }),
});

const FAULT_KEYS = ['answer', 'returns', 'delayMs', 'lateMs', 'arrivesAfterMs'];

/** For who misspelt one. */
export const FAULT_WORDS = `'hang', 'throw', 'lost', 'throw-sync', or one of ${FAULT_KEYS.join(', ')}`;

export const isFault = (value: unknown): value is Fault =>
  value === 'hang' ||
  value === 'throw' ||
  value === 'lost' ||
  value === 'throw-sync' ||
  (typeof value === 'object' && value !== null && FAULT_KEYS.some((key) => key in value));

/** The n-th entry of a list, its last for the rest; a single value is a list of one. */
export function nth<T>(values: T | readonly T[] | undefined, n: number): T | undefined {
  if (values === undefined || !Array.isArray(values)) return values as T | undefined;
  const list: readonly T[] = values;
  return list[Math.min(n, list.length) - 1];
}
