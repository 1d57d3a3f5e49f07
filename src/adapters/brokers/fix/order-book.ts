/**
 * The orders that were sent, and what was last heard of each.
 *
 * 1. An order is written down before it is sent; with a folder, on disk. What is written down is never sent again.
 * 2. A report counts when it tells of more filled, or of the same and a newer state: a replay changes nothing.
 * 3. A cancel has an id of its own; what is reported under it is reported of the order.
 */
import { compare, decimal, parseDecimal } from '../../../domain/decimal.js';
import type { Fill, OrderReport } from '../../../domain/ports.js';
import { type Execution, isFinal, reportOf } from './execution-report.js';
import type { OutgoingOrder } from './messages.js';
import type { OrderFile } from './order-file.js';

export interface KnownOrder {
  readonly order: OutgoingOrder;
  readonly orderId: string | undefined;
  readonly report: OrderReport | undefined;
  /** The state in which it ended, in this process or an earlier one. */
  readonly ended: string | undefined;
}

export interface OrderBook {
  /** Was an order sent, or about to be, under this id? */
  has(clientOrderId: string): boolean;
  get(clientOrderId: string): KnownOrder | undefined;
  /** The last report on an id, ours or not. */
  reportOn(clientOrderId: string): OrderReport | undefined;
  /** The ids under which the order was asked to be cancelled. */
  cancelsOf(clientOrderId: string): readonly string[];
  /** Writes an order down. @throws {Error} when it cannot be written: it must not be sent then */
  write(order: OutgoingOrder): void;
  /** What is reported under `cancelId` is reported of the order. */
  nameCancel(cancelId: string, clientOrderId: string): void;
  /** Takes an execution in; the report that it comes to, and whether it is news. */
  take(execution: Execution): { readonly report: OrderReport; readonly isNews: boolean } | undefined;
  orders(): Iterable<KnownOrder>;
}

interface Entry {
  order: OutgoingOrder | undefined;
  orderId: string | undefined;
  report: OrderReport | undefined;
  ended: string | undefined;
  readonly fills: Fill[];
  readonly cancelIds: string[];
}

/** Executions whose repetition is recognised. */
const MOST_REMEMBERED = 100_000;

/** @param file where the orders outlive the process */
export function orderBook(file: OrderFile | undefined): OrderBook {
  const entries = new Map<string, Entry>();
  const byOrderId = new Map<string, string>();
  const cancels = new Map<string, string>();
  const heard = new Set<string>();
  for (const { order, ended } of file?.kept ?? []) {
    const entry = entryOf(order.clientOrderId);
    entry.order = order;
    entry.ended = ended;
  }

  function entryOf(clientOrderId: string): Entry {
    const known = entries.get(clientOrderId);
    if (known !== undefined) return known;
    const entry: Entry = {
      order: undefined,
      orderId: undefined,
      report: undefined,
      ended: undefined,
      fills: [],
      cancelIds: [],
    };
    entries.set(clientOrderId, entry);
    return entry;
  }

  /** The order that an execution tells of: by the cancel's id, by the order's own, by the broker's, by the original. */
  function nameOf({ clOrdId, origClOrdId, orderId }: Execution): string | undefined {
    const named = [cancels.get(clOrdId ?? ''), clOrdId, origClOrdId].find((id) => id !== undefined && entries.has(id));
    return named ?? byOrderId.get(orderId ?? '') ?? origClOrdId ?? clOrdId;
  }

  function isRepeated({ sameAs }: Execution): boolean {
    if (sameAs === undefined) return false;
    if (heard.has(sameAs)) return true;
    if (heard.size >= MOST_REMEMBERED) heard.clear();
    heard.add(sameAs);
    return false;
  }

  const known = ({ order, orderId, report, ended }: Entry): KnownOrder | undefined =>
    order === undefined ? undefined : { order, orderId, report, ended };

  function keepEnd(entry: Entry, { clientOrderId, state }: OrderReport): void {
    if (entry.ended === state) return;
    entry.ended = state;
    if (entry.order !== undefined) file?.ended(clientOrderId, state);
  }

  return {
    has: (clientOrderId) => entries.get(clientOrderId)?.order !== undefined,
    get(clientOrderId) {
      const entry = entries.get(clientOrderId);
      return entry === undefined ? undefined : known(entry);
    },
    reportOn: (clientOrderId) => entries.get(clientOrderId)?.report,
    cancelsOf: (clientOrderId) => entries.get(clientOrderId)?.cancelIds ?? [],
    write(order) {
      file?.write(order);
      entryOf(order.clientOrderId).order = order;
    },
    nameCancel(cancelId, clientOrderId) {
      cancels.set(cancelId, clientOrderId);
      entryOf(clientOrderId).cancelIds.push(cancelId);
    },
    take(execution) {
      const clientOrderId = nameOf(execution);
      if (clientOrderId === undefined) return undefined;
      const entry = entryOf(clientOrderId);
      const repeated = isRepeated(execution);
      if (!repeated && execution.fill !== undefined) entry.fills.push(execution.fill);
      if (execution.orderId !== undefined) {
        entry.orderId ??= execution.orderId;
        byOrderId.set(execution.orderId, clientOrderId);
      }
      const report = reportOf(execution, clientOrderId, [...entry.fills]);
      if (isOlder(report, entry.report)) return { report: entry.report, isNews: false };
      entry.report = report;
      if (isFinal(report)) keepEnd(entry, report);
      return { report, isNews: !repeated };
    },
    *orders() {
      for (const entry of entries.values()) {
        const order = known(entry);
        if (order !== undefined) yield order;
      }
    },
  };
}

/** Less is filled than is known, or an open order is told of that is known to be over. */
function isOlder(report: OrderReport, last: OrderReport | undefined): last is OrderReport {
  if (last === undefined) return false;
  const size = (text: string) => parseDecimal(text) ?? decimal('0');
  const order = compare(size(report.filledSize), size(last.filledSize));
  return order < 0 || (order === 0 && isFinal(last) && !isFinal(report));
}
