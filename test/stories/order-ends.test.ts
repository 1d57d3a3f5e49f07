/**
 * Orders that are over in other words than ours (P9, P10, P12), and numbers of any length (P11).
 */
import type { OrderReport } from 'fillchart';
import { describe, expect, it } from 'vitest';
import type { BrokerAdapter } from '../../src/domain/ports.js';
import type { FaultBroker } from '../../src/testing/fault-broker.js';
import { fill, fills, mismatchKinds, push, type Setting, told } from './support.js';

/** The broker's reports, changed on their way. */
const saying =
  (change: (report: OrderReport) => Partial<OrderReport>) =>
  (broker: FaultBroker): BrokerAdapter => ({
    ...broker,
    getOrderStatus: async (ref, signal) => {
      const report = await broker.getOrderStatus(ref, signal);
      return report === 'not_found' ? report : { ...report, ...change(report) };
    },
  });

const whole = fills(fill(1, 100, 151));

describe('the whole size is a full fill, whatever the word (P9)', () => {
  it.each(['calculated', 'done_for_day', 'pending_cancel', 'partially_filled', 'suspended', 'canceled'])(
    'A27 P9: the whole fill told as %s: FILLED, protected, MATCHED',
    async (state) => {
      const { now, result } = await told({
        script: whole,
        wrap: saying(({ filledSize }) => (filledSize === '100' ? { state } : {})),
      });
      expect(result).toMatchObject({ status: 'FILLED', finalSl: '147.98', finalTp: '155.53' });
      expect(mismatchKinds(result)).toEqual([]);
      expect(now.engine.cases.all()).toEqual([]);
    },
  );

  it('P9: a control: an order that is open with less is told as open', async () => {
    const { result } = await told({ script: { ...fills(fill(1, 40, 151)), cancel: 'ignore' } });
    expect(mismatchKinds(result)).toContain('ORDER_STILL_OPEN');
  });
});

describe('over with less than the approved size (P10)', () => {
  const almost = fills(fill(1, '99', 151));
  const filledWhenAny = saying(({ filledSize }) => (filledSize === '99' ? { state: 'filled' } : {}));

  it('A28 P10: filled with 99 of 100, told twice: protected at once', async () => {
    const { now, result } = await told({ script: almost, wrap: filledWhenAny });
    expect(result).toMatchObject({ status: 'CANCELLED', finalPositionSize: '99', finalSl: '147.98' });
    expect(result.totalDurationSeconds).toBeLessThan(2);
    expect(mismatchKinds(result)).toEqual(['PARTIAL_FILL']);
    expect(now.broker.count('cancelOrder')).toBe(0);
  });

  it('A28 P10 B6: filled with 99.7 of 100, told twice: closed at once, the whole lots protected, the rest named', async () => {
    const { result } = await told({
      script: fills(fill(1, '99.7', 151)),
      wrap: saying(({ filledSize }) => (filledSize === '99.7' ? { state: 'filled' } : {})),
    });
    expect(result).toMatchObject({ status: 'CANCELLED', finalPositionSize: '99.7', finalSl: '147.98' });
    expect(result.totalDurationSeconds).toBeLessThan(2);
    expect(result.nakedWindowMs).toBeLessThan(1_000);
    expect(result.unprotectedQuantity).toBe('0.7');
  });

  it('A28 P10: told once is a contradiction: asked again', async () => {
    const { result } = await told({ script: whole }, [[0.05, push({ filledSize: '99' })]]);
    expect(result).toMatchObject({ status: 'FILLED', finalPositionSize: '100' });
  });

  it('A28 P10: told once, and a cancel finds nothing to cancel: over at that size', async () => {
    const wrap = (broker: FaultBroker): BrokerAdapter => ({
      ...broker,
      getOrderStatus: () => Promise.reject(new Error('429')),
      cancelOrder: () => Promise.resolve('already_closed'),
    });
    const { result } = await told({ script: { fills: [] }, wrap }, [[29.9, push({ filledSize: '60' })]]);
    expect(result).toMatchObject({ status: 'FAILED_TIMEOUT', finalPositionSize: '60', finalSl: '147.98' });
    expect(result.totalDurationSeconds).toBeLessThan(30.5);
  });

  it.each([
    ['canceled', 'BROKER_CANCELLED'],
    ['cancelled', 'BROKER_CANCELLED'],
    ['closed', 'BROKER_CANCELLED'],
    ['done', 'BROKER_CANCELLED'],
    ['done_for_day', 'BROKER_EXPIRED'],
    ['DoneForDay', 'BROKER_EXPIRED'],
    ['EXPIRED', 'BROKER_EXPIRED'],
  ])('P10 P6: 40 filled and %s: closed at once, and protected', async (state, reason) => {
    const { result } = await told({
      script: fills(fill(1, 40, 151)),
      wrap: saying(({ filledSize }) => (filledSize === '40' ? { state } : {})),
    });
    expect(result).toMatchObject({ status: 'CANCELLED', reason, finalPositionSize: '40', finalSl: '147.98' });
    expect(result.totalDurationSeconds).toBeLessThan(2);
    expect(mismatchKinds(result)).toEqual(['PARTIAL_FILL']);
  });

  it('B15 P10: restated to 60 and filled 60: over at once', async () => {
    const { result } = await told({
      script: fills(fill(1, 60, 151)),
      wrap: saying(({ filledSize }) => (filledSize === '60' ? { quantity: '60' } : {})),
    });
    expect(result).toMatchObject({ status: 'CANCELLED', finalPositionSize: '60', finalSl: '147.98' });
    expect(result.totalDurationSeconds).toBeLessThan(2);
    expect(mismatchKinds(result)).toEqual(['PARTIAL_FILL']);
  });

  it('P10: a control: restated to 60 with 40 filled is open', async () => {
    const { result } = await told({
      script: fills(fill(1, 40, 151), fill(3, 20, 151)),
      wrap: saying(() => ({ quantity: '60' })),
    });
    expect(result).toMatchObject({ status: 'CANCELLED', finalPositionSize: '60' });
    expect(result.totalDurationSeconds).toBeGreaterThan(2.9);
  });
});

