/** The tables: what each answer of an exchange, and each way of getting none, proves. */
import { describe, expect, it } from 'vitest';
import { binance } from '../../src/adapters/brokers/ccxt/binance.js';
import { bybit } from '../../src/adapters/brokers/ccxt/bybit.js';
import { classifyCancel, classifySubmit } from '../../src/adapters/brokers/ccxt/classify.js';
import type { Dialect } from '../../src/adapters/brokers/ccxt/dialect.js';
import { kraken } from '../../src/adapters/brokers/ccxt/kraken.js';
import { okx } from '../../src/adapters/brokers/ccxt/okx.js';
import type { Exchange } from '../../src/adapters/brokers/http-exchange.js';

const answer = (status: number, body?: unknown): Exchange => ({ kind: 'answer', status, body });

/** `exit` is what an exit comes to, where it differs; T is a transient refusal. */
type Verdict = 'accepted' | 'rejected' | 'T' | 'duplicate' | 'unknown';
type Line = readonly [text: string, exchange: Exchange, entry: Verdict, exit?: Verdict];

const shortOf = (dialect: Dialect, exchange: Exchange, purpose: 'entry' | 'exit'): string => {
  const outcome = classifySubmit(dialect, exchange, purpose);
  return outcome.kind === 'rejected' && outcome.transient === true ? 'T' : outcome.kind;
};

const everywhere: readonly Line[] = [
  ['200 with HTML', answer(200, undefined), 'unknown'],
  ['200 with {}', answer(200, {}), 'unknown'],
  ['200 with a list', answer(200, []), 'unknown'],
  ['200 with null', answer(200, null), 'unknown'],
  ['204', answer(204), 'unknown'],
  ['302', answer(302), 'unknown'],
  ['400 without words', answer(400), 'unknown'],
  ['403 of a firewall', answer(403), 'unknown'],
  ['404 of a proxy', answer(404), 'unknown'],
  ['408', answer(408), 'unknown'],
  ['409', answer(409), 'unknown'],
  ['500', answer(500), 'unknown'],
  ['502', answer(502), 'unknown'],
  ['503', answer(503, { message: 'unavailable' }), 'unknown'],
  ['504', answer(504), 'unknown'],
  ['no whole answer', { kind: 'lost', cause: 'ECONNRESET' }, 'unknown'],
];

const bn = (status: number, code: number, msg = 'words') => answer(status, { code, msg });
const NO_FUNDS = 'Account has insufficient balance for requested action.';
const BINANCE: readonly Line[] = [
  ['200 with an id', answer(200, { orderId: 28, clientOrderId: 'a' }), 'accepted'],
  ['200 with a list id', answer(200, { orderListId: 7, orders: [] }), 'accepted'],
  ['200 with an error', bn(200, -1000), 'unknown'],
  ['duplicate', bn(400, -2010, 'Duplicate order sent.'), 'duplicate'],
  ['no funds', bn(400, -2010, NO_FUNDS), 'rejected', 'T'],
  ['stop through the market', bn(400, -2010, 'Stop price would trigger immediately.'), 'rejected'],
  ['filter', bn(400, -1013, 'Filter failure: LOT_SIZE'), 'rejected'],
  ['C2: time off', bn(400, -1021), 'T'],
  ['bad key', bn(401, -2015), 'rejected'],
  ['429', bn(429, -1003), 'T'],
  ['429 without words', answer(429), 'T'],
  ['418: banned', bn(418, -1003), 'T'],
  ['too many orders', bn(400, -1015), 'T'],
  ['execution status unknown', bn(400, -1006), 'unknown'],
  ['timeout, status unknown', bn(400, -1007), 'unknown'],
  ['disconnected', bn(400, -1001), 'unknown'],
  ['overloaded', bn(503, -1008), 'unknown'],
  ['500 with a refusal', bn(500, -2010), 'unknown'],
  ['403 with a code', bn(403, -1002), 'unknown'],
  ['cancel-replace half done', bn(409, -2021), 'unknown'],
];

