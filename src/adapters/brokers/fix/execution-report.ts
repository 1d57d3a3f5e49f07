/**
 * ExecutionReport (35=8), read.
 *
 * 1. The state is OrdStatus (39), whatever the ExecType (150): the one says how the order stands, the other why it is told.
 *    A status that ends the order is translated; every other is passed on as a word of its own, and means "still open".
 * 2. CumQty and AvgPx are taken as the strings that came. A report without OrdStatus, or without CumQty where it is no
 *    correction, is no news.
 * 3. A price of zero is none: brokers fill AvgPx so when they have no average.
 * 4. ExecType H and G (4.4), ExecTransType 1 and 2 (4.2) take back or change the fill that ExecRefID names (P8).
 * 5. An OrderID that stands for none (`NONE`, `0`, `[N/A]`) is none.
 * 6. That an order is not known is the answer to a question, not the fate of an order (P12). That an id is taken says that
 *    the order exists (S3).
 */
import { compare, isPositive, parseVenueDecimal, sum, ZERO } from '../../../domain/decimal.js';
import type { Correction, Fill, OrderReport } from '../../../domain/ports.js';
import { inOwnWords } from '../own-words.js';
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
  readonly ordRejReason: string | undefined;
  readonly text: string | undefined;
  /** `undefined` only in a correction. */
  readonly cumQty: string | undefined;
  readonly avgPx: string | undefined;
  readonly execId: string | undefined;
  /** The fill that this report takes back or changes. */
  readonly refId: string | undefined;
  /** What the report does to the fills of the order. */
  readonly does: 'fill' | Correction['kind'] | 'nothing';
  /** The fill that this report tells of, or what stands of it after a correction. */
  readonly fill: Fill | undefined;
  /** StopPx, else Price: at what price an exit stands. */
  readonly price: string | undefined;
  /** OrderQty, where the report is about it: restated, replaced, or the answer to a question. */
  readonly orderQty: string | undefined;
  /** OrderQty of a New: what the venue has taken. */
  readonly takenQty: string | undefined;
  /** It answers a question, and tells of no event. */
  readonly isStatus: boolean;
  /** The order was replaced: the report's ClOrdID is its name at the venue from now on. */
  readonly isReplaced: boolean;
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

/** Statuses in which an exit works at the venue (B5). */
const WORKING = ['0', '5'];
const DONE_FOR_DAY = '3';

const FINAL = ['filled', 'cancelled', 'rejected', 'expired'];

export const isFinal = ({ state }: OrderReport): boolean => FINAL.includes(state);

/** Something is filled, and neither an average nor the fills say at what price. */
export function lacksPrice({ filledSize, fillPrice, fills = [] }: OrderReport): boolean {
  const filled = parseVenueDecimal(filledSize) ?? ZERO;
  if (!isPositive(filled) || fillPrice !== undefined) return false;
  const told = fills.map(({ quantity }) => parseVenueDecimal(quantity) ?? ZERO);
  return compare(sum(told), filled) !== 0;
}

const REJECTED = '8';
const REPLACED = '5';
/** ExecType of an answer to a status request (4.4), and ExecTransType of one (4.2). */
const STATUS = 'I';
const STATUS_42 = '3';
/** ExecTypes that tell of one fill: partial fill, fill, trade. */
const FILLS = ['1', '2', 'F'];
const BUST = { execType: 'H', transType: '1' };
const CORRECT = { execType: 'G', transType: '2' };
/** ExecTypes whose OrderQty is what the order is for now: restated, replaced, order status. */
const ABOUT_QUANTITY = ['D', '5', STATUS];
/** ExecType New. */
const TAKEN = '0';
/** OrdRejReason: unknown order, and duplicate order. */
const UNKNOWN_ORDER = '5';
const DUPLICATE_ORDER = '6';

const PLACEHOLDER = /^(?:|0+|none|null|nil|unknown|n\/?a|\[n\/?a\]|-+)$/i;

/** The id, unless it is the word that stands for none. */
export const realId = (text: string | undefined): string | undefined =>
  text === undefined || PLACEHOLDER.test(text.trim()) ? undefined : text;

/** Reads an execution report; `undefined` when it is no news. */
export function readExecution(message: Received): Execution | undefined {
  const at = (tag: TagName): string | undefined => message.field(TAG[tag]);
  const ordStatus = at('ordStatus');
  const cumQty = parseVenueDecimal(at('cumQty')) === undefined ? undefined : at('cumQty');
  const execType = at('execType') ?? '';
  const does = doesTo(execType, at('execTransType'));
  const isCorrection = does === 'bust' || does === 'correct';
  if (ordStatus === undefined || (cumQty === undefined && !isCorrection)) return undefined;
  const execId = realId(at('execId'));
  const isStatus = !isCorrection && isAnswer(at, execType);
  const told = [at('orderId'), at('clOrdId'), execType, ordStatus, cumQty, at('avgPx')].join('\n');
  return {
    clOrdId: at('clOrdId'),
    origClOrdId: at('origClOrdId'),
    orderId: realId(at('orderId')),
    symbol: at('symbol'),
    ordStatus,
    ordRejReason: at('ordRejReason'),
    text: at('text'),
    cumQty,
    avgPx: priceOf(at('avgPx')),
    execId,
    refId: realId(at('execRefId')),
    does: isStatus ? 'nothing' : does,
    fill: isStatus || does === 'nothing' || does === 'bust' ? undefined : fillOf(at('lastQty'), at('lastPx'), execId),
    price: priceOf(at('stopPx')) ?? priceOf(at('price')),
    orderQty: ABOUT_QUANTITY.includes(execType) ? priceOf(at('orderQty')) : undefined,
    takenQty: execType === TAKEN ? priceOf(at('orderQty')) : undefined,
    isStatus,
    isReplaced: execType === REPLACED || (execType === '' && ordStatus === REPLACED),
    brokerTime: timeOf(at('transactTime')),
    sameAs: execId === undefined || isStatus ? undefined : `${execId}\n${told}`,
  };
}

