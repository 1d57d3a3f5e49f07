/**
 * What comes in, brought to those who wait for it.
 *
 * 1. An execution report is taken into the book first; then whoever waits for the order is answered, then it is pushed.
 * 2. A report that is no news answers those who ask for the order, and is not pushed again.
 * 3. A reject names the message that it refuses by its sequence number (RefSeqNum 45), or by the order's id (379).
 * 4. What was asked of many orders at once (MassStatusReqID 584) is collected besides.
 */
import type { OpenOrder, OrderReport, PositionReport } from '../../../domain/ports.js';
import type { Heard } from './classify.js';
import type { Collector } from './collector.js';
import { type Execution, isUnknownOrder, type Received, readExecution } from './execution-report.js';
import { takeOpenOrder } from './open-orders.js';
import type { FixSettings } from './options.js';
import type { OrderBook } from './order-book.js';
import type { Pending } from './pending.js';
import { takePositions } from './positions.js';
import { TAG } from './tags.js';

const ORDER_STATUS_REQUEST = 'H';
/** BusinessRejectReason: unsupported message type. */
const UNSUPPORTED = '3';
/** SessionRejectReason: invalid message type. */
const INVALID_TYPE = '11';

export interface InboxListener {
  report(report: OrderReport): void;
  /** The counterparty does not know OrderStatusRequest. */
  statusNotKnown(): void;
}

/** Where the answers are awaited. */
export interface Awaiting {
  readonly book: OrderBook;
  readonly pending: Pending;
  readonly positions: Collector<PositionReport>;
  readonly openOrders: Collector<OpenOrder>;
}

export function inbox(
  { version }: Pick<FixSettings, 'version'>,
  { book, pending, positions, openOrders }: Awaiting,
  listener: InboxListener,
): (message: Received) => void {
  function execution(message: Received): void {
    const read = readExecution(message);
    const collected = openOrders.at(message.field(TAG.massStatusReqId));
    // It may tell of orders of others: they are listed, and are no news.
    if (collected !== undefined) takeOpenOrder(collected, message, read, book);
    if (read === undefined || (collected !== undefined && !book.has(read.clOrdId ?? ''))) return;
    if (isUnknownOrder(read)) {
      unknownOrder(read);
      return;
    }
    const taken = book.take(read);
    if (taken === undefined) return;
    const { clientOrderId } = taken.report;
    const heard = heardOf(read);
    pending.answer('order', clientOrderId, heard);
    pending.answer('status', clientOrderId, heard);
    answerCancel(read, clientOrderId, heard);
    if (taken.isNews) listener.report(taken.report);
  }

  /** A cancel is answered under its own id; and by whatever ends the order. */
  function answerCancel({ clOrdId, ordStatus }: Execution, clientOrderId: string, heard: Heard): void {
    if (clOrdId !== undefined) pending.answer('cancel', clOrdId, heard);
    if (!['2', '4', '6', '8', 'C'].includes(ordStatus)) return;
    for (const cancelId of book.cancelsOf(clientOrderId)) pending.answer('cancel', cancelId, heard);
  }

  function unknownOrder(read: Execution): void {
    for (const id of [read.clOrdId, read.origClOrdId]) {
      if (id !== undefined) pending.answer('status', id, heardOf(read));
    }
  }

  function cancelReject(message: Received): void {
    const heard: Heard = {
      kind: '9',
      orderId: message.field(TAG.orderId),
      ordStatus: message.field(TAG.ordStatus),
      reason: message.field(TAG.cxlRejReason),
      text: message.field(TAG.text),
    };
    pending.answer('cancel', message.field(TAG.clOrdId) ?? '', heard);
  }

  function reject(message: Received, kind: '3' | 'j'): void {
    const reason = message.field(kind === '3' ? TAG.sessionRejectReason : TAG.businessRejectReason);
    const heard: Heard = { kind, reason, text: message.field(TAG.text) };
    const isNotKnown = reason === (kind === '3' ? INVALID_TYPE : UNSUPPORTED);
    if (isNotKnown && message.field(TAG.refMsgType) === ORDER_STATUS_REQUEST) listener.statusNotKnown();
    const sequenceNumber = Number(message.field(TAG.refSeqNum));
    const isAnswer = Number.isInteger(sequenceNumber) && pending.answerMessage(sequenceNumber, heard) !== undefined;
    if (isAnswer) return;
    const id = kind === 'j' ? (message.field(TAG.businessRejectRefId) ?? '') : '';
    for (const asked of [positions, openOrders]) asked.refuse(sequenceNumber, id, `refused: ${heard.text ?? reason}`);
    if (kind === '3') return;
    const question = { D: 'order', F: 'cancel', H: 'status' } as const;
    const type = message.field(TAG.refMsgType);
    if (type === 'D' || type === 'F' || type === 'H') pending.answer(question[type], id, heard);
  }

  return (message) => {
    const { type } = message;
    if (type === '8') execution(message);
    if (type === '9') cancelReject(message);
    if (type === '3' || type === 'j') reject(message, type);
    if ((type === 'AO' || type === 'AP') && version === 'FIX.4.4') takePositions(positions, message);
  };
}

const heardOf = ({ orderId, ordStatus, ordRejReason, text }: Execution): Heard => ({
  kind: '8',
  orderId,
  ordStatus,
  reason: ordRejReason,
  text,
});
