/**
 * A fee in the bought coin and a fill that is taken back or changed, in one life (B6, P8): size, price and fee follow together
 * until the exits are asked for; afterwards a case says what they cover, and nothing is moved.
 */
import type { SnapshotInput } from 'fillchart';
import { describe, expect, it } from 'vitest';
import type { ProtectionRequest } from '../../src/domain/ports.js';
import { ADVISORY, auditEvents, push, sentences, told, type World } from './support.js';

const SYMBOL = 'BTC/USDT';
const BUYING: SnapshotInput = { ...ADVISORY, symbol: SYMBOL, positionSize: '1' };
const SETTING = {
  script: { fills: [] },
  instruments: { [SYMBOL]: { symbol: SYMBOL, tickSize: '0.01', lotSize: '0.001' } },
};
const fee = (amount: string) => [{ asset: 'BTC', amount }];

const exits = ({ broker }: World) =>
  broker.calls
    .filter(({ method }) => method === 'placeProtection')
    .map(({ argument }) => argument as ProtectionRequest)
    .map(({ quantity, stopLoss, takeProfit }) => [quantity, stopLoss, takeProfit]);

const fill = (id: string, quantity: string, price: string) => ({ id, quantity, price });

describe('a fee and a correction in one life (B6 P8)', () => {
  it('B6 P8: a fill is changed before the rest fills: the exits are for what stands, less the fee of what stands', async () => {
    const { now, result } = await told(
      SETTING,
      [
        [
          1,
          push({
            state: 'partially_filled',
            filledSize: '0.6',
            fillPrice: '150',
            fills: [fill('E1', '0.6', '150')],
            fees: fee('0.0006'),
          }),
        ],
        [
          2,
          push({
            state: 'partially_filled',
            filledSize: '0.5',
            fillPrice: '140',
            fills: [fill('E1', '0.5', '140')],
            fees: fee('0.0005'),
            correction: { kind: 'correct', fillId: 'E1' },
          }),
        ],
        [
          3,
          push({
            state: 'filled',
            filledSize: '1',
            fillPrice: '145',
            fills: [fill('E1', '0.5', '140'), fill('E2', '0.5', '150')],
            fees: fee('0.001'),
          }),
        ],
      ],
      BUYING,
    );
    expect(result).toMatchObject({ status: 'FILLED', finalFillPrice: '145', finalSl: '142.1', finalTp: '149.35' });
    expect(exits(now)).toEqual([['0.999', '142.1', '149.35']]);
    expect(result.unprotectedQuantity).toBeUndefined();
    expect(auditEvents(now)).toContain('fill_corrected');
  });

  it('B6 P8: one of two fills is taken back, its fee with it, and the order is cancelled: the exits are for the other', async () => {
    const { now, result } = await told(
      SETTING,
      [
        [
          1,
          push({
            state: 'partially_filled',
            filledSize: '0.7',
            fillPrice: '150',
            fills: [fill('E1', '0.3', '150'), fill('E2', '0.4', '150')],
            fees: fee('0.0007'),
          }),
        ],
        [
          2,
          push({
            state: 'partially_filled',
            filledSize: '0.3',
            fillPrice: '150',
            fills: [fill('E1', '0.3', '150')],
            fees: fee('0.0003'),
            correction: { kind: 'bust', fillId: 'E2' },
          }),
        ],
        [3, push({ state: 'cancelled', filledSize: '0.3', fillPrice: '150', fees: fee('0.0003') })],
      ],
      BUYING,
    );
    expect(result).toMatchObject({ status: 'CANCELLED', finalPositionSize: '0.3', unprotectedQuantity: '0.0007' });
    expect(exits(now)).toEqual([['0.299', '147', '154.5']]);
  });

  it('B6 P8: a fill is changed to another price after the exits, the fee is told then: a case, and nothing is moved', async () => {
    const { now, result } = await told(
      SETTING,
      [
        [
          1,
          push({
            state: 'filled',
            filledSize: '1',
            fillPrice: '150',
            fills: [fill('E1', '1', '150')],
            fees: fee('0.001'),
          }),
        ],
      ],
      BUYING,
    );
    expect(result).toMatchObject({ status: 'FILLED', finalSl: '147', finalTp: '154.5' });
    const changed = { filledSize: '1', fillPrice: '140', fills: [fill('E1', '1', '140')], fees: fee('0.0012') };
    push({ state: 'filled', ...changed, correction: { kind: 'correct', fillId: 'E1' } })(now);
    await now.clock.advance(1_000);
    expect(exits(now)).toEqual([['0.999', '147', '154.5']]);
    // The position of the scripted broker knows of no fill, so a case is open already: it grows.
    const found = now.engine.cases.open().flatMap(({ mismatches }) => mismatches);
    const message = found.find(({ kind }) => kind === 'FILL_CORRECTED')?.message;
    expect(message).toMatch(/the exits still cover 0.999 \(SL 147, TP 154.5\)/);
  });

  it('B6 P8: the whole fill is taken back before the exits, and its fee stays on the report: nothing is sold that is not there', async () => {
    const { now, result } = await told(
      SETTING,
      [
        [
          1,
          push({
            state: 'partially_filled',
            filledSize: '0.6',
            fillPrice: '150',
            fills: [fill('E1', '0.6', '150')],
            fees: fee('0.0006'),
          }),
        ],
        [
          2,
          push({
            state: 'pending',
            filledSize: '0',
            fillPrice: undefined,
            fills: [],
            fees: fee('0.0006'),
            correction: { kind: 'bust', fillId: 'E1' },
          }),
        ],
        [3, push({ state: 'cancelled', filledSize: '0', fillPrice: undefined, fees: fee('0.0006') })],
      ],
      BUYING,
    );
    expect(result).toMatchObject({ status: 'CANCELLED', finalPositionSize: '0' });
    expect(exits(now)).toEqual([]);
    expect(sentences(result).join()).not.toContain('-0.0006');
  });
});
