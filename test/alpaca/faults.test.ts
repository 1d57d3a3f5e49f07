/**
 * The fault table, end to end, with the requests that the venue counted: exactly one entry order per advisory, always.
 */
import type { ExecutionResult } from 'fillchart';
import type { AlpacaAnswer, AlpacaFault, AlpacaScript } from 'fillchart/testing';
import { describe, expect, it } from 'vitest';
import { execute, type World, world } from './support.js';

const FILLED = ['FILLED', 'MATCHED'];
const at1s: AlpacaScript = { fills: [{ at: 1_000, quantity: '100' }] };
const page = (status: number): AlpacaAnswer => ({ status });

interface Tale {
  readonly script?: AlpacaScript;
  readonly faults?: readonly AlpacaFault[];
  readonly before?: (now: World) => unknown;
  /** Status and reconciliation. */
  readonly ends: readonly unknown[];
  /** Exit pairs posted; 1 by default. */
  readonly pairs?: number;
  readonly also?: (now: World, result: ExecutionResult) => void;
}

const lostAnswers: readonly (readonly [string, AlpacaAnswer])[] = [
  ['no answer', 'silence'],
  ['the connection is cut', 'cut'],
  ['the body is cut', 'cut_body'],
  ['the body stalls', 'stalled_body'],
  ['200 with HTML', 'html'],
  ['200 with {}', 'empty_object'],
  ['500', page(500)],
  ['502', page(502)],
  ['503 with a code', { status: 503, code: 50310000, message: 'unavailable' }],
  ['504', page(504)],
  ['403 of a firewall', page(403)],
  ["422 that is not Alpaca's", page(422)],
];

/** One of each kind: the table of answers has a test of its own. */
const fewLostAnswers = lostAnswers.filter(([what]) =>
  ['no answer', 'the connection is cut', '200 with {}', '503 with a code'].includes(what),
);

const positionLag: AlpacaFault = {
  on: 'protect',
  answer: {
    status: 403,
    code: 40310000,
    message: 'insufficient qty available for order (requested: 100, available: 0)',
  },
  times: 2,
};

const TALES: Readonly<Record<string, Tale>> = {
  ...Object.fromEntries(
    lostAnswers.map(([what, answer]) => [
      `submit, ${what}, and the order is live [S4]`,
      { faults: [{ on: 'submit', answer, live: true }], ends: FILLED } satisfies Tale,
    ]),
  ),
  ...Object.fromEntries(
    fewLostAnswers.map(([what, answer]) => [
      `submit, ${what}, and the order never was [S4]`,
      { faults: [{ on: 'submit', answer }], pairs: 0, ends: ['FAILED_TIMEOUT', 'MISMATCH'] } satisfies Tale,
    ]),
  ),
  ...Object.fromEntries(
    fewLostAnswers.map(([what, answer]) => [
      `exit pair, ${what}, and it stands: the repeat is refused as a duplicate [B1 B2]`,
      { faults: [{ on: 'protect', answer, live: true }], pairs: 2, ends: FILLED, also: onePair } satisfies Tale,
    ]),
  ),
  'not found right after the submit [S4]': { script: { ...at1s, hiddenMs: 700, updates: 'none' }, ends: FILLED },
  'the id is taken already: adopted [S3]': {
    faults: [
      { on: 'submit', answer: { status: 422, code: 40010001, message: 'client_order_id must be unique' }, live: true },
    ],
    ends: FILLED,
  },
  'filled before the cancel: 422, read, protected [P6]': {
    script: { fills: [{ at: 30_000, quantity: '100' }], updates: 'none' },
    ends: FILLED,
  },
  'fill after the cancel [T2]': {
    script: { fills: [], cancel: 'fill', cancelMs: 500 },
    ends: ['EXECUTED_FULL_LATE', 'MATCHED'],
  },
  'cancel never carried out [T3 P7]': {
    script: { fills: [], cancel: 'ignore' },
    pairs: 0,
    ends: ['FAILED_TIMEOUT', 'MISMATCH'],
  },
  'cancel answer lost, tried again, confirmed [T3]': {
    script: { fills: [] },
    faults: [{ on: 'cancel', answer: page(503) }],
    pairs: 0,
    ends: ['FAILED_TIMEOUT', 'MATCHED'],
    also: ({ simulator }) => expect(simulator.count('cancel')).toBe(2),
  },
  'partial fill, then cancelled [P4 B1]': {
    script: { fills: [{ at: 1_000, quantity: '30' }] },
    ends: ['FAILED_TIMEOUT', 'MISMATCH'],
    also: (_, result) => expect(result.finalPositionSize).toBe('30'),
  },
  'Alpaca cancels a partly filled order by itself [P6]': {
    script: { fills: [{ at: 1_000, quantity: '30' }], ends: { at: 2_000, as: 'canceled' } },
    ends: ['CANCELLED', 'MISMATCH'],
  },
  'rejected after it was accepted [P6]': {
    script: { fills: [], ends: { at: 500, as: 'rejected', reason: 'halted' } },
    pairs: 0,
    ends: ['FAILED', 'MATCHED'],
  },
  'updates doubled and in reverse order [P2]': {
    script: {
      fills: [10, 20, 30, 40].map((size, n) => ({ at: n * 500, quantity: String(size), price: `15${n}` })),
      updates: 'replayed',
    },
    ends: FILLED,
    also: (_, result) => expect(result.finalFillPrice).toBe('152'),
  },
  'no updates at all: polls find the fill [P1]': { script: { ...at1s, updates: 'none' }, ends: FILLED },
  'filled, and the price comes two seconds later [P3]': { script: { ...at1s, priceless: 2_000 }, ends: FILLED },
  'filled, and no price ever: no SL and TP, an alarm [P3]': {
    script: { ...at1s, priceless: Number.POSITIVE_INFINITY },
    pairs: 0,
    ends: ['FAILED_TIMEOUT', 'MISSING_SL_TP'],
  },
  'more is filled than was asked for [P5]': {
    script: { fills: [{ at: 1_000, quantity: '120' }] },
    ends: ['FILLED', 'MISMATCH'],
    also: (_, result) => expect(result.finalPositionSize).toBe('120'),
  },
  'polls are answered with nonsense [P2]': {
    script: { fills: [{ at: 4_000, quantity: '100' }] },
    faults: [
      { on: 'order', answer: 'html' },
      { on: 'order', answer: 'empty_object' },
    ],
    ends: FILLED,
  },
  'the position lags the fill: the pair is refused, and placed [B2]': {
    faults: [positionLag],
    pairs: 3,
    ends: FILLED,
    also: onePair,
  },
  'the stop is through the market: refused, alarmed, never a close [B2 B3]': {
    script: { fills: [{ at: 1_000, quantity: '100', price: '151' }] },
    before: ({ simulator }) => simulator.setQuote('AAPL', '140'),
    ends: ['FILLED', 'MISSING_SL_TP'],
    also: ({ simulator, lines }) => {
      expect(simulator.orders().filter(({ side }) => side === 'sell')).toEqual([]);
      expect(lines.join()).toContain('UNPROTECTED_POSITION');
    },
  },
  'a position was there before [R6.2]': {
    before: ({ simulator }) => simulator.setPosition('AAPL', '25'),
    ends: FILLED,
  },
};

