/**
 * What comes in, brought to those who wait for it.
 *
 * 1. An execution report is taken into the store first; then whoever waits for the order is answered, then it is pushed.
 * 2. A report that is no news answers those who ask for the order, and is not pushed again.
 * 3. A reject names the message that it refuses by its sequence number (RefSeqNum 45), or by the order's id (379).
 * 4. That an order is not known answers who asked for it; that its id is taken answers who sent it. Neither is an event of
 *    the order (P12, S3).
 * 5. An order whose message is refused is over, also when nobody waits for it any more.
 * 6. What was asked of many orders at once (MassStatusReqID 584) is collected besides.
 * 7. A report that cannot be of the order that it names is not taken (`doubts.ts`).
 */
import type { OpenOrder, OrderReport, PositionReport, Quote } from '../../../domain/ports.js';
import type { Heard, HeardMessage } from './classify.js';
import type { Collector } from './collector.js';
import { type Doubt, doubtOf, shown } from './doubts.js';
import { type Execution, isDuplicate, isUnknownOrder, type Received, readExecution } from './execution-report.js';
import type { OutgoingOrder } from './known-order.js';
import { notations } from './notations.js';
import { takeOpenOrder } from './open-orders.js';
import type { OrderStore } from './order-store.js';
import type { Pending, Question } from './pending.js';
import { takePositions } from './positions.js';
import { takeQuote } from './quotes.js';
import type { FixSettings } from './settings.js';
import { TAG } from './tags.js';

const ORDER_STATUS_REQUEST = 'H';
const REJECTED = '8';
/** BusinessRejectReason: unsupported message type. */
const UNSUPPORTED = '3';
/** SessionRejectReason: invalid message type. */
const INVALID_TYPE = '11';
/** OrdRejReason: unknown order. */
const UNKNOWN_ORDER = '5';
/** NewOrderSingle, and NewOrderList. */
const NEW_ORDERS = ['D', 'E'];
const ASKED_BY: Readonly<Record<string, Question>> = { D: 'order', E: 'order', F: 'cancel', G: 'replace', H: 'status' };
/** ListOrderStatus: the list is refused as a whole. */
const LIST_REJECTED = '7';

const SESSION_REJECT_FIELDS = [
  ['RefTagID', TAG.refTagId],
  ['RefMsgType', TAG.refMsgType],
  ['SessionRejectReason', TAG.sessionRejectReason],
] as const;
const BUSINESS_REJECT_FIELDS = [
  ['RefMsgType', TAG.refMsgType],
  ['BusinessRejectReason', TAG.businessRejectReason],
] as const;

interface InboxListener {
  report(report: OrderReport): void;
  /** A report names the order, and cannot be of it. */
  doubted(message: Received, doubt: Doubt, order: OutgoingOrder): void;
  /** Something that was taken, and that an operator should see. */
  odd(what: string): void;
  /** The counterparty does not know OrderStatusRequest. */
  statusNotKnown(): void;
}

/** Where the answers are awaited. */
interface Awaiting {
  readonly store: OrderStore;
  readonly pending: Pending;
  readonly positions: Collector<PositionReport>;
  readonly openOrders: Collector<OpenOrder>;
  readonly quotes: Collector<Quote>;
}

