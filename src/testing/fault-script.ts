/**
 * How a script for the fault broker is written: what becomes of an order, and what becomes of a call.
 */
import type { CancelOutcome, LegOutcome, SubmitOutcome } from '../domain/ports.js';

export type BrokerMethod =
  | 'connect'
  | 'instrument'
  | 'submitOrder'
  | 'getOrderStatus'
  | 'getOrderStatuses'
  | 'cancelOrder'
  | 'placeProtection'
  | 'getPositions'
  | 'checkMargin';

/**
 * What stands between the truth and the caller.
 *
 * `hang`: done, and never answered. `throw`: done, and the promise rejects. `lost`: never arrives, and is never answered.
 * `throw-sync`: never arrives, and the call itself throws. `answer`: done, and answered with any value at all.
 * `returns`: the same, and the call returns the bare value, no promise. `delayMs`: done now, answered later.
 */
export type Fault =
  | 'hang'
  | 'throw'
  | 'lost'
  | 'throw-sync'
  | { readonly answer: unknown }
  | { readonly returns: unknown }
  | { readonly delayMs: number };

export interface ScriptedFill {
  /** T in ms. */
  readonly at: number;
  readonly quantity: string;
  readonly price: string;
}

export interface OrderScript {
  /** What the submit call answers; `accepted` by default. With `live: false` the order never exists at the broker. */
  readonly submit?: SubmitOutcome | readonly SubmitOutcome[] | Fault;
  /** The order exists at the broker although `submit` is a fault or unknown; true by default unless rejected or not sent. */
  readonly live?: boolean;
  readonly fills?: readonly ScriptedFill[];
  /** The broker ends the order by itself. */
  readonly ends?: { readonly at: number; readonly state: 'cancelled' | 'rejected' | 'expired' };
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
  /** Raw reports pushed at their T, whatever the truth is. */
  readonly pushes?: readonly { readonly at: number; readonly report: unknown }[];
}

export interface LegsScript {
  readonly stopLoss?: LegOutcome;
  readonly takeProfit?: LegOutcome;
}

export const isFault = (value: unknown): value is Fault =>
  value === 'hang' ||
  value === 'throw' ||
  value === 'lost' ||
  value === 'throw-sync' ||
  (typeof value === 'object' && value !== null && ('answer' in value || 'returns' in value || 'delayMs' in value));

/** The n-th entry of a list, its last for the rest; a single value is a list of one. */
export function nth<T>(values: T | readonly T[] | undefined, n: number): T | undefined {
  if (values === undefined || !Array.isArray(values)) return values as T | undefined;
  const list: readonly T[] = values;
  return list[Math.min(n, list.length) - 1];
}
