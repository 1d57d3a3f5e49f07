/**
 * What comes in, brought to those who wait for it.
 *
 * 1. An execution report is taken into the book first; then whoever waits for the order is answered, then it is pushed.
 * 2. A report that is no news answers those who ask for the order, and is not pushed again.
 * 3. A reject names the message that it refuses by its sequence number (RefSeqNum 45), or by the order's id (379).
 */
import type { OrderReport } from '../../../domain/ports.js';
import type { Heard } from './classify.js';
import { type Execution, isUnknownOrder, type Received, readExecution } from './execution-report.js';
import type { FixSettings } from './options.js';
import type { OrderBook } from './order-book.js';
import type { Pending } from './pending.js';
import type { PositionRequests } from './positions.js';

const CL_ORD_ID = 11;
const ORDER_ID = 37;
const ORD_STATUS = 39;
const REF_SEQ_NUM = 45;
const TEXT = 58;
const CXL_REJ_REASON = 102;
const REF_MSG_TYPE = 372;
const SESSION_REJECT_REASON = 373;
const REF_ID = 379;
const BUSINESS_REJECT_REASON = 380;

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

export function inbox(
  settings: Pick<FixSettings, 'version'>,
  book: OrderBook,
  pending: Pending,
  positions: PositionRequests,
  listener: InboxListener,
): (message: Received) => void {
  function execution(message: Received): void {
    const read = readExecution(message);
    if (read === undefined) return;
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
      orderId: message.field(ORDER_ID),
      ordStatus: message.field(ORD_STATUS),
      reason: message.field(CXL_REJ_REASON),
      text: message.field(TEXT),
    };
    pending.answer('cancel', message.field(CL_ORD_ID) ?? '', heard);
  }

  function reject(message: Received, kind: '3' | 'j'): void {
    const reason = message.field(kind === '3' ? SESSION_REJECT_REASON : BUSINESS_REJECT_REASON);
    const heard: Heard = { kind, reason, text: message.field(TEXT) };
    const isNotKnown = reason === (kind === '3' ? INVALID_TYPE : UNSUPPORTED);
    if (isNotKnown && message.field(REF_MSG_TYPE) === ORDER_STATUS_REQUEST) listener.statusNotKnown();
    const sequenceNumber = Number(message.field(REF_SEQ_NUM));
    const isAnswer = Number.isInteger(sequenceNumber) && pending.answerMessage(sequenceNumber, heard) !== undefined;
    if (isAnswer || kind === '3') return;
    const id = message.field(REF_ID) ?? '';
    const question = { D: 'order', F: 'cancel', H: 'status' } as const;
    const type = message.field(REF_MSG_TYPE);
    if (type === 'D' || type === 'F' || type === 'H') pending.answer(question[type], id, heard);
  }

  return (message) => {
    const { type } = message;
    if (type === '8') execution(message);
    if (type === '9') cancelReject(message);
    if (type === '3' || type === 'j') reject(message, type);
    if ((type === 'AO' || type === 'AP') && settings.version === 'FIX.4.4') positions.received(message);
  };
}

const heardOf = ({ orderId, ordStatus, ordRejReason, text }: Execution): Heard => ({
  kind: '8',
  orderId,
  ordStatus,
  reason: ordRejReason,
  text,
});
