/**
 * What is there to protect after a fill (B6).
 *
 * 1. A fee that the venue took in the bought asset makes the position smaller than the fill; a sale is not lessened by it.
 * 2. What is protected is rounded down to the lot that the broker can protect; the rest is named.
 */
import {
  type Decimal,
  isPositive,
  maximum,
  minimum,
  parseVenueDecimal,
  roundToStep,
  subtract,
  sum,
  ZERO,
} from './decimal.js';
import type { OrderState } from './order.js';
import type { Instrument, Side } from './ports.js';

/** The asset that a buy receives: as the instrument says, else what stands before the `/` of the symbol. */
export function baseAssetOf(symbol: string, instrument: Pick<Instrument, 'baseAsset'> | undefined): string | undefined {
  if (instrument?.baseAsset !== undefined) return instrument.baseAsset;
  const slash = symbol.indexOf('/');
  return slash > 0 ? symbol.slice(0, slash) : undefined;
}

export interface Holding {
  readonly order: Pick<OrderState, 'cumQty' | 'fees'>;
  readonly side: Side;
  readonly symbol: string;
  readonly instrument?: Instrument | undefined;
}

/** The quantity that the position has by this fill: the fill less the fee in the bought asset, never below zero. */
export function heldQuantity({ order, side, symbol, instrument }: Holding): Decimal {
  // Without a fee the whole fill is held.
  if (side !== 'buy' || order.fees === undefined) return order.cumQty;
  const base = baseAssetOf(symbol, instrument)?.toUpperCase();
  if (base === undefined) return order.cumQty;
  const fees = order.fees.filter(({ asset }) => asset.toUpperCase() === base).map(({ amount }) => amount);
  return maximum(subtract(order.cumQty, sum(fees)), ZERO);
}

/** What SL and TP are for: what is held, of what was filled, rounded down to the lot. */
export function protectableQuantity(holding: Holding): Decimal {
  const { instrument, order } = holding;
  const held = minimum(heldQuantity(holding), order.cumQty);
  const lot = parseVenueDecimal(instrument?.protectionLotSize ?? instrument?.lotSize);
  return lot === undefined || !isPositive(lot) ? held : roundToStep(held, lot, 'down');
}
