/**
 * What we answer to a message that we cannot take: a session Reject (35=3) or a BusinessMessageReject (35=j).
 *
 * 1. A type that the dictionary does not know, and a report without what must be in it, are rejected by the session.
 * 2. A type that is known and is none of ours is told to be unsupported. What is sent again, and rejects, are not answered.
 */
import type { Received } from './execution-report.js';
import type { FixDictionary } from './library.js';
import type { Body } from './messages.js';
import type { FixSettings } from './settings.js';
import { TAG } from './tags.js';

const OURS = ['8', '9', '3', 'j', 'AO', 'AP'];
/** ListStatus, market data snapshots and their refusal: ours where they are asked for. */
const LIST_STATUS = 'N';
const MARKET_DATA = ['W', 'Y'];
/** OrderID, ExecID, OrdStatus, CumQty: without them a report tells nothing. */
const REQUIRED: Readonly<Record<string, readonly number[]>> = {
  '8': [TAG.orderId, TAG.execId, TAG.ordStatus, TAG.cumQty],
  '9': [TAG.clOrdId, TAG.ordStatus],
};
const REQUIRED_TAG_MISSING = 1;
const INVALID_TYPE = 11;
const UNSUPPORTED = 3;

interface Objection {
  readonly type: '3' | 'j';
  readonly body: Body;
}

/** What to answer; `undefined` when the message is fine. */
export function objectionTo(
  message: Received,
  dictionary: FixDictionary,
  { exits, marketData }: Pick<FixSettings, 'exits' | 'marketData'>,
): Objection | undefined {
  if (message.field(TAG.possDupFlag) === 'Y') return undefined;
  const about = { RefSeqNum: Number(message.field(TAG.msgSeqNum)), RefMsgType: message.type };
  if (!dictionary.message.has(message.type)) {
    return { type: '3', body: { ...about, SessionRejectReason: INVALID_TYPE, Text: 'invalid message type' } };
  }
  const missing = REQUIRED[message.type]?.find((tag) => message.field(tag) === undefined);
  if (missing !== undefined) {
    const body = {
      ...about,
      RefTagID: missing,
      SessionRejectReason: REQUIRED_TAG_MISSING,
      Text: 'required tag missing',
    };
    return { type: '3', body };
  }
  if (OURS.includes(message.type)) return undefined;
  if (exits.oco === 'list' && message.type === LIST_STATUS) return undefined;
  if (marketData && MARKET_DATA.includes(message.type)) return undefined;
  return { type: 'j', body: { ...about, BusinessRejectReason: UNSUPPORTED, Text: 'unsupported message type' } };
}