/** One exit pair stands, whatever was posted. */
function onePair({ simulator }: World): void {
  expect(simulator.orders().filter(({ type }) => type === 'limit')).toHaveLength(1);
}

describe('faults at Alpaca', () => {
  it.each(Object.entries(TALES))('%s', async (_, { script, faults = [], before, ends, pairs = 1, also }) => {
    const now = await world(script === undefined ? {} : { scripts: [script] });
    for (const fault of faults) now.simulator.fault(fault);
    before?.(now);
    const result = await execute(now);
    expect([result.status, result.reconciliationReport?.status]).toEqual(ends);
    expect(now.simulator.count('submit'), 'entry orders').toBe(1);
    expect(now.simulator.count('protect'), 'exit pairs').toBe(pairs);
    also?.(now, result);
  });

  it('connection refused: nothing left, tried again with the same id, and the venue sees one [S5]', async () => {
    let refusals = 2;
    const refuse = (method: string | undefined): boolean => method === 'POST' && refusals-- > 0;
    const now = await world({ scripts: [at1s], refuse });
    const result = await execute(now);
    expect(result.attempts.map(({ outcome }) => outcome)).toEqual(['not_sent', 'not_sent', 'accepted']);
    expect([result.status, now.simulator.count('submit')]).toEqual(['FILLED', 1]);
  });

  it('rate limit on the submit: waits out Retry-After, then sends the same id [S5]', async () => {
    const now = await world();
    now.simulator.fault({
      on: 'submit',
      answer: { status: 429, code: 42910000, message: 'rate limit exceeded', headers: { 'retry-after': '3' } },
    });
    const result = await execute(now);
    const posts = now.simulator.requests.filter(({ route }) => route === 'submit');
    expect(result.status).toBe('FILLED');
    expect(new Set(posts.map(({ clientOrderId }) => clientOrderId)).size).toBe(1);
    expect(posts).toHaveLength(2);
    expect((posts[1]?.at ?? 0) - (posts[0]?.at ?? 0)).toBeGreaterThanOrEqual(3_000);
    expect(now.simulator.orders().filter(({ type }) => type === 'market')).toHaveLength(1);
  });
});
