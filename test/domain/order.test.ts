/**
 * Reports that are dropped at a glance: never one that reading and applying would have made anything of.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Decimal, parseDecimal } from '../../src/domain/decimal.js';
import { applyReport, newOrder, readOrderReport, saysNothingNew } from '../../src/domain/order.js';

const ref = { clientOrderId: 'ADV-1' };

function decimal(text: string): Decimal {
  const parsed = parseDecimal(text);
  if (parsed === undefined) throw new Error(`${text} is no decimal`);
  return parsed;
}

const sometimes = <T>(value: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 9, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: value });

/** Mostly what a venue says again and again; now and then anything else. */
const report = fc.record({
  clientOrderId: fc.constantFrom('ADV-1', 'ADV-1', 'ADV-1', 'ADV-2'),
  brokerOrderId: fc.constantFrom('B1', 'B1', 'B2', '', undefined),
  state: fc.constantFrom('working', 'pending', 'partially_filled', 'filled', 'cancelled', 'rejected', 'whatever', 7),
  filledSize: fc.constantFrom('0', '0', '40', '40', '100', '0.0', '-1', 40, undefined),
  fillPrice: fc.constantFrom(undefined, undefined, '151', '152', '0'),
  reason: sometimes(fc.constantFrom('no such order', 'margin')),
  quantity: sometimes(fc.constantFrom('40', '100')),
  price: sometimes(fc.constant('1')),
  fees: sometimes(fc.constant([{ asset: 'USD', amount: '1' }])),
  fills: sometimes(fc.constantFrom([{ id: 'F1', quantity: '40', price: '151' }], [{ quantity: '1', price: '2' }])),
  correction: sometimes(fc.constantFrom({ kind: 'bust', fillId: 'F1' }, { kind: 'correct' })),
});

const OPEN = { ...ref, brokerOrderId: 'B1', state: 'working', filledSize: '0' };

/** The order after these reports. */
const told = (raws: readonly unknown[]) =>
  raws.reduce<ReturnType<typeof newOrder>>(
    (order, raw) => {
      const read = readOrderReport(raw, ref);
      return read === undefined ? order : applyReport(order, read);
    },
    newOrder(decimal('100')),
  );

describe('a report that says nothing new (P2)', () => {
  it('P2 P8 P10: is one that changes nothing when it is read and applied, whatever was told before', () => {
    let dropped = 0;
    fc.assert(
      fc.property(fc.array(report, { maxLength: 4 }), report, (before, fresh) => {
        const order = told([OPEN, ...before]);
        for (const raw of [OPEN, ...before, fresh]) {
          if (!saysNothingNew(raw, ref, order)) continue;
          dropped += 1;
          const read = readOrderReport(raw, ref);
          expect(read === undefined ? order : applyReport(order, read)).toBe(order);
        }
      }),
      { numRuns: 1_000 },
    );
    expect(dropped).toBeGreaterThan(50);
  });

  it('P2: what a poll says of an order that is open, or filled in part, is dropped', () => {
    expect(saysNothingNew(OPEN, ref, told([OPEN]))).toBe(true);
    const part = { ...OPEN, state: 'partially_filled', filledSize: '40', fillPrice: '151' };
    expect(saysNothingNew(part, ref, told([OPEN, part]))).toBe(true);
  });

  it('control: a fill, another order, a closed order and what cannot be read are not', () => {
    const order = told([OPEN]);
    const others = [
      { ...OPEN, filledSize: '1' },
      { ...OPEN, state: 'canceled' },
      { ...OPEN, clientOrderId: 'ADV-2' },
    ];
    for (const raw of [...others, null, 7, 'working', {}]) expect(saysNothingNew(raw, ref, order)).toBe(false);
    const hostile = {
      ...OPEN,
      get fills() {
        throw new Error('a getter');
      },
    };
    expect(saysNothingNew(hostile, ref, order)).toBe(false);
  });
});