describe('numbers of any length (P11)', () => {
  it.each([
    ['31 digits after the point', '151.3333333333333333333333333333333', '151.333333333333333333333333333333'],
    ['two hundred of them', `151.${'3'.repeat(200)}`, '151.333333333333333333333333333333'],
    ['half-even at the 30th', `151.${'0'.repeat(29)}15`, `151.${'0'.repeat(28)}02`],
    ['half-even, down', `151.${'0'.repeat(29)}25`, `151.${'0'.repeat(28)}02`],
  ])('A26 P11: an average of %s is rounded, not refused', async (_, fillPrice, known) => {
    const { result } = await told({ script: whole, wrap: saying(() => ({ fillPrice })) });
    expect(result).toMatchObject({ status: 'FILLED', finalFillPrice: known });
    expect(result.reconciliationReport?.status).toBe('MATCHED');
  });

  it('A26 P11: sizes too', async () => {
    const { result } = await told({
      script: whole,
      wrap: saying(({ filledSize }) => (filledSize === '100' ? { filledSize: `100.${'0'.repeat(40)}` } : {})),
    });
    expect(result).toMatchObject({ status: 'FILLED', finalPositionSize: '100' });
  });

  it.each([
    ['1e31', '10000000000000000000000000000000'],
    ['9'.repeat(31), '10000000000000000000000000000000'],
    ['1e40', `1${'0'.repeat(40)}`],
  ])('A26 P11 E5: a price of %s, too, is a price: protected, and no fault of the engine', async (fillPrice, known) => {
    const { now, result } = await told({ script: whole, wrap: saying(() => ({ fillPrice })) });
    expect(result).toMatchObject({ status: 'FILLED', finalFillPrice: known });
    expect(now.broker.count('placeProtection')).toBeGreaterThan(0);
    expect(now.engine.killSwitch.isActive()).toBe(false);
  });

  it('A26 P11 V10 E5: a tick of that size refuses the advisory, before anything is sent', async () => {
    const { now, result } = await told({
      script: whole,
      wrap: (broker) => ({ ...broker, instrument: async () => ({ symbol: 'AAPL', tickSize: '1e40', lotSize: '1' }) }),
    });
    expect(result).toMatchObject({ status: 'REJECTED', reason: 'EXITS_NOT_PLACEABLE' });
    expect(now.broker.count('writes')).toBe(0);
  });
});

describe('the answer to a question is no event of the order (P12)', () => {
  const rejectsQuestions = (reason: string): NonNullable<Setting['wrap']> => {
    let asked = 0;
    return (broker) => ({
      ...broker,
      getOrderStatus: async (ref, signal) => {
        asked += 1;
        const report = await broker.getOrderStatus(ref, signal);
        if (asked > 5 || report === 'not_found') return report;
        return { clientOrderId: ref.clientOrderId, brokerOrderId: '', state: 'rejected', filledSize: '0', reason };
      },
    });
  };

  it.each(['Order not found', 'Unknown order', 'no such order', 'order does not exist'])(
    'B5 P12: status request answered "rejected: %s": watched on, then filled',
    async (reason) => {
      const { result } = await told({ script: whole, wrap: rejectsQuestions(reason) });
      expect(result).toMatchObject({ status: 'FILLED', finalSl: '147.98' });
    },
  );

  it.each(['symbol not found', 'unknown order type', 'no such order type'])(
    'P12: a control: a reject of the order itself ends it: %s',
    async (reason) => {
      const { result } = await told({ script: { fills: [] } }, [
        [1, push({ state: 'rejected', filledSize: '0', fillPrice: undefined, reason })],
      ]);
      expect(result).toMatchObject({ status: 'FAILED', reason: 'BROKER_REJECTED' });
    },
  );
});
