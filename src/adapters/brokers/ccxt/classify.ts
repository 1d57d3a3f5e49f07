/**
 * What an answer of an exchange proves: a table for each exchange, read from the top; the first row that matches decides.
 *
 * 1. HTTP status and the exchange's own code decide, never the class of an error that a library made of them.
 * 2. `rejected` needs the exchange's own word. A proxy, a firewall or a maintenance page proves nothing.
 * 3. `accepted` needs an order id.
 * 4. Whatever no row covers is `unknown`.
 */

import type { SubmitOutcome } from '../../../domain/ports.js';
import type { Exchange } from '../http-exchange.js';
import { outcomeOf } from '../proof.js';
import type { Row } from './answer-row.js';
import type { Dialect, Said } from './dialect.js';

/** The same at every exchange: success needs an id. */
export const ACCEPTED: readonly Row[] = [
  { status: [200, 299], code: 'ok', withId: true, proves: 'accepted', why: 'an order id came back' },
  { code: 'ok', proves: 'unknown', why: 'accepted by the words, without an order id' },
];

/** What an order, or the placement of exits, came to (S3). */
export function classifySubmit(dialect: Dialect, exchange: Exchange, purpose: 'entry' | 'exit'): SubmitOutcome {
  switch (exchange.kind) {
    case 'not_sent':
      return { kind: 'not_sent', reason: exchange.cause };
    case 'lost':
      return { kind: 'unknown', cause: exchange.cause };
    case 'answer':
      return byTable(dialect, exchange, purpose);
  }
}

function byTable(
  dialect: Dialect,
  { status, body }: Extract<Exchange, { kind: 'answer' }>,
  purpose: 'entry' | 'exit',
): SubmitOutcome {
  const said = dialect.readAnswer(status, body);
  const id = said?.isOk === true ? dialect.acceptedId(said.data) : undefined;
  const row = dialect.table.find((candidate) => matches(candidate, status, said, id, purpose));
  return outcomeOf(row, { status, id, code: said?.code, message: said?.message });
}

function matches(
  row: Row,
  status: number,
  said: Said | undefined,
  id: string | undefined,
  purpose: 'entry' | 'exit',
): boolean {
  // Under a 5xx nobody answers for the words.
  const [least, most] = row.status ?? (row.proves === 'unknown' ? [100, 599] : [200, 499]);
  if (status < least || status > most) return false;
  if (!matchesCode(row.code, said)) return false;
  if (row.says !== undefined && !row.says.test(said?.message ?? '')) return false;
  if (row.withId === true && id === undefined) return false;
  return row.exitOnly !== true || purpose === 'exit';
}

function matchesCode(code: Row['code'], said: Said | undefined): boolean {
  if (code === undefined) return true;
  if (said === undefined) return false;
  if (code === 'ok') return said.isOk;
  if (said.isOk) return false;
  return code === 'any' ? said.code !== undefined : code.test(said.code ?? '');
}

/** What a cancel came to; `look` says that the order itself must be read to know. */
export function classifyCancel(dialect: Dialect, exchange: Exchange): 'requested' | 'look' | 'unknown' {
  if (exchange.kind !== 'answer') return 'unknown';
  const said = dialect.readAnswer(exchange.status, exchange.body);
  if (said === undefined) return 'unknown';
  if (said.isOk) return exchange.status < 300 && dialect.isCancelTaken(said.data) ? 'requested' : 'unknown';
  return exchange.status < 500 && dialect.mustLook(said) ? 'look' : 'unknown';
}

/** Were the exits refused since so much is not there? */
export function lacksBalance(dialect: Dialect, exchange: Exchange): boolean {
  if (exchange.kind !== 'answer') return false;
  const { status, body } = exchange;
  const said = dialect.readAnswer(status, body);
  return dialect.table.find((row) => matches(row, status, said, undefined, 'exit'))?.exitOnly === true;
}
