/**
 * The fault table, end to end at four exchanges, with the requests that the exchange counted: exactly one entry order per
 * advisory, always.
 */
import type { ExecutionResult } from 'fillchart';
import type { CcxtExchange } from 'fillchart/ccxt';
import { describe, expect, it } from 'vitest';
import type { Fault, FaultAnswer } from './fake-exchange.js';
import { EXCHANGES, execute, type Setting, type World, world } from './support.js';
import type { Script } from './venue-store.js';

const FILLED = ['FILLED', 'MATCHED'];
const at1s: Script = { fills: [[1_000, '100', '151']] };

interface Tale extends Setting {
  readonly script?: Script;
  readonly faults?: readonly Fault[];
  readonly before?: (now: World) => unknown;
  /** Status and reconciliation. */
  readonly ends: readonly unknown[];
  /** Exit orders or pairs that were posted beyond the usual: none by default. */
  readonly more?: number;
  /** No exits at all. */
  readonly bare?: boolean;
  readonly also?: (now: World, result: ExecutionResult) => void;
}

const lost: readonly (readonly [string, FaultAnswer])[] = [
  ['no answer', 'silence'],
  ['the connection is cut', 'cut'],
  ['the body is cut', 'cut_body'],
  ['the body stalls', 'stalled_body'],
  ['200 with HTML', 'html'],
  ['200 with {}', 'empty_object'],
  ['500', { status: 500 }],
  ['502', { status: 502 }],
  [
    '503 with words',
    { status: 503, body: { code: -1000, msg: 'x', retCode: 10016, retMsg: 'x', error: ['EService:Busy'] } },
  ],
  ['504', { status: 504 }],
  ['403 of a firewall', { status: 403 }],
  ['a redirect', { status: 302, headers: { location: '/elsewhere' } }],
];
const someLost = lost.filter(([what]) => ['no answer', 'the connection is cut', '200 with {}', '502'].includes(what));

/** Told at one exchange: what they prove at the others is in the test of the tables. */
const ONCE = lost.filter((fault) => !someLost.includes(fault)).map(([what]) => `submit, ${what},`);

const each = (faults: typeof lost, tale: (what: string, answer: FaultAnswer) => readonly [string, Tale]) =>
  Object.fromEntries(faults.map(([what, answer]) => tale(what, answer)));

const TALES: Readonly<Record<string, Tale>> = {
  ...each(lost, (what, answer) => [
    `submit, ${what}, and the order is live [S4]`,
    { faults: [{ on: 'submit', answer, live: true }], ends: FILLED },
  ]),
  ...each(someLost, (what, answer) => [
    `submit, ${what}, and the order never was [S4]`,
    { faults: [{ on: 'submit', answer }], bare: true, ends: ['FAILED_TIMEOUT', 'MISMATCH'] },
  ]),
  ...each(someLost, (what, answer) => [
    `exits, ${what}, and they stand: looked for, not sent again [B1 B2]`,
    { faults: [{ on: 'protect', answer, live: true }], ends: FILLED, also: standOnce },
  ]),
  ...each(someLost, (what, answer) => [
    `exits, ${what}, and they never were: looked for, then sent again under the same name [B2]`,
    { faults: [{ on: 'protect', answer }], more: 1, ends: FILLED, also: standOnce },
  ]),
  'not found right after the submit [S4]': { script: { ...at1s, hiddenMs: 700 }, ends: FILLED },
  'fill after the cancel [T2]': {
    script: { fills: [], cancel: 'fill', cancelMs: 500 },
    ends: ['EXECUTED_FULL_LATE', 'MATCHED'],
  },
  'filled before the cancel, and the cancel refused [P6]': {
    script: { fills: [[30_000, '100', '151']] },
    ends: FILLED,
  },
  'cancel never carried out [T3 P7]': {
    script: { fills: [], cancel: 'ignore' },
    bare: true,
    ends: ['FAILED_TIMEOUT', 'MISMATCH'],
  },
  'cancel answer lost, tried again, confirmed [T3]': {
    script: { fills: [] },
    faults: [{ on: 'cancel', answer: { status: 503 } }],
    bare: true,
    ends: ['FAILED_TIMEOUT', 'MATCHED'],
    also: ({ fake }) => expect(fake.count('cancel')).toBe(2),
  },
  'partial fill, then cancelled: exactly that is protected [P4 B1]': {
    script: { fills: [[1_000, '30', '151']] },
    ends: ['FAILED_TIMEOUT', 'MISMATCH'],
    also: ({ store }, result) => {
      expect(result.finalPositionSize).toBe('30');
      expect(new Set(store.open().map(({ quantity }) => quantity))).toEqual(new Set(['30']));
    },
  },
  'the exchange cancels a partly filled order by itself [P6]': {
    script: { fills: [[1_000, '30', '151']], ends: [2_000, 'cancelled'] },
    ends: ['CANCELLED', 'MISMATCH'],
  },
  'several fills: the average counts [R2.4]': {
    script: {
      fills: [
        [500, '40', '150'],
        [1_000, '60', '152'],
      ],
    },
    ends: FILLED,
    also: (_, result) => expect(result.finalFillPrice).toBe('151.2'),
  },
  'filled, and the price comes two seconds later [P3]': { script: { ...at1s, pricelessMs: 3_000 }, ends: FILLED },
  'filled, and no price ever: no SL and TP, an alarm [P3]': {
    script: { ...at1s, pricelessMs: 10_000_000 },
    bare: true,
    ends: ['FAILED_TIMEOUT', 'MISSING_SL_TP'],
  },
  'polls are answered with nonsense [P2]': {
    script: { fills: [[4_000, '100', '151']] },
    faults: [
      { on: 'order', answer: 'html' },
      { on: 'order', answer: 'empty_object' },
      { on: 'order', answer: { status: 403 } },
      { on: 'order', answer: 'rate' },
    ],
    ends: FILLED,
  },
  'the balance lags the fill: the exits are refused, and placed [B2]': {
    faults: [{ on: 'protect', answer: 'funds' }],
    more: 1,
    ends: FILLED,
    also: standOnce,
  },
  'a position was there before [R6.2]': { base: '1025', ends: FILLED },
};

