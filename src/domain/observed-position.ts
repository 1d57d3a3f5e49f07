/**
 * The broker's answer on positions, as one execution sees it (R6.2).
 *
 * 1. On a hedging account only the rows of the execution itself count; on a netting one the rows of the symbol are summed.
 * 2. Exits that are listed one by one are read by the `clientOrderId` of their entry; otherwise the position's own SL and TP.
 * 3. Nothing that is listed in the symbol is a position of zero; whether exits work, it does not say: what nets to zero has no row.
 * 4. An answer that cannot be read is no answer: nothing is guessed.
 */
import { add, type Decimal, isPositive, parseVenueDecimal, ZERO } from './decimal.js';
import { attempt } from './reading.js';
import type { ObservedPosition } from './reconciliation.js';

/** Reads the broker's answer on positions for one execution; `undefined` when it cannot be read. */
export const readPosition = (
  raw: unknown,
  own: PositionOwner,
  mode: 'netting' | 'hedging',
): ObservedPosition | undefined => attempt(() => positionOf(raw, own, mode));

interface PositionOwner {
  readonly symbol: string;
  readonly clientOrderId: string;
}

function positionOf(raw: unknown, own: PositionOwner, mode: 'netting' | 'hedging'): ObservedPosition | undefined {
  if (!Array.isArray(raw)) return undefined;
  const named = raw.filter((row: unknown) => isRecord(row) && typeof row['symbol'] === 'string');
  // A row without a symbol may be ours: passed over, it would read as no position (M4).
  if (named.length < raw.length) return undefined;
  const rows = (named as Record<string, unknown>[]).filter((row) => row['symbol'] === own.symbol);
  const labelled = rows.filter((row) => row['clientOrderId'] === own.clientOrderId);
  const isHedging =
    mode === 'hedging' && (labelled.length > 0 || rows.every((row) => typeof row['clientOrderId'] === 'string'));
  const relevant = isHedging ? labelled : rows;
  const sizes = relevant.map((row) => parseVenueDecimal(row['size']));
  if (sizes.some((size) => size === undefined)) return undefined;
  const size = (sizes as Decimal[]).reduce(add, ZERO);
  const stopLoss = firstPrice(relevant, own.clientOrderId, 'sl', 'stopLoss');
  const takeProfit = firstPrice(relevant, own.clientOrderId, 'tp', 'takeProfit');
  const exitQuantity = parseVenueDecimal(ownExits(relevant, own.clientOrderId)?.['quantity']);
  return {
    kind: 'position',
    size,
    netting: !isHedging,
    ...(relevant.length === 0 && { isUnlisted: true }),
    ...(stopLoss !== undefined && { stopLoss }),
    ...(takeProfit !== undefined && { takeProfit }),
    ...(exitQuantity !== undefined && { exitQuantity }),
  };
}

/** This execution's pair among the listed exits. */
function ownExits(
  rows: readonly Record<string, unknown>[],
  clientOrderId: string,
): Record<string, unknown> | undefined {
  const listed = rows.flatMap((row) => (Array.isArray(row['protections']) ? row['protections'] : []));
  return listed.filter(isRecord).find((pair) => pair['clientOrderId'] === clientOrderId);
}

/** The working exit of this execution where exits are listed one by one, else the position's own. */
function firstPrice(
  rows: readonly Record<string, unknown>[],
  clientOrderId: string,
  short: 'sl' | 'tp',
  long: string,
): Decimal | undefined {
  for (const row of rows) {
    const isListed = Array.isArray(row['protections']);
    const price = parseVenueDecimal(isListed ? ownExits([row], clientOrderId)?.[long] : row[short]);
    if (price !== undefined && isPositive(price)) return price;
  }
  return undefined;
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
