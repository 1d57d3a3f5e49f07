/**
 * What an exchange with Alpaca proves: one table, read from the top; the first row that matches decides.
 *
 * 1. `rejected` needs Alpaca's own word: a status *and* its numeric code. A proxy, a firewall or a maintenance page
 *    answers with the same statuses and proves nothing.
 * 2. `not_sent` needs proof that no byte of the request left: the connection was never made.
 * 3. Whatever no row covers is `unknown`.
 */

import { type SubmitOutcome, TAKE_PROFIT_PASSED } from '../../../domain/ports.js';
import type { Exchange } from '../http-exchange.js';
import { outcomeOf, type Proof } from '../proof.js';

export { classifyFailure, type Exchange } from '../http-exchange.js';

interface Row {
  /** HTTP statuses, both ends included. */
  readonly status: readonly [least: number, most: number];
  /** Alpaca's numeric code: one, any, or a broken or absent one. Absent: the code does not matter. */
  readonly code?: number | 'any' | 'none';
  /** What Alpaca's message must say. */
  readonly says?: RegExp;
  /** True: only for the exits. */
  readonly exitOnly?: boolean;
  /** True: only when the answer carries an order id. */
  readonly withId?: boolean;
  readonly proves: Proof;
  readonly why: string;
  /** What the outcome is called, in place of Alpaca's number. */
  readonly named?: string;
}

/** What Alpaca's gateway says of keys that it does not know; such bodies often carry no code. */
const KEYS_REFUSED = /^(?:request is not authorized|unauthori[sz]ed|forbidden)\.?$/i;

/** Whether an answer says that the keys are refused. */
export const refusesKeys = (status: number, message: string | undefined): boolean =>
  (status === 401 || status === 403) && message !== undefined && KEYS_REFUSED.test(message);

/** Answers to `POST /v2/orders`. */
export const SUBMIT_TABLE: readonly Row[] = [
  { status: [200, 201], withId: true, proves: 'accepted', why: 'an order id came back' },
  { status: [200, 299], proves: 'unknown', why: 'accepted by the words, without an order id' },
  {
    status: [400, 499],
    code: 'any',
    says: /client[ _]order[ _]id must be unique/i,
    proves: 'duplicate',
    why: 'the id is taken: the order exists',
  },
  { status: [429, 429], proves: 'transient', why: 'rate limit: counted, not carried out' },
  {
    status: [403, 403],
    code: 40310000,
    says: /insufficient qty available/i,
    exitOnly: true,
    proves: 'transient',
    why: 'the position may lag the fill; the same id cannot double it',
  },
  {
    status: [400, 422],
    code: 'any',
    says: /take_profit\.limit_price must be [<>]=? ?base_price/i,
    exitOnly: true,
    proves: 'rejected',
    named: TAKE_PROFIT_PASSED,
    why: 'the market has passed the take-profit',
  },
  { status: [400, 401], code: 'any', proves: 'rejected', why: 'malformed, or keys refused' },
  {
    status: [401, 401],
    code: 'none',
    says: KEYS_REFUSED,
    proves: 'rejected',
    why: 'keys refused: nothing of the request was looked at',
  },
  { status: [403, 404], code: 'any', proves: 'rejected', why: 'buying power, permission, or no such thing' },
  { status: [422, 422], code: 'any', proves: 'rejected', why: 'a rule of Alpaca is broken' },
  { status: [403, 403], code: 'none', proves: 'unknown', why: 'refused, but not in words of Alpaca' },
];

/** What a submit call, or the placement of the exits, came to (S3). */
export function classifySubmit(exchange: Exchange, purpose: 'entry' | 'exit' = 'entry'): SubmitOutcome {
  switch (exchange.kind) {
    case 'not_sent':
      return { kind: 'not_sent', reason: exchange.cause };
    case 'lost':
      return { kind: 'unknown', cause: exchange.cause };
    case 'answer':
      return byTable(exchange, purpose);
  }
}

function byTable({ status, body }: Extract<Exchange, { kind: 'answer' }>, purpose: 'entry' | 'exit'): SubmitOutcome {
  const said = read(body);
  const row = SUBMIT_TABLE.find((candidate) => matches(candidate, status, said, purpose));
  const { id, code } = said;
  const message = refusesKeys(status, said.message) ? keysRefused(said.message) : said.message;
  return outcomeOf(row, { status, id, message, code: row?.named ?? (code === undefined ? undefined : String(code)) });
}

/** What an operator has to hear: it is the keys. */
export const keysRefused = (message = 'no words'): string =>
  `the API keys are refused (${message}); check APCA_API_KEY_ID, APCA_API_SECRET_KEY, and whether they are for paper or live`;

function matches(row: Row, status: number, said: Said, purpose: 'entry' | 'exit'): boolean {
  const [least, most] = row.status;
  if (status < least || status > most) return false;
  if (row.code === 'any' && said.code === undefined) return false;
  if (row.code === 'none' && said.code !== undefined) return false;
  if (typeof row.code === 'number' && row.code !== said.code) return false;
  if (row.says !== undefined && !row.says.test(said.message ?? '')) return false;
  if (row.withId === true && said.id === undefined) return false;
  return row.exitOnly !== true || purpose === 'exit';
}

interface Said {
  readonly id?: string;
  readonly code?: number;
  readonly message?: string;
}

/** Alpaca's codes are the status and five digits more. */
const LEAST_CODE = 40_000_000;

export function read(body: unknown): Said {
  if (typeof body !== 'object' || body === null) return {};
  const { id, code, message } = body as Record<string, unknown>;
  return {
    ...(typeof id === 'string' && id !== '' && { id }),
    ...(typeof code === 'number' && Number.isInteger(code) && code >= LEAST_CODE && { code }),
    ...(typeof message === 'string' && message !== '' && { message }),
  };
}

/** Answers to `DELETE /v2/orders/{id}`; `look` says that the order itself must be read to know. */
export function classifyCancel(exchange: Exchange): 'requested' | 'look' | 'not_found' | 'unknown' {
  if (exchange.kind !== 'answer') return 'unknown';
  const { status, body } = exchange;
  if (status === 200 || status === 204) return 'requested';
  const hasCode = read(body).code !== undefined;
  if (status === 422 && hasCode) return 'look';
  if (status === 404 && hasCode) return 'not_found';
  return 'unknown';
}