const bb = (retCode: number, result: unknown = {}, status = 200) =>
  answer(status, { retCode, retMsg: 'words', result });
const BYBIT: readonly Line[] = [
  ['0 with an id', bb(0, { orderId: 'O', orderLinkId: 'a' }), 'accepted'],
  ['0 without an id', bb(0), 'unknown'],
  ['0 with an empty id', bb(0, { orderId: '' }), 'unknown'],
  ['0 under a 500', bb(0, { orderId: 'O' }, 500), 'unknown'],
  ['duplicate, spot', bb(170141), 'duplicate'],
  ['duplicate', bb(110072), 'duplicate'],
  ['no funds', bb(170131), 'rejected', 'T'],
  ['too many decimals', bb(170137), 'rejected'],
  ['bad key', bb(10003), 'rejected'],
  ['C2: time off', bb(10002), 'T'],
  ['W11: expired on the way', bb(-1), 'T'],
  ['W11: the server is busy', bb(429), 'T'],
  ['W11: the server is busy, by its other code', bb(10429), 'T'],
  ['too many visits', bb(10006), 'T'],
  ['rate of the address', bb(10018, {}, 403), 'T'],
  ['server timeout', bb(10000), 'unknown'],
  ['system error', bb(10016), 'unknown'],
  ['waiting for the backend', bb(170007), 'unknown'],
  ['order creation timeout', bb(170146), 'unknown'],
  ['submitted, being processed', bb(170035), 'unknown'],
  ['a code of another world', bb(34040), 'unknown'],
  ['a refusal under a 502', bb(170137, {}, 502), 'unknown'],
];

const ok = (code: string, row?: object, status = 200) => answer(status, { code, msg: 'words', data: row ? [row] : [] });
const OKX: readonly Line[] = [
  ['0 with an id', ok('0', { ordId: 'O', sCode: '0' }), 'accepted'],
  ['0 with an algo id', ok('0', { algoId: 'A', sCode: '0' }), 'accepted'],
  ['0 without a row', ok('0'), 'unknown'],
  ['0, and the row is refused', ok('0', { ordId: '', sCode: '51121', sMsg: 'lot' }), 'rejected'],
  ['1, and the row says why', ok('1', { ordId: '', sCode: '51008', sMsg: 'Insufficient' }), 'rejected', 'T'],
  ['duplicate', ok('1', { sCode: '51016', sMsg: 'exists' }), 'duplicate'],
  ['duplicate algo', ok('1', { sCode: '51069', sMsg: 'algoClOrdId already exists' }), 'duplicate'],
  ['1 without a row', ok('1'), 'unknown'],
  ['bad key', ok('50111', undefined, 401), 'rejected'],
  ['a parameter', ok('51000', undefined, 400), 'rejected'],
  ['429', ok('50011', undefined, 429), 'T'],
  ['rate of the account', ok('1', { sCode: '50061', sMsg: 'rate' }), 'T'],
  ['429 without words', answer(429), 'unknown'],
  ['endpoint timeout', ok('50004', undefined, 400), 'unknown'],
  ['C2: time off', ok('50102', undefined, 401), 'T'],
  ['maintenance', ok('50001', undefined, 503), 'unknown'],
  ['system busy', ok('50013', undefined, 429), 'unknown'],
  ['a refusal under a 500', ok('51008', undefined, 500), 'unknown'],
];

const kr = (error: string | undefined, result?: unknown, status = 200) =>
  answer(status, { error: error === undefined ? [] : [error], ...(result !== undefined && { result }) });