function doesTo(execType: string, transType: string | undefined): Execution['does'] {
  if (execType === BUST.execType || transType === BUST.transType) return 'bust';
  if (execType === CORRECT.execType || transType === CORRECT.transType) return 'correct';
  return FILLS.includes(execType) ? 'fill' : 'nothing';
}

/** Does a report tell of a fill, whether or not the rest of it can be read? */
export const tellsOfFill = (message: Received): boolean => {
  const at = (tag: TagName): string | undefined => message.field(TAG[tag]);
  const execType = at('execType') ?? '';
  return !isAnswer(at, execType) && doesTo(execType, at('execTransType')) === 'fill';
};

const isAnswer = (at: (tag: TagName) => string | undefined, execType: string): boolean =>
  execType === STATUS || at('execTransType') === STATUS_42 || at('ordStatusReqId') !== undefined;

/** What an order is, as far as its states are concerned. */
export type OrderRole = 'entry' | 'exitForDay' | 'exit';

/**
 * A report on the order `clientOrderId`, as it is told. An exit that is live at the venue is `working`; one that is good until
 * cancelled is done for the day only, and works on the next one.
 */
export function reportOf(execution: Execution, clientOrderId: string, role: OrderRole): OrderReport {
  const { ordStatus, orderId = '', cumQty = '0', avgPx, text, brokerTime, price } = execution;
  const isExit = role !== 'entry';
  const isWorking = isExit && (WORKING.includes(ordStatus) || (role === 'exit' && ordStatus === DONE_FOR_DAY));
  const state = isWorking ? 'working' : (inOwnWords(STATES, ordStatus) ?? `status_${ordStatus}`);
  return {
    clientOrderId,
    brokerOrderId: orderId,
    state,
    filledSize: cumQty,
    ...(avgPx !== undefined && { fillPrice: avgPx }),
    ...(isExit && price !== undefined && { price }),
    ...(text !== undefined && { reason: text }),
    ...(brokerTime !== undefined && { brokerTime }),
  };
}

/** A reason that says by itself what is wrong: then the text is about that. */
export const isVague = (reason: string | undefined): boolean =>
  reason === undefined || ['', '0', '99'].includes(reason);

const NOT_FOUND = [
  /\bord(?:er)?\b(?!\s+(?:type|side|size|price|qty|quantity|capacity|restriction)).{0,60}?\b(?:not|n't|never)\b.{0,12}?\b(?:found|known|exist|located)/i,
  /\b(?:unknown|no such|non-?existent|invalid)\s+(?:cl)?ord(?:er)?(?:\s*id)?\s*(?:$|[^\sa-z]|\b(?:id|number)\b)/i,
  /\b(?:not|cannot|can't|unable to)\s+(?:find|locate|found|match)\b.{0,20}\bord/i,
];

/** An order that the counterparty says it does not know: the answer to a question, not the fate of an order (P12). */
export function isUnknownOrder({ ordStatus, ordRejReason, text, isStatus, orderId }: Execution): boolean {
  if (ordStatus !== REJECTED) return false;
  if (ordRejReason === UNKNOWN_ORDER || (isStatus && orderId === undefined)) return true;
  return isVague(ordRejReason) && NOT_FOUND.some((words) => words.test(text ?? ''));
}

/** The id of an order is refused as taken: the order exists (S3). */
export const isDuplicate = ({ ordStatus, ordRejReason, text, isStatus }: Execution): boolean =>
  ordStatus === REJECTED &&
  !isStatus &&
  (ordRejReason === DUPLICATE_ORDER || (isVague(ordRejReason) && /duplicate/i.test(text ?? '')));

function priceOf(text: string | undefined): string | undefined {
  const price = parseVenueDecimal(text);
  return price !== undefined && isPositive(price) ? price : undefined;
}

function fillOf(quantity: string | undefined, price: string | undefined, id: string | undefined): Fill | undefined {
  const [read, paid] = [priceOf(quantity), priceOf(price)];
  return read === undefined || paid === undefined
    ? undefined
    : { ...(id !== undefined && { id }), quantity: read, price: paid };
}

/** `20261122-21:04:05.123` in ISO 8601. */
function timeOf(text: string | undefined): string | undefined {
  const [, year, month, day, time] = /^(\d{4})(\d{2})(\d{2})-(\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?)$/.exec(text ?? '') ?? [];
  return year === undefined ? undefined : `${year}-${month}-${day}T${time}Z`;
}
