/**
 * Fills that come to light when an execution is over: never dropped, a case each (T5).
 */
import { type Decimal, lessThan, maximum } from '../domain/decimal.js';
import type { OrderFact } from '../domain/order.js';
import { mismatch } from '../domain/reconciliation.js';
import type { CaseBook } from './cases.js';
import type { ExecutionHost } from './execution-host.js';

export function strayFills(cases: CaseBook): (host: ExecutionHost, report: OrderFact) => void {
  const told = new Map<string, Decimal>();
  return ({ context }, { cumQty }) => {
    const { clientOrderId, order, report, snapshot, advisoryId, snapshotHash } = context;
    const accounted = maximum(order.cumQty, report?.brokerFilledSize ?? order.cumQty);
    const known = told.get(clientOrderId) ?? accounted;
    if (!lessThan(known, cumQty)) return;
    told.set(clientOrderId, cumQty);
    const message = `Order ${clientOrderId} filled ${cumQty} after the execution had ended with ${known}`;
    const mismatches = [mismatch('STRAY_FILL', known, cumQty, message)];
    void cases.raise({ kind: 'STRAY_FILL', symbol: snapshot.symbol, advisoryId, snapshotHash, mismatches });
  };
}
