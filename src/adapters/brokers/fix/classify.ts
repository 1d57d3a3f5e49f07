/**
 * What a FIX message proves: one table for orders, one for cancels, read from the top; the first row that matches decides.
 *
 * 1. `not_sent` is proved by one thing alone: the session was not ready, so the order was never handed to it.
 * 2. A connection that ends, a deadline that passes and whatever no row covers prove nothing: `unknown`.
 * 3. No rejection counts as transient: trying again would be a second NewOrderSingle for one advisory.
 */
import type { CancelWord, SubmitOutcome } from '../../../domain/ports.js';
import { isVague, realId } from './execution-report.js';

/** What was heard about a message that we sent. */
export type Heard =
  | { readonly kind: 'not_ready'; readonly cause: string }
  /** It may have arrived; no answer came. */
  | { readonly kind: 'lost'; readonly cause: string }
  | HeardMessage;

export interface HeardMessage {
  /** ExecutionReport `8`, OrderCancelReject `9`, session Reject `3`, BusinessMessageReject `j`. */
  readonly kind: '8' | '9' | '3' | 'j';
  readonly orderId?: string | undefined;
  readonly ordStatus?: string | undefined;
  /** OrdRejReason 103, CxlRejReason 102, SessionRejectReason 373 or BusinessRejectReason 380. */
  readonly reason?: string | undefined;
  readonly text?: string | undefined;
}

interface Row<Proof> {
  readonly message: Heard['kind'];
  readonly ordStatus?: readonly string[];
  readonly reason?: string;
  /** What the Text (58) must say, where no reason says what is wrong. */
  readonly says?: RegExp;
  /** True: only with an OrderID (37). */
  readonly withId?: boolean;
  readonly proves: Proof;
  readonly why: string;
}

type SubmitRow = Row<SubmitOutcome['kind']>;
type CancelRow = Row<CancelWord>;

/** Answers to NewOrderSingle. */
export const SUBMIT_TABLE: readonly SubmitRow[] = [
  { message: 'not_ready', proves: 'not_sent', why: 'the session was not ready: nothing was handed to it' },
  { message: '8', ordStatus: ['8'], reason: '6', proves: 'duplicate', why: 'the id is taken: the order exists' },
  { message: '8', ordStatus: ['8'], says: /duplicate/i, proves: 'duplicate', why: 'the id is taken, by the text' },
  {
    message: '8',
    ordStatus: ['8'],
    reason: '5',
    proves: 'unknown',
    why: 'an order that is not known: not this answer',
  },
  { message: '8', ordStatus: ['8'], proves: 'rejected', why: 'the counterparty refused the order' },
  { message: '8', withId: true, proves: 'accepted', why: 'an execution report with an OrderID' },
  { message: '8', proves: 'unknown', why: 'an execution report without an OrderID' },
  { message: '3', proves: 'rejected', why: 'the session refused the message: it was not processed' },
  { message: 'j', says: /duplicate/i, proves: 'duplicate', why: 'the id is taken, by the text' },
  { message: 'j', proves: 'rejected', why: 'the application refused the message: it was not processed' },
  { message: 'lost', proves: 'unknown', why: 'no answer' },
];

/** Answers to OrderCancelRequest. */
export const CANCEL_TABLE: readonly CancelRow[] = [
  { message: '8', ordStatus: ['2', '8', 'C'], proves: 'already_closed', why: 'it was over before the cancel' },
  { message: '8', proves: 'requested', why: 'the order answers to the cancel' },
  { message: '9', reason: '1', proves: 'not_found', why: 'the order is not known' },
  { message: '9', reason: '0', proves: 'already_closed', why: 'too late to cancel' },
  { message: '9', reason: '3', proves: 'requested', why: 'a cancel is under way already' },
  { message: '9', ordStatus: ['2', '4', '8', 'C'], proves: 'already_closed', why: 'the order is over' },
  { message: '9', ordStatus: ['6'], proves: 'requested', why: 'a cancel is under way already' },
];

/** What the placement of an order came to (S3). */
export function classifySubmit(heard: Heard): SubmitOutcome {
  const row = SUBMIT_TABLE.find((candidate) => matches(candidate, heard));
  const said = 'text' in heard ? heard.text : 'cause' in heard ? heard.cause : undefined;
  const reason = said ?? row?.why ?? 'no words';
  switch (row?.proves) {
    case 'accepted':
      return { kind: 'accepted', brokerOrderId: orderIdOf(heard) ?? '' };
    case 'rejected':
      return { kind: 'rejected', code: codeOf(heard), reason };
    case 'not_sent':
      return { kind: 'not_sent', reason };
    case 'duplicate':
      return { kind: 'duplicate' };
    default:
      return { kind: 'unknown', cause: reason };
  }
}

/** What a cancel request came to. */
export const classifyCancel = (heard: Heard): CancelWord =>
  CANCEL_TABLE.find((candidate) => matches(candidate, heard))?.proves ?? 'unknown';

function matches(row: Row<string>, heard: Heard): boolean {
  if (row.message !== heard.kind) return false;
  if (heard.kind === 'not_ready' || heard.kind === 'lost') return true;
  if (row.ordStatus !== undefined && !row.ordStatus.includes(heard.ordStatus ?? '')) return false;
  if (row.reason !== undefined && row.reason !== heard.reason) return false;
  if (row.says !== undefined && !(isVague(heard.reason) && row.says.test(heard.text ?? ''))) return false;
  return row.withId !== true || orderIdOf(heard) !== undefined;
}

/** The answer to a question: OrdRejReason 5, or BusinessRejectReason 1, no such order. */
export const saysUnknown = (heard: Heard): boolean =>
  (heard.kind === '8' && heard.ordStatus === '8' && heard.reason === '5') ||
  (heard.kind === 'j' && heard.reason === '1');

/** OrderID, unless it is the word that stands for none. */
export const orderIdOf = (heard: Heard): string | undefined => ('orderId' in heard ? realId(heard.orderId) : undefined);

function codeOf(heard: Heard): string {
  const reason = 'reason' in heard ? (heard.reason ?? 'none') : 'none';
  const names: Partial<Record<Heard['kind'], string>> = {
    '8': 'ORD_REJ_REASON',
    '3': 'SESSION_REJECT',
    j: 'BUSINESS_REJECT',
  };
  return `${names[heard.kind] ?? 'FIX'}_${reason}`;
}
