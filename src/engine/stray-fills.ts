/**
 * Fills that come to light when an execution is over, and fills that the venue takes back or changes then: never dropped, a
 * case each (T5, P8). The engine moves nothing.
 *
 * What a case has told once is known, resolved or not, also after a restart: it is not told again (M2), unless the case was
 * withdrawn: then it is as if it had not been (M5).
 */

import type { CaseRegister } from '../actors/cases.js';
import { isWithdrawn } from '../domain/cases.js';
import { type Decimal, lessThan, maximum, parseVenueDecimal, ZERO } from '../domain/decimal.js';
import { isNewCorrection, type OrderFact, readOrderReport } from '../domain/order.js';
import { mismatch } from '../domain/reconciliation.js';
import { correctionEntry } from '../machines/execution.audit.js';
import type { ExecutionContext } from '../machines/execution.context.js';
import { correctionOf } from '../machines/execution.protecting.js';

export function strayFills(cases: CaseRegister): (context: ExecutionContext, report: OrderFact) => void {
  const told = (advisoryId: string): Decimal =>
    cases
      .all()
      .filter((known) => known.advisoryId === advisoryId && !isWithdrawn(known))
      .flatMap(({ mismatches }) => mismatches)
      .filter(({ kind }) => kind === 'STRAY_FILL')
      .reduce((most, { actual }) => maximum(most, parseVenueDecimal(actual) ?? ZERO), ZERO);

  /** What the correction says, once: the sentence is the same whenever it is told. */
  function raiseCorrection(context: ExecutionContext, report: OrderFact): void {
    const { snapshot, advisoryId, snapshotHash } = context;
    const found = correctionOf(context, report);
    const isTold = cases
      .all()
      .some(
        (known) =>
          known.advisoryId === advisoryId &&
          !isWithdrawn(known) &&
          known.mismatches.some(({ message }) => message === found.message),
      );
    if (isTold) return;
    const kind = found.kind === 'FILL_CORRECTED' ? 'FILL_CORRECTED' : 'FILL_BUSTED';
    const audit = [correctionEntry(context, report, found)];
    void cases.raise({ kind, symbol: snapshot.symbol, advisoryId, snapshotHash, mismatches: [found], audit });
  }

  return (context, report) => {
    const { cumQty } = report;
    if (isNewCorrection(context.order, report)) return raiseCorrection(context, report);
    const { clientOrderId, order, report: compared, snapshot, advisoryId, snapshotHash } = context;
    const accounted = maximum(order.cumQty, compared?.brokerFilledSize ?? order.cumQty);
    const known = maximum(accounted, told(advisoryId));
    if (!lessThan(known, cumQty)) return;
    const message = `Order ${clientOrderId} filled ${cumQty} after the execution had ended with ${known}`;
    const mismatches = [mismatch('STRAY_FILL', known, cumQty, message)];
    void cases.raise({ kind: 'STRAY_FILL', symbol: snapshot.symbol, advisoryId, snapshotHash, mismatches });
  };
}

/** A raw report on an order whose execution is over: of concern when it shows more, or takes back or changes a fill. */
export function strayReport(
  context: ExecutionContext,
  raw: unknown,
  onStrayFill: (context: ExecutionContext, report: OrderFact) => void,
): void {
  const fact = readOrderReport(raw, context);
  if (fact === undefined) return;
  if (lessThan(context.order.cumQty, fact.cumQty) || fact.correction !== undefined) onStrayFill(context, fact);
}
