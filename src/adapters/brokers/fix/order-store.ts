/**
 * The orders that were sent, and what was last heard of each.
 *
 * 1. An order is written down before it is sent; with a folder, on disk. What is written down is never sent again.
 * 2. A report counts when it tells of more filled, or of the same and a newer state: a replay changes nothing. A bust or a
 *    correction is no older report: it counts with less, once (P8).
 * 3. A cancel has an id of its own; what is reported under it is reported of the order.
 * 4. Memory is bounded: of orders that are not ours, and of ours that are over, the oldest are forgotten.
 * 5. An order whose message was refused (35=3, 35=j) is over, unless the counterparty has reported on it.
 * 6. A replacement gives an order another ClOrdID at the venue, under which it is asked for and cancelled from then on; here
 *    it keeps the id under which it was sent.
 */
import { compare, maximum, parseVenueDecimal, ZERO } from '../../../domain/decimal.js';
import type { Correction, OrderReport } from '../../../domain/ports.js';
import { type Execution, isFinal, type OrderRole, reportOf } from './execution-report.js';
import { type FillLedger, fillLedger } from './fill-ledger.js';
import type { KnownOrder, OutgoingOrder } from './known-order.js';
import type { OrderFile } from './order-file.js';

interface Taken {
  readonly report: OrderReport;
  readonly isNews: boolean;
}

export interface OrderStore {
  /** Was an order sent, or about to be, under this id? */
  has(clientOrderId: string): boolean;
  get(clientOrderId: string): KnownOrder | undefined;
  roleOf(clientOrderId: string): OrderRole;
  /** The last report on an id, ours or not. */
  reportOn(clientOrderId: string): OrderReport | undefined;
  /** The ids under which the order was asked to be cancelled. */
  cancelsOf(clientOrderId: string): readonly string[];
  /** Writes an order down. @throws {Error} when it cannot be written: it must not be sent then */
  write(order: OutgoingOrder): void;
  /** The order left as the message of this number. */
  numbered(clientOrderId: string, sequenceNumber: number): void;
  /** The orders that left in the message of this number, since the numbers last began anew: both, of a list. */
  ordersOf(sequenceNumber: number): readonly string[];
  /** The counterparty has not received our messages from a number up to `next`. */
  skipped(from: number, next: number): void;
  /** The order's message was not received, and nothing was ever reported on it. */
  isSkipped(clientOrderId: string): boolean;
  /** An order that never arrived may be written, and sent, once more under its id. */
  takeBack(clientOrderId: string): void;
  /** The order that an id at the venue names: its own, a cancel's or a replacement's. */
  orderNamed(id: string): string;
  /** The sequence numbers have begun anew. */
  renumbered(): void;
  /** What is reported under `cancelId`, of a cancel or a replacement, is reported of the order. */
  nameCancel(cancelId: string, clientOrderId: string): void;
  /** Takes an execution in; the report that it comes to, and whether it is news. */
  take(execution: Execution): Taken | undefined;
  /** The message of an order was refused; `undefined` when the order is not ours or was reported on. */
  refuse(clientOrderId: string, reason: string): Taken | undefined;
  orders(): Iterable<KnownOrder>;
}

interface Entry {
  order: OutgoingOrder | undefined;
  orderId: string | undefined;
  report: OrderReport | undefined;
  ended: string | undefined;
  /** ClOrdID of the last replacement. */
  replacedBy: string | undefined;
  /** OrderQty at the venue, where it was restated. */
  restated: string | undefined;
  /** Its message was asked for again, and not sent again. */
  isSkipped: boolean;
  /** The greatest CumQty that was ever told. */
  highest: string;
  readonly ledger: FillLedger;
  readonly cancelIds: string[];
}

/** Orders of others that are kept, and how many of ours that are over are left when there are twice as many. */
const MOST_FOREIGN = 10_000;
const MOST_OVER = 20_000;

/** Executions whose repetition is recognised, and messages whose order is. */
const MOST_REMEMBERED = 100_000;

/**
 * @param file where the orders outlive the process
 * @param exitRole whether exits are over with their day
 */
