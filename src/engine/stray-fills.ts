/**
 * Fills that come to light when an execution is over: never dropped, a case each (T5).
 *
 * What a case has told once is known, resolved or not, also after a restart: it is not told again (M2).
 */
import { type Decimal, lessThan, maximum, parseDecimal, ZERO } from '../domain/decimal.js';
import type { OrderFact } from '../domain/order.js';
import { mismatch } from '../domain/reconciliation.js';
import type { CaseBook } from './cases.js';
import type { ExecutionHost } from './execution-host.js';

export function strayFills(cases: CaseBook): (host: ExecutionHost, report: OrderFact) => void {
  const told = (advisoryId: string): Decimal =>
    cases
      .all()
      .filter((known) => known.advisoryId === advisoryId)
      .flatMap(({ mismatches }) => mismatches)
      .filter(({ kind }) => kind === 'STRAY_FILL')
      .reduce((most, { actual }) => maximum(most, parseDecimal(actual) ?? ZERO), ZERO);

  return ({ context }, { cumQty }) => {
    const { clientOrderId, order, report, snapshot, advisoryId, snapshotHash } = context;
    const accounted = maximum(order.cumQty, report?.brokerFilledSize ?? order.cumQty);
    const known = maximum(accounted, told(advisoryId));
    if (!lessThan(known, cumQty)) return;
    const message = `Order ${clientOrderId} filled ${cumQty} after the execution had ended with ${known}`;
    const mismatches = [mismatch('STRAY_FILL', known, cumQty, message)];
    void cases.raise({ kind: 'STRAY_FILL', symbol: snapshot.symbol, advisoryId, snapshotHash, mismatches });
  };
}
