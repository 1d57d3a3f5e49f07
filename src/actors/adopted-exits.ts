/**
 * Exits that were at the venue before they were asked for: adopted, and taken for what they are there.
 *
 * 1. What works at the venue is the truth: price and quantity are the venue's, not those of this request. An engine that
 *    could not write its journal may have placed them, from another fill than this one knows (A9).
 * 2. One that is over without a fill protects nothing, and counts as refused; unless its sibling has filled.
 * 3. What cannot be looked up stays what the call said.
 */
import { exitIdOf } from '../domain/exits.js';
import { hasFill, type OrderFact } from '../domain/order.js';
import type { LegOutcome, OrderRef, ProtectionRequest } from '../domain/ports.js';
import type { Legs } from '../machines/execution.facts.js';

/** The legs with what the venue says of those that were there before. @param look `undefined` where nothing is told */
export async function adoptedLegs(
  legs: Legs,
  { clientOrderId, symbol }: ProtectionRequest,
  look: (ref: OrderRef) => Promise<OrderFact | undefined>,
): Promise<Legs> {
  const seen = (outcome: LegOutcome, leg: 'sl' | 'tp'): Promise<OrderFact | undefined> | undefined =>
    isUnseen(outcome) ? look({ clientOrderId: exitIdOf(clientOrderId, leg), symbol }) : undefined;
  const [sl, tp] = await Promise.all([seen(legs.stopLoss, 'sl'), seen(legs.takeProfit, 'tp')]);
  const hasFilled = [sl, tp].some((report) => report !== undefined && hasFill(report));
  return {
    stopLoss: asSeen(legs.stopLoss, sl, hasFilled),
    takeProfit: asSeen(legs.takeProfit, tp, hasFilled),
  };
}

const isUnseen = (outcome: LegOutcome): boolean => outcome.kind === 'duplicate' && outcome.found === undefined;

function asSeen(outcome: LegOutcome, report: OrderFact | undefined, hasFilled: boolean): LegOutcome {
  if (report === undefined) return outcome;
  const { status, price, quantity, reason } = report;
  if (status !== 'open' && !hasFilled) {
    return { kind: 'rejected', code: status.toUpperCase(), reason: reason ?? `it was there before, and is ${status}` };
  }
  return {
    kind: 'duplicate',
    found: { ...(price !== undefined && { price }), ...(quantity !== undefined && { quantity }) },
  };
}
