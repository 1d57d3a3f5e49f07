/**
 * ExecutionReport (35=8), read.
 *
 * 1. The state is OrdStatus (39), whatever the ExecType (150): the one says how the order stands, the other why it is told.
 *    A status that ends the order is translated; every other is passed on as a word of its own, and means "still open".
 * 2. CumQty and AvgPx are taken as the strings that came. A report without CumQty or OrdStatus is no news.
 * 3. A price of zero is none: brokers fill AvgPx so when they have no average.
 */
import { isPositive, parseDecimal } from '../../../domain/decimal.js';
import type { Fill, OrderReport } from '../../../domain/ports.js';
import { TAG, type TagName } from './tags.js';

/** A received message: its type, and its fields by tag. */
export interface Received {
  readonly type: string;
  field(tag: number): string | undefined;
  /** Every value of a tag, in order, for repeating groups. */
  fields(tag: number): readonly string[];
}

export interface Execution {
  readonly clOrdId: string | undefined;
  readonly origClOrdId: string | undefined;
  readonly orderId: string | undefined;
  readonly symbol: string | undefined;
  readonly ordStatus: string;
  readonly execType: string;
  readonly ordRejReason: string | undefined;
  readonly text: string | undefined;
  readonly cumQty: string;
  readonly avgPx: string | undefined;
  /** The fill that this report tells of. */
  readonly fill: Fill | undefined;
  readonly brokerTime: string | undefined;
  /** Equal for two tellings of the same execution; absent where there is no telling. */
  readonly sameAs: string | undefined;
}

const STATES: Readonly<Record<string, OrderReport['state']>> = {
  '0': 'submitted',
  '1': 'partially_filled',
  '2': 'filled',
  '3': 'done_for_day',
  '4': 'cancelled',
  '5': 'replaced',
  '6': 'pending_cancel',
  '7': 'stopped',
  '8': 'rejected',
  '9': 'suspended',
  A: 'pending',
  B: 'calculated',
  C: 'expired',
  D: 'accepted_for_bidding',
  E: 'pending_replace',
};

const FINAL = ['filled', 'cancelled', 'rejected', 'expired'];

export const isFinal = ({ state }: OrderReport): boolean => FINAL.includes(state);

/** ExecType of an answer to a status request (4.4), and ExecTransType of one (4.2). */
const STATUS = 'I';
const STATUS_42 = '3';
/** ExecTypes that tell of one fill: partial fill, fill, trade. */
const FILLS = ['1', '2', 'F'];

/** Reads an execution report; `undefined` when it is no news. */
export function readExecution(message: Received): Execution | undefined {
  const at = (tag: TagName): string | undefined => message.field(TAG[tag]);
  const [ordStatus, cumQty] = [at('ordStatus'), at('cumQty')];
  if (ordStatus === undefined || parseDecimal(cumQty) === undefined || cumQty === undefined) return undefined;
  const execType = at('execType') ?? '';
  const isStatus = execType === STATUS || at('execTransType') === STATUS_42;
  const execId = at('execId');
  const told = [at('orderId'), at('clOrdId'), execType, ordStatus, cumQty, at('avgPx')].join('\n');
  return {
    clOrdId: at('clOrdId'),
    origClOrdId: at('origClOrdId'),
    orderId: at('orderId'),
    symbol: at('symbol'),
    ordStatus,
    execType,
    ordRejReason: at('ordRejReason'),
    text: at('text'),
    cumQty,
    avgPx: priceOf(at('avgPx')),
    fill: isStatus || !FILLS.includes(execType) ? undefined : fillOf(at('lastQty'), at('lastPx')),
    brokerTime: timeOf(at('transactTime')),
    sameAs: isStatus || execId === undefined || execId === '0' ? undefined : `${execId}\n${told}`,
  };
}

/** A report on the order `clientOrderId`. `fills` stand in for an average that the broker does not tell. */
export function reportOf(execution: Execution, clientOrderId: string, fills: readonly Fill[]): OrderReport {
  const { ordStatus, orderId = '', cumQty, avgPx, text, brokerTime } = execution;
  const state = STATES[ordStatus] ?? `status_${ordStatus}`;
  return {
    clientOrderId,
    brokerOrderId: orderId,
    state,
    filledSize: cumQty,
    ...(avgPx !== undefined ? { fillPrice: avgPx } : fills.length > 0 && { fills }),
    ...(text !== undefined && { reason: text }),
    ...(brokerTime !== undefined && { brokerTime }),
  };
}

/** An order that the counterparty says it does not know: the answer to a question, not the fate of an order. */
export const isUnknownOrder = ({ ordStatus, ordRejReason }: Execution): boolean =>
  ordStatus === '8' && ordRejReason === '5';

function priceOf(text: string | undefined): string | undefined {
  const price = parseDecimal(text);
  return price !== undefined && isPositive(price) ? price : undefined;
}

function fillOf(quantity: string | undefined, price: string | undefined): Fill | undefined {
  const [read, paid] = [priceOf(quantity), priceOf(price)];
  return read === undefined || paid === undefined ? undefined : { quantity: read, price: paid };
}

/** `20261122-21:04:05.123` in ISO 8601. */
function timeOf(text: string | undefined): string | undefined {
  const [, year, month, day, time] = /^(\d{4})(\d{2})(\d{2})-(\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?)$/.exec(text ?? '') ?? [];
  return year === undefined ? undefined : `${year}-${month}-${day}T${time}Z`;
}