export function inbox(
  { version, instruments }: Pick<FixSettings, 'version' | 'instruments'>,
  { store, pending, positions, openOrders, quotes }: Awaiting,
  listener: InboxListener,
): (message: Received) => void {
  const symbols = notations(instruments);

  function execution(message: Received): void {
    const read = readExecution(message);
    const collected = openOrders.at(message.field(TAG.massStatusReqId));
    // It may tell of orders of others: they are listed, and are no news.
    if (collected !== undefined) takeOpenOrder(collected, message, read, store);
    if (isDoubted(message, read)) return;
    if (read === undefined || (collected !== undefined && !store.has(read.clOrdId ?? ''))) return;
    if (isUnknownOrder(read) || answersOnlyTheQuestion(read)) {
      answerAs('status', read, { ...heardOf(read), reason: UNKNOWN_ORDER });
      return;
    }
    if (isDuplicate(read)) {
      answerAs('order', read, heardOf(read));
      return;
    }
    const taken = store.take(read);
    if (taken === undefined) return;
    const { clientOrderId } = taken.report;
    const heard = heardOf(read);
    pending.answer('order', clientOrderId, heard);
    pending.answer('status', clientOrderId, heard);
    answerCancel(read, clientOrderId, heard);
    if (taken.isNews) listener.report(taken.report);
  }

  function isDoubted(message: Received, read: Execution | undefined): boolean {
    const ids = [message.field(TAG.clOrdId), message.field(TAG.origClOrdId)];
    const order = ids.map((id) => store.get(store.orderNamed(id ?? ''))?.order).find((found) => found !== undefined);
    if (order === undefined) return false;
    const doubt = doubtOf(message, read, order, (symbol) => symbols.isOther(symbol, order.symbol));
    if (doubt !== undefined) listener.doubted(message, doubt, order);
    else if (read !== undefined && !isUnknownOrder(read)) learnNames(read, order);
    return doubt !== undefined;
  }

  /** What the counterparty calls the instrument and the order. A ClOrdID is ours alone: another OrderID is still our order. */
  function learnNames({ symbol, orderId, ordStatus, isReplaced }: Execution, order: OutgoingOrder): void {
    const { symbol: ours, clientOrderId } = order;
    if (ordStatus !== REJECTED && symbols.learn(symbol, ours)) {
      listener.odd(`calls ${ours} ${shown(symbol)}, which is taken as its notation`);
    }
    const known = store.get(clientOrderId);
    const isRenamed = isReplaced || (known !== undefined && known.name !== clientOrderId);
    if (known?.orderId === undefined || orderId === undefined || known.orderId === orderId || isRenamed) return;
    const what = `reports ${clientOrderId} under OrderID ${shown(orderId)}, and before under ${shown(known.orderId)}`;
    listener.odd(`${what}: it is taken as the same order, since the ClOrdID is its own`);
  }

  /** A cancel or a replacement is answered under its own id; and by whatever ends the order. */
  function answerCancel({ clOrdId, ordStatus }: Execution, clientOrderId: string, heard: Heard): void {
    const isOver = ['2', '4', '6', '8', 'C'].includes(ordStatus);
    for (const id of [clOrdId ?? '', ...(isOver ? store.cancelsOf(clientOrderId) : [])]) {
      for (const question of ['cancel', 'replace'] as const) pending.answer(question, id, heard);
    }
  }

  /** A rejection without an OrderID and an ExecID, of an order that is asked for and was not just sent. */
  function answersOnlyTheQuestion({ ordStatus, orderId, execId, clOrdId = '' }: Execution): boolean {
    const isNameless = ordStatus === '8' && orderId === undefined && execId === undefined;
    const id = store.orderNamed(clOrdId);
    return isNameless && pending.isAsked('status', id) && !pending.isAsked('order', id);
  }

  function answerAs(question: Question, { clOrdId, origClOrdId }: Execution, heard: Heard): void {
    for (const id of [clOrdId, origClOrdId]) {
      if (id !== undefined) pending.answer(question, store.orderNamed(id), heard);
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
    for (const question of ['cancel', 'replace'] as const) {
      pending.answer(question, message.field(TAG.clOrdId) ?? '', heard);
    }
  }

  /** A list that is refused as a whole: each of its orders is over, unless it was reported on. */
  function listStatus(message: Received): void {
    if (message.field(TAG.listOrderStatus) !== LIST_REJECTED) return;
    const listId = message.field(TAG.listId) ?? '';
    const text = message.field(TAG.listStatusText) ?? message.field(TAG.text) ?? 'the list was refused';
    for (const id of [`${listId}-sl`, `${listId}-tp`]) refuseOrder(id, { kind: 'j', reason: 'list', text });
  }

  function refuseOrder(id: string, heard: HeardMessage): void {
    const taken = store.refuse(id, heard.text ?? '');
    if (taken === undefined) return;
    pending.answer('order', id, heard);
    listener.report(taken.report);
  }

  function reject(message: Received, kind: '3' | 'j'): void {
    const reason = message.field(kind === '3' ? TAG.sessionRejectReason : TAG.businessRejectReason);
    const heard: HeardMessage = { kind, reason, text: refusalText(message, kind) };
    const type = message.field(TAG.refMsgType);
    const isNotKnown = reason === (kind === '3' ? INVALID_TYPE : UNSUPPORTED);
    if (isNotKnown && type === ORDER_STATUS_REQUEST) listener.statusNotKnown();
    const sequenceNumber = Number(message.field(TAG.refSeqNum));
    const id = kind === 'j' ? (message.field(TAG.businessRejectRefId) ?? '') : '';
    const isOrder = type === undefined || NEW_ORDERS.includes(type);
    const named = isOrder ? store.ordersOf(sequenceNumber) : [];
    const refused = named.length > 0 || !isOrder || !store.has(id) ? named : [id];
    // Taken into the store before whoever waits hears of it.
    const taken = refused.map((order) => store.refuse(order, heard.text ?? ''));
    answerReject(sequenceNumber, type, id, heard);
    for (const one of taken) if (one !== undefined) listener.report(one.report);
  }

  function answerReject(sequenceNumber: number, type: string | undefined, id: string, heard: HeardMessage): void {
    if (Number.isInteger(sequenceNumber) && pending.answerMessage(sequenceNumber, heard) !== undefined) return;
    const cause = `refused: ${heard.text}`;
    for (const asked of [positions, openOrders, quotes]) asked.refuse(sequenceNumber, id, cause);
    const question = ASKED_BY[type ?? ''];
    if (id !== '' && question !== undefined) pending.answer(question, id, heard);
  }

  return (message) => {
    const { type } = message;
    if (type === '8') execution(message);
    if (type === '9') cancelReject(message);
    if (type === '3' || type === 'j') reject(message, type);
    if (type === 'N') listStatus(message);
    if (type === 'W' || type === 'Y') takeQuote(quotes, message);
    if ((type === 'AO' || type === 'AP') && version === 'FIX.4.4') takePositions(positions, message);
  };
}

/** The words of a reject, and the fields that say what it is about. */
function refusalText(message: Received, kind: '3' | 'j'): string {
  const shown = (kind === '3' ? SESSION_REJECT_FIELDS : BUSINESS_REJECT_FIELDS).flatMap(([name, tag]) => {
    const value = message.field(tag);
    return value === undefined ? [] : [`${name} ${tag}=${value}`];
  });
  const reason = message.field(kind === '3' ? TAG.sessionRejectReason : TAG.businessRejectReason);
  const text = message.field(TAG.text) ?? reason ?? 'no words';
  return shown.length === 0 ? text : `${text} (${shown.join(', ')})`;
}

const heardOf = ({ orderId, ordStatus, ordRejReason, text }: Execution): HeardMessage => ({
  kind: '8',
  orderId,
  ordStatus,
  reason: ordRejReason,
  text,
});
