/**
 * Positions as the broker shows them: the truth of the books, or what a script wants seen.
 *
 * 1. A symbol is listed while there is a position or a working exit in it.
 * 2. `sl` and `tp` are shown when exactly one pair is working, for only then do they belong to the whole position.
 */
import { absolute, decimal, isZero } from '../../../domain/decimal.js';
import type { PositionReport, WorkingProtection } from '../../../domain/ports.js';
import type { OrderStore } from './order-store.js';
import type { PositionOverride } from './paper-script.js';

export function truePosition(symbol: string, store: OrderStore): PositionReport {
  const { size, entryPrice } = store.position(symbol);
  const protections = store.workingPairs(symbol).map(({ clientOrderId, quantity, stopLoss, takeProfit }) => ({
    clientOrderId,
    quantity,
    ...(stopLoss !== undefined && { stopLoss }),
    ...(takeProfit !== undefined && { takeProfit }),
  }));
  return withProtections({ symbol, size, ...(entryPrice !== undefined && { entryPrice }) }, protections);
}

export const isListed = (report: PositionReport): boolean =>
  report.size !== '0' || (report.protections !== undefined && report.protections.length > 0);

/** The position as the override of the order `clientOrderId` shows it; `undefined` for none. */
export function shownPosition(
  truth: PositionReport,
  override: PositionOverride | undefined,
  clientOrderId: string,
): PositionReport | undefined {
  if (override === undefined) return truth;
  if (override === 'none') return undefined;
  const { size: shownSize, sl, tp } = override;
  const size = shownSize === undefined ? decimal(truth.size) : decimal(shownSize);
  const protections = truth.protections ?? [];
  const own = protections.find((pair) => pair.clientOrderId === clientOrderId);
  const quantity = own?.quantity ?? absolute(size);
  const { stopLoss, takeProfit } = { stopLoss: shownLeg(own?.stopLoss, sl), takeProfit: shownLeg(own?.takeProfit, tp) };
  const shown: WorkingProtection = {
    clientOrderId,
    quantity,
    ...(stopLoss !== undefined && { stopLoss }),
    ...(takeProfit !== undefined && { takeProfit }),
  };
  const isThere = stopLoss !== undefined || takeProfit !== undefined;
  const others = protections.filter((pair) => pair !== own);
  const { entryPrice } = truth;
  const base = { symbol: truth.symbol, size, ...(entryPrice !== undefined && !isZero(size) && { entryPrice }) };
  return withProtections(base, isThere ? [...others, shown] : others);
}

/** `null` hides a leg, a price replaces it. */
const shownLeg = (truth: string | undefined, override: string | null | undefined): string | undefined =>
  override === undefined ? truth : override === null ? undefined : decimal(override);

function withProtections(
  report: Pick<PositionReport, 'symbol' | 'size' | 'entryPrice'>,
  protections: readonly WorkingProtection[],
): PositionReport {
  const only = protections.length === 1 ? protections[0] : undefined;
  return {
    ...report,
    ...(only?.stopLoss !== undefined && { sl: only.stopLoss }),
    ...(only?.takeProfit !== undefined && { tp: only.takeProfit }),
    protections,
  };
}
