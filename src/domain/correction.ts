/**
 * A fill that the venue takes back or changes after its exits were asked for, as a difference for a human (P8).
 *
 * The sentence says what is held now and what the exits still cover; it is the same whenever it is told, so that it is told once.
 */
import { applyReport, type OrderFact, type OrderState } from './order.js';
import { type Mismatch, mismatch } from './reconciliation.js';

interface CorrectionParts {
  readonly clientOrderId: string;
  /** The order before the correction. */
  readonly before: OrderState;
  readonly report: OrderFact;
  /** What the exits are for, in words. */
  readonly exits: string;
}

export function correctionMismatch({ clientOrderId, before, report, exits }: CorrectionParts): Mismatch {
  const after = applyReport(before, report);
  const { kind = 'correct', fillId } = report.correction ?? {};
  const fill = fillId === undefined ? 'a fill' : `fill ${fillId}`;
  const did = kind === 'bust' ? `took back ${fill}` : `corrected ${fill}`;
  const [was, now] = [sizeAndPrice(before), sizeAndPrice(after)];
  const message = `The venue ${did} of order ${clientOrderId}: filled ${was}, now ${now}; ${exits}`;
  return mismatch(kind === 'bust' ? 'FILL_BUSTED' : 'FILL_CORRECTED', was, now, message);
}

const sizeAndPrice = ({ cumQty, avgPrice }: OrderState): string =>
  avgPrice === undefined ? cumQty : `${cumQty} @ ${avgPrice}`;