export function orderStore(file: OrderFile | undefined, exitRole: OrderRole = 'exit'): OrderStore {
  const entries = new Map<string, Entry>();
  const byOrderId = new Map<string, string>();
  const byNumber = new Map<number, readonly string[]>();
  const cancels = new Map<string, string>();
  const heard = new Set<string>();
  let most = MOST_FOREIGN + 2 * MOST_OVER;
  for (const { order, ended, replaced } of file?.kept ?? []) {
    const entry = entryOf(order.clientOrderId);
    entry.order = order;
    entry.ended = ended;
    if (replaced === undefined) continue;
    entry.replacedBy = replaced.name;
    entry.restated = replaced.quantity;
    cancels.set(replaced.name, order.clientOrderId);
  }

  function entryOf(clientOrderId: string): Entry {
    const known = entries.get(clientOrderId);
    if (known !== undefined) return known;
    const entry = newEntry();
    if (entries.size >= most) most = forgetOldest(entries, byOrderId);
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

  const roleOf = (order: OutgoingOrder | undefined): OrderRole => (order?.exitOf === undefined ? 'entry' : exitRole);

  const known = ({ order, orderId, report, ended, replacedBy, restated }: Entry): KnownOrder | undefined =>
    order && {
      order,
      orderId,
      report,
      ended,
      name: replacedBy ?? order.clientOrderId,
      quantity: restated ?? order.quantity,
    };

  /** The venue has replaced the order: it goes by the replacement's name. */
  function rename(entry: Entry, { isReplaced, clOrdId }: Execution, clientOrderId: string): void {
    if (!isReplaced || clOrdId === undefined || entry.order === undefined) return;
    if (cancels.get(clOrdId) !== clientOrderId || entry.replacedBy === clOrdId) return;
    entry.replacedBy = clOrdId;
    file?.replaced(clientOrderId, { name: clOrdId, quantity: entry.restated ?? entry.order.quantity });
  }

  function keep(entry: Entry, report: OrderReport): void {
    entry.report = report;
    if (!isFinal(report) || entry.ended === report.state) return;
    entry.ended = report.state;
    if (entry.order !== undefined) file?.ended(report.clientOrderId, report.state);
  }

  function take(execution: Execution): Taken | undefined {
    const clientOrderId = nameOf(execution);
    if (clientOrderId === undefined) return undefined;
    const entry = entryOf(clientOrderId);
    const last = entry.report;
    const repeated = isRepeated(execution);
    const isCorrection = execution.does === 'bust' || execution.does === 'correct';
    if (isCorrection && repeated && last !== undefined) return { report: last, isNews: false };
    const isRetold = applyFill(entry, execution, repeated);
    if (execution.orderId !== undefined) {
      entry.orderId ??= execution.orderId;
      byOrderId.set(execution.orderId, clientOrderId);
    }
    const correction = isCorrection ? correctionOf(entry, execution) : undefined;
    const report = composed(entry, execution, clientOrderId, correction, roleOf(entry.order));
    rename(entry, execution, clientOrderId);
    const isOld =
      correction === undefined && last !== undefined && (isOlder(report, last) || isStale(isRetold, report, last));
    if (isOld) return { report: last, isNews: false };
    entry.highest = maximum(sizeOf(entry.highest), sizeOf(report.filledSize));
    // What is kept is how the order stands; that it was corrected is said once.
    const { correction: _said, ...standing } = report;
    keep(entry, standing);
    return { report, isNews: !repeated };
  }

  return {
    has: (clientOrderId) => entries.get(clientOrderId)?.order !== undefined,
    roleOf: (clientOrderId) => roleOf(entries.get(clientOrderId)?.order),
    get(clientOrderId) {
      const entry = entries.get(clientOrderId);
      return entry === undefined ? undefined : known(entry);
    },
    reportOn: (clientOrderId) => entries.get(clientOrderId)?.report,
    cancelsOf: (clientOrderId) => entries.get(clientOrderId)?.cancelIds ?? [],
    write(order) {
      file?.write(order);
      const entry = entryOf(order.clientOrderId);
      entry.order = order;
      entry.isSkipped = false;
    },
    numbered(clientOrderId, sequenceNumber) {
      if (byNumber.size >= MOST_REMEMBERED) byNumber.clear();
      byNumber.set(sequenceNumber, [...(byNumber.get(sequenceNumber) ?? []), clientOrderId]);
    },
    ordersOf: (sequenceNumber) => byNumber.get(sequenceNumber) ?? [],
    skipped(from, next) {
      for (const [number, ids] of byNumber) {
        if (number < from || number >= next) continue;
        for (const id of ids) entryOf(id).isSkipped = true;
        byNumber.delete(number);
      }
    },
    isSkipped(clientOrderId) {
      const entry = entries.get(clientOrderId);
      return entry?.isSkipped === true && entry.report === undefined && entry.ended === undefined;
    },
    takeBack(clientOrderId) {
      const entry = entries.get(clientOrderId);
      if (entry !== undefined) entry.order = undefined;
    },
    orderNamed: (id) => cancels.get(id) ?? id,
    renumbered: () => byNumber.clear(),
    nameCancel(cancelId, clientOrderId) {
      cancels.set(cancelId, clientOrderId);
      entryOf(clientOrderId).cancelIds.push(cancelId);
    },
    take,
    refuse(clientOrderId, reason) {
      const entry = entries.get(clientOrderId);
      if (entry?.order === undefined || entry.report !== undefined || entry.ended !== undefined) return undefined;
      const report: OrderReport = { clientOrderId, brokerOrderId: '', state: 'rejected', filledSize: '0', reason };
      keep(entry, report);
      return { report, isNews: true };
    },
    *orders() {
      for (const entry of entries.values()) {
        const order = known(entry);
        if (order !== undefined) yield order;
      }
    },
  };
}

/** How many entries there may be until the next time. */
function forgetOldest(entries: Map<string, Entry>, byOrderId: Map<string, string>): number {
  const all = [...entries];
  const foreign = all.filter(([, { order }]) => order === undefined);
  const over = all.filter(([, { order, ended }]) => order !== undefined && ended !== undefined);
  for (const [id] of foreign.slice(0, Math.max(0, foreign.length - MOST_FOREIGN / 2))) entries.delete(id);
  for (const [id] of over.slice(0, Math.max(0, over.length - MOST_OVER))) entries.delete(id);
  for (const [orderId, id] of byOrderId) if (!entries.has(id)) byOrderId.delete(orderId);
  return entries.size + MOST_FOREIGN / 2;
}

const newEntry = (): Entry => ({
  order: undefined,
  orderId: undefined,
  report: undefined,
  ended: undefined,
  replacedBy: undefined,
  restated: undefined,
  isSkipped: false,
  highest: '0',
  ledger: fillLedger(),
  cancelIds: [],
});

const sizeOf = (text: string) => parseVenueDecimal(text) ?? ZERO;

/** Keeps the fill of a report. True when a fill of that id was known before. */
function applyFill(
  { ledger, highest }: Entry,
  { does, fill, execId, cumQty = '0' }: Execution,
  repeated: boolean,
): boolean {
  if (does !== 'fill') return false;
  const key = execId ?? `at ${cumQty}`;
  if (!ledger.has(key)) {
    if (fill !== undefined) ledger.add(key, fill);
    return false;
  }
  // A venue that gives two fills one id tells of more than was ever told: that is a second fill.
  const isSecond = !repeated && ledger.stands(key) && compare(sizeOf(cumQty), sizeOf(highest)) > 0;
  if (isSecond && fill !== undefined) ledger.add(`${key} at ${cumQty}`, fill);
  return !isSecond;
}

function correctionOf({ ledger }: Entry, { does, refId, execId = '', fill }: Execution): Correction {
  const kind = does === 'bust' ? 'bust' : 'correct';
  if (refId === undefined) return { kind };
  const fillId = kind === 'bust' ? ledger.bust(refId) : ledger.correct(refId, execId, fill);
  return { kind, fillId };
}

/** The report with what is known of the fills; they stand in for an average that the counterparty does not tell. */
function composed(
  entry: Entry,
  execution: Execution,
  clientOrderId: string,
  correction: Correction | undefined,
  role: OrderRole,
): OrderReport {
  const { ledger, order } = entry;
  const told = reportOf(execution, clientOrderId, role);
  // An exit that works for less than was asked protects less; an entry tells by its fills what it comes to.
  const orderQty = execution.orderQty ?? (order?.exitOf === undefined ? undefined : execution.takenQty);
  if (orderQty !== undefined && order !== undefined) {
    const isAsSent = compare(sizeOf(orderQty), sizeOf(order.quantity)) === 0;
    entry.restated = isAsSent ? undefined : orderQty;
  }
  return {
    ...told,
    brokerOrderId: told.brokerOrderId === '' ? (entry.orderId ?? '') : told.brokerOrderId,
    ...(execution.cumQty === undefined && { filledSize: ledger.total }),
    ...((ledger.fills.length > 0 || correction !== undefined) && { fills: ledger.fills }),
    ...(correction !== undefined && { correction }),
    ...(entry.restated !== undefined && { quantity: entry.restated }),
  };
}

/** Less is filled than is known, or an open order is told of that is known to be over. */
function isOlder(report: OrderReport, last: OrderReport): boolean {
  const order = compare(sizeOf(report.filledSize), sizeOf(last.filledSize));
  return order < 0 || (order === 0 && isFinal(last) && !isFinal(report));
}

/** A fill that was known before tells of more than stands: it was taken back or changed since. */
const isStale = (isRetold: boolean, report: OrderReport, last: OrderReport): boolean =>
  isRetold && compare(sizeOf(report.filledSize), sizeOf(last.filledSize)) > 0;