/** Each leg stands once, whatever was posted. */
function standOnce({ store }: World): void {
  expect(
    store
      .open()
      .map(({ type }) => type)
      .sort(),
  ).toEqual(['profit', 'stop']);
}

const exitsOf = (exchange: CcxtExchange): number => (exchange === 'binance' || exchange === 'okx' ? 1 : 2);

describe.each(EXCHANGES)('faults at %s', (exchange) => {
  const isTold = ([name]: readonly [string, Tale]): boolean =>
    exchange === 'binance' || !ONCE.some((what) => name.includes(what));

  it.each(Object.entries(TALES).filter(isTold))('%s', async (_, tale) => {
    const { script, faults = [], before, ends, more = 0, bare = false, also, ...setting } = tale;
    const now = await world(exchange, { ...setting, ...(script && { scripts: [script] }) });
    for (const fault of faults) now.fake.fault(fault);
    before?.(now);
    const result = await execute(now);
    expect([result.status, result.reconciliationReport?.status]).toEqual(ends);
    expect(now.fake.count('submit'), 'entry orders').toBe(1);
    expect(now.fake.count('protect'), 'exits').toBe(bare ? 0 : exitsOf(exchange) + more);
    also?.(now, result);
  });

  it('the id is taken already: adopted, and never sent again [S3]', async () => {
    const now = await world(exchange);
    // A first answer that says nothing of the order, a second that says the id is taken: as after a lost one.
    now.fake.fault({ on: 'submit', answer: 'rate' });
    now.fake.fault({ on: 'submit', answer: 'duplicate' });
    const result = await execute(now);
    const outcomes = result.attempts.map(({ outcome }) => outcome).filter((outcome) => outcome !== 'not_sent');
    expect(outcomes).toEqual(['rejected', 'duplicate']);
    expect(result).toMatchObject({
      status: 'FAILED_TIMEOUT',
      reconciliationReport: { requiresManualResolution: true },
    });
    expect(now.fake.count('submit')).toBe(2);
    expect(now.store.orders).toEqual([]);
  });

  it('connection refused: nothing left, tried again with the same id, and the exchange sees one [S5]', async () => {
    let refusals = 2;
    const isEntry = (url: string): boolean => /(v3\/order|order\/create|trade\/order|AddOrder)$/.test(url);
    const refuse = (method: string, url: string): boolean => method === 'POST' && isEntry(url) && refusals-- > 0;
    const now = await world(exchange, { scripts: [at1s], refuse });
    const result = await execute(now);
    expect(result.attempts.map(({ outcome }) => outcome)).toEqual(['not_sent', 'not_sent', 'accepted']);
    expect([result.status, now.fake.count('submit')]).toEqual(['FILLED', 1]);
  });

  it('rate limit on the submit: waited out, then the same id, and the exchange holds one order [S5]', async () => {
    const now = await world(exchange);
    now.fake.fault({ on: 'submit', answer: { ...now.fake.speech.refuse('rate'), headers: { 'retry-after': '3' } } });
    const result = await execute(now);
    const names = now.fake.requests.filter(({ route }) => route === 'submit').map(({ name }) => name);
    expect(result.status).toBe('FILLED');
    expect([new Set(names).size, names.length]).toEqual([1, 2]);
    expect(now.store.orders.filter(({ type }) => type === 'market')).toHaveLength(1);
  });

  it('a market that is halted: refused before any order [V9]', async () => {
    const now = await world(exchange);
    now.store.tradable = false;
    const result = await execute(now);
    expect(result).toMatchObject({ status: 'REJECTED', reason: 'INSTRUMENT_RULES' });
    expect(now.fake.count('submit')).toBe(0);
  });

  it('one leg stands, the other is refused: each is told as it is [B2]', async () => {
    if (exitsOf(exchange) === 1) return;
    const now = await world(exchange, { base: '0' });
    // Where no exit holds the balance, something else is against it.
    if (exchange === 'bybit') now.fake.fault({ on: 'protect', answer: 'trigger', name: /-tp$/ });
    const result = await execute(now);
    expect(result).toMatchObject({ status: 'FILLED', reconciliationReport: { status: 'MISSING_SL_TP' } });
    expect(now.store.open().map(({ type }) => type)).toEqual(['stop']);
    expect(now.fake.count('protect'), 'the stop, then the profit, each once').toBe(2);
    expect(now.lines.join()).toContain('UNPROTECTED_POSITION');
  });
});
