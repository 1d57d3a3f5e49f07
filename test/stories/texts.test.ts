/**
 * Texts and numbers that others send: bounded where they are kept (A42), and never another number than was sent (A24).
 */
import { freezeSnapshot, snapshotHash } from 'fillchart';
import type { FaultBroker } from 'fillchart/testing';
import { describe, expect, it } from 'vitest';
import type { OrderRequest } from '../../src/domain/ports.js';
import { ADVISORY, execute, fill, fills, world } from './support.js';

const LONG = 'x'.repeat(100_000_000);
const KB4 = 4_096;

/** The longest text anywhere in a value. */
function longest(value: unknown): number {
  if (typeof value === 'string') return Buffer.byteLength(value);
  if (typeof value !== 'object' || value === null) return 0;
  return Math.max(0, ...Object.values(value).map(longest));
}

describe('texts of a broker (A42)', () => {
  it.each([
    ['a rejection', { script: { submit: { kind: 'rejected', code: 'NO', reason: LONG } } }],
    ['the code of a rejection', { script: { submit: { kind: 'rejected', code: LONG, reason: 'no' } } }],
    ['a submit call that was not sent', { script: { submit: { kind: 'not_sent', reason: LONG } } }],
    ['an unknown outcome', { script: { submit: { kind: 'unknown', cause: LONG } } }],
    ['a refused margin', { margin: { refused: LONG } }],
    [
      'an instrument',
      { instruments: { AAPL: { symbol: 'AAPL', tickSize: '0.01', lotSize: '1', tradable: false, reason: LONG } } },
    ],
    [
      'an order that ended',
      {
        capabilities: { push: true },
        script: ({ clientOrderId }: OrderRequest) => ({
          pushes: [
            {
              at: 1_000,
              report: { clientOrderId, brokerOrderId: 'B-1', state: 'rejected', filledSize: '0', reason: LONG },
            },
          ],
        }),
      },
    ],
    [
      'an error',
      {
        wrap: (broker: FaultBroker) => ({ ...broker, instrument: () => Promise.reject(new Error(LONG)) }),
      },
    ],
    [
      'legs that were refused',
      {
        script: {
          ...fills(fill(1, 100, 151)),
          protection: {
            stopLoss: { kind: 'rejected', code: 'NO', reason: LONG },
            takeProfit: { kind: 'rejected', code: 'NO', reason: LONG },
          },
        },
      },
    ],
  ] as const)('A42: %s of 100 MB is bounded to 4 kB in result, audit and log', async (_what, setting) => {
    const now = await world(setting as never);
    const result = await execute(now);
    expect(longest(result)).toBeLessThanOrEqual(KB4);
    expect(longest(now.engine.executionLogs)).toBeLessThanOrEqual(KB4);
    expect(longest(now.lines)).toBeLessThanOrEqual(KB4);
    const said = JSON.stringify([result, now.engine.executionLogs]);
    expect(said).toContain('xxx');
    expect(said).toMatch(/cut: 100000000 characters/);
  });

  it('A42: the cut never splits a character, and counts bytes', async () => {
    const now = await world({ script: { submit: { kind: 'rejected', code: 'NO', reason: '💥'.repeat(5_000) } } });
    const { errorMessage = '' } = await execute(now);
    expect(Buffer.byteLength(errorMessage)).toBeLessThanOrEqual(KB4);
    expect(errorMessage).toBe(Buffer.from(errorMessage).toString());
    expect(errorMessage).toContain('cut: 10000 characters');
  });
});

describe('numbers that a double cannot hold (A24)', () => {
  const withContext = (reasoningContext: object) => ({ ...ADVISORY, reasoningContext });
  // As a host program reads them: JSON.parse has rounded both to the same double.
  const parsed = (digits: string) => JSON.parse(`{"orderId": ${digits}, "deep": [{"id": ${digits}}]}`) as object;

  it('A24 R1.2: an integer beyond 2^53 is refused, since its last digits are lost: it must be text', async () => {
    for (const digits of [
      '1234567890123456781',
      '1234567890123456782',
      '-9007199254740993',
      '9007199254740992',
      '1e300',
    ])
      expect(() => freezeSnapshot(withContext(parsed(digits)))).toThrow(/2\^53.*text/);
    const now = await world();
    const result = await execute(now, withContext(parsed('1234567890123456781')));
    expect([result.status, result.reason]).toEqual(['REJECTED', 'INVALID_REASONING_CONTEXT']);
  });

  it('A24 R1.2: as text they differ in hash, and what a double holds is taken', () => {
    const hash = (id: unknown) => snapshotHash(freezeSnapshot(withContext({ id })));
    expect(hash('1234567890123456781')).not.toBe(hash('1234567890123456782'));
    expect(hash(9_007_199_254_740_991)).not.toBe(hash(9_007_199_254_740_990));
    expect(hash(0.1)).toMatch(/^[0-9a-f]{64}$/);
  });

  it('A24 R1.1: nor is such a number taken as size or price', () => {
    expect(() => freezeSnapshot({ ...ADVISORY, positionSize: 2 ** 53 })).toThrow(/positionSize.*text/);
    expect(freezeSnapshot({ ...ADVISORY, positionSize: 9_007_199_254_740_993n }).positionSize).toBe('9007199254740993');
    expect(freezeSnapshot({ ...ADVISORY, positionSize: '9007199254740993' }).positionSize).toBe('9007199254740993');
  });
});
