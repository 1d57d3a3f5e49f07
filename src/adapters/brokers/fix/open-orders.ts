/**
 * The answer to OrderMassStatusRequest (35=AF): execution reports, one an order.
 *
 * 1. It is complete when as many have come as TotNumReports (911) announces, or the one with LastRptRequested (912).
 * 2. An order that is over is counted, and not listed. "Unknown order" says that there is none.
 */
import type { OpenOrder } from '../../../domain/ports.js';
import type { Collected } from './collector.js';
import { type Execution, isFinal, isUnknownOrder, type Received, reportOf } from './execution-report.js';
import type { OrderStore } from './order-store.js';
import { TAG } from './tags.js';

/** @param read the report, read; `undefined` when it cannot be */
export function takeOpenOrder(
  collected: Collected<OpenOrder>,
  message: Received,
  read: Execution | undefined,
  store: OrderStore,
): void {
  const total = Number(message.field(TAG.totNumReports));
  const isLast = message.field(TAG.lastRptRequested) === 'Y';
  if (read === undefined) collected.refuse('a report cannot be read');
  else if (isUnknownOrder(read) || total === 0) collected.complete();
  else {
    collected.add(openOrder(read, store));
    if (total > 0) collected.expect(total);
    if (isLast) collected.complete();
  }
}

function openOrder(read: Execution, store: OrderStore): OpenOrder | undefined {
  // Of an order whose cancel is under way, a report may bear the cancel's id.
  const ids = [read.clOrdId, read.origClOrdId].filter((id) => id !== undefined);
  const clientOrderId = ids.find((id) => store.has(id)) ?? read.origClOrdId ?? read.clOrdId ?? read.orderId ?? '';
  const report = reportOf(read, clientOrderId, store.roleOf(clientOrderId));
  return isFinal(report) ? undefined : { ...report, symbol: read.symbol ?? '' };
}
