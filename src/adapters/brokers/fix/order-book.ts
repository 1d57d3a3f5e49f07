/**
 * The orders that were sent, and what was last heard of each.
 *
 * 1. An order is written down before it is sent; with a folder, on disk. What is written down is never sent again.
 * 2. A report counts when it tells of more filled, or of the same and a newer state: a replay changes nothing.
 * 3. A cancel has an id of its own; what is reported under it is reported of the order.
 */
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { compare, decimal, parseDecimal } from '../../../domain/decimal.js';
import type { Fill, OrderReport } from '../../../domain/ports.js';
import { type Execution, isFinal, reportOf } from './execution-report.js';
import type { OutgoingOrder } from './messages.js';
import type { FixSettings } from './options.js';
import { fileName, readText } from './sequence-numbers.js';

export interface KnownOrder {
  readonly order: OutgoingOrder;
  readonly orderId: string | undefined;
  readonly report: OrderReport | undefined;
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
  readonly fills: Fill[];
  readonly cancelIds: string[];
}

/** Orders that are kept on disk when the book is opened; each line has about 120 bytes. */
const MOST_KEPT = 20_000;
/** Executions whose repetition is recognised. */
const MOST_REMEMBERED = 100_000;

export function orderBook(settings: FixSettings): OrderBook {
  const path = settings.storeFolder === undefined ? undefined : open(settings, settings.storeFolder);
  const entries = new Map<string, Entry>();
  const byOrderId = new Map<string, string>();
  const cancels = new Map<string, string>();
  const heard = new Set<string>();
  for (const order of path === undefined ? [] : readOrders(path)) entryOf(order.clientOrderId).order = order;

  function entryOf(clientOrderId: string): Entry {
    const known = entries.get(clientOrderId);
    if (known !== undefined) return known;
    const entry: Entry = { order: undefined, orderId: undefined, report: undefined, fills: [], cancelIds: [] };
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

  const known = ({ order, orderId, report }: Entry): KnownOrder | undefined =>
    order === undefined ? undefined : { order, orderId, report };

  return {
    has: (clientOrderId) => entries.get(clientOrderId)?.order !== undefined,
    get(clientOrderId) {
      const entry = entries.get(clientOrderId);
      return entry === undefined ? undefined : known(entry);
    },
    reportOn: (clientOrderId) => entries.get(clientOrderId)?.report,
    cancelsOf: (clientOrderId) => entries.get(clientOrderId)?.cancelIds ?? [],
    write(order) {
      if (path !== undefined) appendFileSync(path, `${JSON.stringify(order)}\n`);
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

function open({ version, senderCompId, targetCompId }: FixSettings, folder: string): string {
  mkdirSync(folder, { recursive: true });
  return join(folder, `${fileName(`${version}-${senderCompId}-${targetCompId}`)}.orders`);
}

/** The orders on disk; a last line that was cut off by the end of a process is no order. */
function readOrders(path: string): readonly OutgoingOrder[] {
  const orders = new Map<string, OutgoingOrder>();
  const lines = (readText(path) ?? '').split('\n');
  for (const line of lines) {
    const read = orderOf(line);
    if (read !== undefined) orders.set(read.clientOrderId, read);
  }
  const kept = [...orders.values()].slice(-MOST_KEPT);
  if (lines.length > 2 * MOST_KEPT) writeFileSync(path, kept.map((order) => `${JSON.stringify(order)}\n`).join(''));
  return kept;
}

function orderOf(line: string): OutgoingOrder | undefined {
  try {
    return line === '' ? undefined : JSON.parse(line);
  } catch {
    return undefined;
  }
}
