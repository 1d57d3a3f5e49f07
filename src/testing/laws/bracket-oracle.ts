/**
 * SL and TP worked out a second time, in whole numbers, by no formula that the engine uses.
 */

import { decimal, roundHalfEven, roundToStep } from '../../domain/decimal.js';
import type { FrozenSnapshot } from '../../domain/snapshot.js';
import type { Venue } from '../venue/venue.js';
import type { VenueOrder } from '../venue/venue-order.js';
import { netFilled } from '../venue/venue-truth.js';

const DIGITS = 10;
const SCALE = 10n ** BigInt(DIGITS);
const TICK = SCALE / 100n;
const LOT = decimal('1');

/** Decimals of an average, as the venue tells it. */
const TOLD_PLACES = 6;

/** What may rightly be asked for: for each state that the order has been in, `side quantity SL … TP …`. */
export function bracketOracle(venue: Venue, order: VenueOrder, snapshot: FrozenSnapshot): readonly string[] {
  const states = venue.versions(order.id);
  return [
    ...new Set(
      states.flatMap((state) => {
        if (state.average === undefined) return [];
        const quantity = roundToStep(netFilled(venue, state), LOT, 'down');
        const told = { value: roundHalfEven(state.average, TOLD_PLACES), filled: '1' };
        // Where the venue told no average it is that of the fills, exactly (R2.4).
        return [told, state].map((average) => wanted(quantity, average, snapshot));
      }),
    ),
  ];
}

/** @param average as a quotient: nothing is lost before the tick */
function wanted(
  quantity: string,
  { value, filled }: { readonly value: string; readonly filled: string },
  { side, slOffsetPct, tpOffsetPct }: FrozenSnapshot,
): string {
  const [stopLoss, takeProfit] = [slOffsetPct, tpOffsetPct].map((offset) => {
    const [price, unit] = [scaled(value) * (SCALE + scaled(offset)), scaled(filled) * TICK];
    // Toward the fill: what lies below is rounded up, what lies above is rounded down.
    const ticks = offset.startsWith('-') ? (price + unit - 1n) / unit : price / unit;
    return ticks * TICK;
  });
  return `${side === 'buy' ? 'sell' : 'buy'} ${quantity} SL ${shown(stopLoss)} TP ${shown(takeProfit)}`;
}

function scaled(text: string): bigint {
  const [, sign = '', whole = '0', fraction = ''] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text) ?? [];
  const value = BigInt(whole + fraction.padEnd(DIGITS, '0').slice(0, DIGITS));
  return sign === '-' ? -value : value;
}

function shown(value = 0n): string {
  const text = String(value).padStart(DIGITS + 1, '0');
  return `${text.slice(0, -DIGITS)}.${text.slice(-DIGITS)}`.replace(/\.?0+$/, '');
}
