/**
 * Reports that name an order of ours and cannot be of it: they are not taken, and a fill is answered by DontKnowTrade (35=Q).
 *
 * 1. Only what contradicts the order as it was sent is refused: the other side, another symbol, a size that cannot be read. The
 *    symbol is another one when it is a configured instrument's, or not the one by which the counterparty has called this
 *    instrument before. The first notation that it uses is its own, and is no contradiction (`notations.ts`).
 * 2. More than was ordered is taken as fact (P5), and an order that is not known may be of an earlier process: neither is
 *    refused.
 * 3. A fill is answered once, by its ExecID. One that is sent again is not answered, and not taken either.
 */
import { isNegative, isZero, parseVenueDecimal } from '../../../domain/decimal.js';
import type { Side } from '../../../domain/ports.js';
import { type Execution, type Received, tellsOfFill } from './execution-report.js';
import type { OutgoingOrder } from './known-order.js';
import { TAG } from './tags.js';

/** DKReason (127) of what is refused, and why, in a sentence. */
export interface Doubt {
  readonly reason: 'A' | 'B' | 'Z';
  readonly text: string;
}

/** Side (54) by the direction that it means; the rest (crosses, undisclosed) says none. */
const DIRECTIONS: Readonly<Record<string, Side>> = {
  '1': 'buy',
  '3': 'buy',
  '2': 'sell',
  '4': 'sell',
  '5': 'sell',
  '6': 'sell',
};

/**
 * Why a report cannot be of the order that it names; `undefined` when it can.
 *
 * @param read the report, read; `undefined` when it cannot be
 * @param isOther whether a symbol is not one of the order's
 */
export function doubtOf(
  message: Received,
  read: Execution | undefined,
  order: OutgoingOrder,
  isOther: (symbol: string) => boolean,
): Doubt | undefined {
  if (!tellsOfFill(message) && !hasFilled(read)) return undefined;
  const cumQty = parseVenueDecimal(message.field(TAG.cumQty));
  const isCorrection = read?.does === 'bust' || read?.does === 'correct';
  if (!isCorrection && (cumQty === undefined || isNegative(cumQty))) {
    return { reason: 'Z', text: `its CumQty ${shown(message.field(TAG.cumQty))} is no size` };
  }
  const side = message.field(TAG.side) ?? '';
  const direction = DIRECTIONS[side];
  if (direction !== undefined && direction !== order.side) {
    return { reason: 'B', text: `its Side ${side} is not that of the order, which is to ${order.side}` };
  }
  const symbol = message.field(TAG.symbol);
  return symbol !== undefined && isOther(symbol)
    ? { reason: 'A', text: `its Symbol is ${symbol}, and the order is for ${order.symbol}` }
    : undefined;
}

function hasFilled(read: Execution | undefined): boolean {
  const cumQty = parseVenueDecimal(read?.cumQty);
  return cumQty !== undefined && !isZero(cumQty);
}

/** Words of another in a sentence of ours. */
export const shown = (text: string | undefined): string =>
  `"${(text ?? '').slice(0, 40).replace(/[^\x20-\x7e]/g, '?')}"`;
