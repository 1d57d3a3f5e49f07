/** The table: what each answer of Alpaca, and each way of getting none, proves. */
import { describe, expect, it } from 'vitest';
import {
  classifyCancel,
  classifyFailure,
  classifySubmit,
  type Exchange,
  SUBMIT_TABLE,
} from '../../src/adapters/brokers/alpaca/classify.js';

const answer = (status: number, body?: unknown): Exchange => ({ kind: 'answer', status, body });
const said = (code: number, message: string) => ({ code, message });
const failed = (fields: object): Error => Object.assign(new Error('it failed'), fields);

const rejected = (code: string, reason: string) => ({ kind: 'rejected', code, reason });
const UNKNOWN = expect.objectContaining({ kind: 'unknown' });
const unique = said(40010001, 'client_order_id must be unique');
const noShares = said(40310000, 'insufficient qty available for order (requested: 100, available: 0)');

const SUBMITS: readonly (readonly [string, Exchange, unknown])[] = [
  ['200 with an id', answer(200, { id: 'O-1' }), { kind: 'accepted', brokerOrderId: 'O-1' }],
  ['200 with {}', answer(200, {}), UNKNOWN],
  ['200 with HTML', answer(200, undefined), UNKNOWN],
  ['200 with an empty id', answer(200, { id: '' }), UNKNOWN],
  ['202 with an id', answer(202, { id: 'O-1' }), UNKNOWN],
  ['204', answer(204), UNKNOWN],
  ['302', answer(302), UNKNOWN],
  ['400 with a code', answer(400, said(40010000, 'bad request')), rejected('40010000', 'bad request')],
  ['400 without a code', answer(400, { message: 'bad request' }), UNKNOWN],
  ['401', answer(401, said(40110000, 'not authorized')), rejected('40110000', 'not authorized')],
  [
    '403: buying power',
    answer(403, said(40310000, 'insufficient buying power')),
    rejected('40310000', 'insufficient buying power'),
  ],
  ['403: day trading', answer(403, said(40310100, 'trade denied')), rejected('40310100', 'trade denied')],
  ['403: no shares', answer(403, noShares), rejected('40310000', noShares.message)],
  ['403 "forbidden." of a gateway', answer(403, { message: 'forbidden.' }), UNKNOWN],
  ['403 with a page of a firewall', answer(403, undefined), UNKNOWN],
  ['404 with a code', answer(404, said(40410000, 'no such asset')), rejected('40410000', 'no such asset')],
  ['404 without a code', answer(404, undefined), UNKNOWN],
  ['408', answer(408, said(40810000, 'timeout')), UNKNOWN],
  ['422: the id is taken', answer(422, unique), { kind: 'duplicate' }],
  ['400: the id is taken', answer(400, unique), { kind: 'duplicate' }],
  [
    '422: the same code, another rule',
    answer(422, said(40010001, 'qty must be > 0')),
    rejected('40010001', 'qty must be > 0'),
  ],
  ['422: a rule is broken', answer(422, said(42210000, 'sub-penny')), rejected('42210000', 'sub-penny')],
  ['422 without a code', answer(422, undefined), UNKNOWN],
  [
    '429',
    answer(429, said(42910000, 'rate limit exceeded')),
    { ...rejected('42910000', 'rate limit exceeded'), transient: true },
  ],
  ['429 without words', answer(429, undefined), expect.objectContaining({ kind: 'rejected', transient: true })],
  ['451', answer(451, said(45110000, 'no')), UNKNOWN],
  ['500 with a code', answer(500, said(50010000, 'internal server error')), UNKNOWN],
  ['502', answer(502), UNKNOWN],
  ['503', answer(503, { message: 'unavailable' }), UNKNOWN],
  ['504', answer(504), UNKNOWN],
  [
    'nothing left the process',
    { kind: 'not_sent', cause: 'ECONNREFUSED' },
    { kind: 'not_sent', reason: 'ECONNREFUSED' },
  ],
  ['no whole answer', { kind: 'lost', cause: 'ECONNRESET' }, { kind: 'unknown', cause: 'ECONNRESET' }],
];

describe('what an answer to a submit proves [S3]', () => {
  it.each(SUBMITS)('%s', (_, exchange, outcome) => expect(classifySubmit(exchange)).toEqual(outcome));

  it('every status that no row names is unknown', () => {
    const bodies = [undefined, {}, said(40010000, 'x'), { id: 'O-1' }];
    const named = (status: number) => SUBMIT_TABLE.some(({ status: [from, to] }) => from <= status && status <= to);
    const others = Array.from({ length: 500 }, (_, index) => 100 + index).filter((status) => !named(status));
    for (const status of others) {
      for (const body of bodies) expect(classifySubmit(answer(status, body)).kind, `${status}`).toBe('unknown');
    }
    expect(others.length).toBe(300);
  });

  it('an exit for which the shares are not there yet may be tried again, with the same id [B2]', () => {
    expect(classifySubmit(answer(403, noShares), 'exit')).toMatchObject({ kind: 'rejected', transient: true });
    expect(classifySubmit(answer(403, said(40310000, 'wash trade')), 'exit')).not.toHaveProperty('transient');
  });
});

describe('what an answer to a cancel proves', () => {
  it.each([
    ['204: taken', answer(204), 'requested'],
    ['200: taken', answer(200, {}), 'requested'],
    ['422: the order has to be read', answer(422, said(42210000, 'already filled')), 'look'],
    ['422 without a code', answer(422), 'unknown'],
    ['404', answer(404, said(40410000, 'order not found')), 'not_found'],
    ['404 of a proxy', answer(404), 'unknown'],
    ['429', answer(429), 'unknown'],
    ['500', answer(500), 'unknown'],
    ['not sent', { kind: 'not_sent', cause: '' } as Exchange, 'unknown'],
    ['lost', { kind: 'lost', cause: '' } as Exchange, 'unknown'],
  ] as const)('%s', (_, exchange, outcome) => expect(classifyCancel(exchange)).toBe(outcome));
});

describe('what a failed request proves', () => {
  const refusedConnect = failed({ code: 'ECONNREFUSED', syscall: 'connect' });
  it.each([
    ['connection refused', new TypeError('fetch failed', { cause: refusedConnect }), 'not_sent'],
    [
      'refused on every address',
      new TypeError('fetch failed', { cause: new AggregateError([refusedConnect, refusedConnect]) }),
      'not_sent',
    ],
    [
      'refused on one address, reset on the other',
      new AggregateError([refusedConnect, failed({ code: 'ECONNRESET', syscall: 'read' })]),
      'lost',
    ],
    [
      'name not found',
      new TypeError('fetch failed', { cause: failed({ code: 'ENOTFOUND', syscall: 'getaddrinfo' }) }),
      'not_sent',
    ],
    ['no connection in time', failed({ code: 'UND_ERR_CONNECT_TIMEOUT' }), 'not_sent'],
    ['reset while reading', failed({ code: 'ECONNRESET', syscall: 'read' }), 'lost'],
    ['no route, on a connection that stood', failed({ code: 'EHOSTUNREACH', syscall: 'write' }), 'lost'],
    ['other side closed', failed({ code: 'UND_ERR_SOCKET' }), 'lost'],
    ['an error without words', 'boom', 'lost'],
    ['nothing', undefined, 'lost'],
  ])('%s', (_, error, kind) => expect(classifyFailure(error, false).kind).toBe(kind));

  it('given up: it may have arrived', () => expect(classifyFailure(refusedConnect, true).kind).toBe('lost'));
});