const KRAKEN: readonly Line[] = [
  ['an id', kr(undefined, { txid: ['O-1'] }), 'accepted'],
  ['no id', kr(undefined, { txid: [] }), 'unknown'],
  ['no result', kr(undefined), 'unknown'],
  ['duplicate', kr('EOrder:cl_ord_id already in use'), 'duplicate'],
  ['no funds', kr('EOrder:Insufficient funds'), 'rejected', 'T'],
  ['bad volume', kr('EGeneral:Invalid arguments:volume'), 'rejected'],
  ['bad key', kr('EAPI:Invalid key'), 'rejected'],
  ['overtaken', kr('EAPI:Invalid nonce'), 'T'],
  ['rate limit', kr('EAPI:Rate limit exceeded'), 'T'],
  ['rate of orders', kr('EOrder:Rate limit exceeded'), 'T'],
  ['C14: locked out for a while', kr('EGeneral:Temporary lockout'), 'T'],
  ['W11: cancel only', kr('EService:Market in cancel_only mode'), 'rejected'],
  ['W11: post only', kr('EService:Market in post_only mode'), 'rejected'],
  ['W11: the deadline was over', kr('EService:Deadline elapsed'), 'rejected'],
  ['W11: duplicate in other words', kr('EOrder:Duplicate order'), 'duplicate'],
  ['unavailable', kr('EService:Unavailable'), 'unknown'],
  ['busy', kr('EService:Busy'), 'unknown'],
  ['internal', kr('EGeneral:Internal error'), 'unknown'],
  ['a refusal under a 520', kr('EOrder:Insufficient funds', undefined, 520), 'unknown'],
];

const TABLES: readonly (readonly [string, Dialect, readonly Line[]])[] = [
  ['binance', binance, BINANCE],
  ['bybit', bybit, BYBIT],
  ['okx', okx, OKX],
  ['kraken', kraken, KRAKEN],
];

describe.each(TABLES)('what an answer of %s proves [S3]', (_, dialect, lines) => {
  const all: readonly Line[] = [...everywhere, ...lines];

  it.each(all.map(([text, exchange, entry, exit = entry]) => ({ text, exchange, entry, exit })))(
    '$text',
    ({ exchange, entry, exit }) => {
      expect([shortOf(dialect, exchange, 'entry'), shortOf(dialect, exchange, 'exit')]).toEqual([entry, exit]);
    },
  );

  it('nothing left the process', () => {
    const outcome = classifySubmit(dialect, { kind: 'not_sent', cause: 'ECONNREFUSED' }, 'entry');
    expect(outcome).toEqual({ kind: 'not_sent', reason: 'ECONNREFUSED' });
  });

  it('a 5xx is unknown, whatever it says', () => {
    for (const [, exchange] of lines) {
      const body = exchange.kind === 'answer' ? exchange.body : undefined;
      for (const purpose of ['entry', 'exit'] as const)
        expect(shortOf(dialect, answer(503, body), purpose)).toBe('unknown');
    }
  });

  it('what is lost, unreadable or of a gateway says nothing of a cancel', () => {
    for (const [, exchange] of everywhere) expect(classifyCancel(dialect, exchange)).toBe('unknown');
  });
});

describe('what an answer to a cancel proves', () => {
  it.each([
    ['binance: done', binance, answer(200, { orderId: 1, status: 'CANCELED' }), 'requested'],
    ['binance: not cancelable', binance, bn(400, -2011), 'look'],
    ['binance: rate', binance, bn(429, -1003), 'unknown'],
    ['binance: nothing said', binance, answer(200, {}), 'unknown'],
    ['bybit: taken', bybit, bb(0, { orderId: 'O' }), 'requested'],
    ['bybit: not there, or over', bybit, bb(170213), 'look'],
    ['bybit: cancellation timeout', bybit, bb(170147), 'unknown'],
    ['okx: taken', okx, ok('0', { ordId: 'O', sCode: '0' }), 'requested'],
    ['okx: over', okx, ok('1', { sCode: '51400', sMsg: 'no' }), 'look'],
    ['okx: busy', okx, ok('50013', undefined, 429), 'unknown'],
    ['kraken: taken', kraken, kr(undefined, { count: 1 }), 'requested'],
    ['kraken: not there, or over', kraken, kr('EOrder:Unknown order'), 'look'],
    ['kraken: busy', kraken, kr('EService:Busy'), 'unknown'],
  ] as const)('%s', (_, dialect, exchange, proof) => expect(classifyCancel(dialect, exchange)).toBe(proof));
});
