/**
 * Exits that somebody changes at the venue, by the exits' chart itself (B7): what stands, and from when on it is asked for.
 */
import { describe, expect, it } from 'vitest';
import { decimal } from '../../src/domain/decimal.js';
import type { ProtectionFact } from '../../src/machines/protection.facts.js';
import { newProtectionState, step } from '../../src/machines/step.js';
import { exitsLife, HELD } from './chart.support.js';

type Told = ReturnType<ReturnType<typeof exitsLife>['tell']>;

/** What the step asks a human to look at, as `kind: actual`, and by which kind of case. */
const asked = ({ commands }: Told): readonly (readonly [kind: string, ...found: string[]])[] =>
  commands.flatMap((command) =>
    command.type === 'openCase'
      ? [[command.kind, ...command.mismatches.map(({ kind, actual }) => `${kind}: ${actual}`)] as const]
      : [],
  );

const MOVED = { price: decimal('140') };

describe('another price', () => {
  it('B7: is told when it is shown again five seconds on, and not before', () => {
    const life = exitsLife();
    expect(asked(life.report(1_000, 'sl', MOVED))).toEqual([]);
    expect(asked(life.report(5_999, 'sl', MOVED))).toEqual([]);
    expect(asked(life.report(6_000, 'sl', MOVED))).toEqual([['MISMATCH', 'STOP_LOSS_PRICE: 140']]);
    expect(life.state).toBe('working.whole');
  });

  it('B7: of the take-profit as well, by a report on the stop-loss as well', () => {
    const life = exitsLife();
    life.report(1_000, 'tp', { price: decimal('160') });
    life.report(1_000, 'sl', {});
    expect(asked(life.report(6_000, 'sl', {}))).toEqual([['MISMATCH', 'TAKE_PROFIT_PRICE: 160']]);
  });

  it('B7: that moves again counts from then', () => {
    const life = exitsLife();
    life.report(1_000, 'sl', MOVED);
    life.report(5_000, 'sl', { price: decimal('141') });
    expect(asked(life.report(9_000, 'sl', { price: decimal('141') }))).toEqual([]);
    expect(asked(life.report(10_000, 'sl', { price: decimal('141') }))).toHaveLength(1);
  });

  it('B7: that is moved back is none', () => {
    const life = exitsLife();
    life.report(1_000, 'sl', MOVED);
    life.report(2_000, 'sl', { price: decimal('147.98') });
    expect(asked(life.report(9_000, 'sl', { price: decimal('147.98') }))).toEqual([]);
    expect(life.context.amended).toBeUndefined();
  });

  it('B7 P2: an older report says nothing of now', () => {
    const life = exitsLife();
    life.report(1_000, 'sl', { cumQty: 40, avgPrice: '147.98', ...MOVED });
    life.report(2_000, 'sl', { cumQty: 40, avgPrice: '147.98', ...MOVED });
    expect(asked(life.report(9_000, 'sl', { cumQty: 20, avgPrice: '147.98', ...MOVED }))).toEqual([]);
    expect(asked(life.report(9_000, 'sl', { cumQty: 40, ...MOVED }))).toEqual([['MISMATCH', 'STOP_LOSS_PRICE: 140']]);
  });

  it.each([
    ['settling', 'tp', { status: 'filled', cumQty: 100, avgPrice: '155.53' }],
    ['doubting', 'tp', { status: 'cancelled' }],
  ] as const)('B7: is told while the exits are %s', (state, leg, report) => {
    const life = exitsLife();
    life.report(1_000, 'sl', MOVED);
    life.report(2_000, leg, report);
    expect(life.state.split('.')[0]).toBe(state);
    expect(asked(life.report(6_000, 'sl', MOVED))).toEqual([['MISMATCH', 'STOP_LOSS_PRICE: 140']]);
  });
});

describe('another size', () => {
  it('B7: is told once the other exit has been heard with nothing more filled', () => {
    const life = exitsLife();
    life.report(1_000, 'sl', { quantity: 60 });
    expect(asked(life.report(9_000, 'sl', { quantity: 60 }))).toEqual([]);
    expect(asked(life.report(9_000, 'tp', {}))).toEqual([['PROTECTION_SIZE', 'PROTECTION_SIZE: 60']]);
  });

  it('B7: of an exit alone is told when it is shown again', () => {
    const life = exitsLife({ tp: undefined as never });
    life.report(1_000, 'sl', { quantity: 60 });
    expect(asked(life.report(6_000, 'sl', { quantity: 60 }))).toHaveLength(1);
  });

  it('B7: that a fill explains is none, also when the exit is not told anew', () => {
    const life = exitsLife({ nativeOco: true });
    life.report(1_000, 'sl', { quantity: 60 });
    life.report(3_000, 'tp', { cumQty: 40, avgPrice: '155.53' });
    expect(asked(life.report(9_000, 'tp', { cumQty: 40, avgPrice: '155.53' }))).toEqual([]);
    expect(asked(life.report(20_000, 'sl', { quantity: 60 }))).toEqual([]);
    expect(life.cases).toEqual([]);
  });

  it('B7: that a fill explains in part is told for the rest', () => {
    const life = exitsLife({ nativeOco: true });
    life.report(1_000, 'sl', { quantity: 50 });
    life.report(3_000, 'tp', { cumQty: 40, avgPrice: '155.53' });
    const told = life.report(9_000, 'tp', { cumQty: 40, avgPrice: '155.53' });
    expect(told.commands).toEqual([
      {
        type: 'openCase',
        kind: 'PROTECTION_SIZE',
        isAskedAgain: true,
        mismatches: [expect.objectContaining({ expected: '60', actual: '50' })],
      },
    ]);
  });

  it('B7: with another price is one case, the price first', () => {
    const life = exitsLife({ tp: undefined as never });
    life.report(1_000, 'sl', { quantity: 60, ...MOVED });
    expect(asked(life.report(6_000, 'sl', { quantity: 60, ...MOVED }))).toEqual([
      ['PROTECTION_SIZE', 'STOP_LOSS_PRICE: 140', 'PROTECTION_SIZE: 60'],
    ]);
  });

  it('B7: of what is left after a loss is told', () => {
    const life = exitsLife();
    life.report(1_000, 'tp', { status: 'cancelled' });
    life.tell({ type: 'DEADLINE', at: 3_000, name: 'exitLook' });
    life.tell({ type: 'POSITION_SEEN', at: 3_100, seen: { kind: 'untold' } });
    expect(life.state).toBe('lost');
    life.report(4_000, 'sl', { quantity: 60 });
    expect(asked(life.report(9_000, 'sl', { quantity: 60 }))).toEqual([['PROTECTION_SIZE', 'PROTECTION_SIZE: 60']]);
  });
});

describe('an exit that the venue suspends', () => {
  const SUSPENDED = { isSuspended: true } as const;

  it('B7 B5: is told when it is shown so again five seconds on; with another size by the gravest', () => {
    const life = exitsLife();
    life.report(1_000, 'sl', SUSPENDED);
    expect(asked(life.report(6_000, 'sl', SUSPENDED))).toEqual([['PROTECTION_LOST', 'PROTECTION_LOST: suspended']]);
    expect(life.state).toBe('working.whole');
    life.report(7_000, 'sl', { quantity: 60, ...SUSPENDED });
    expect(asked(life.report(13_000, 'tp', {}))).toEqual([
      ['PROTECTION_LOST', 'PROTECTION_LOST: suspended', 'PROTECTION_SIZE: 60'],
    ]);
  });

  it('B7: that works again is none', () => {
    const life = exitsLife();
    life.report(1_000, 'sl', SUSPENDED);
    life.report(3_000, 'sl', {});
    expect(asked(life.report(9_000, 'sl', SUSPENDED))).toEqual([]);
  });

  it('A1 B7: is not over: what was lost before is not written down as lost once more', () => {
    const life = [
      { type: 'START', at: 0, input: HELD },
      { type: 'EXIT_REPORT', at: 1_000, leg: 'tp', report: { status: 'cancelled', cumQty: decimal('0') } },
      { type: 'DEADLINE', at: 3_000, name: 'exitLook' },
      { type: 'POSITION_SEEN', at: 3_100, seen: { kind: 'untold' } },
      ...[4_000, 9_000].map((at) => ({
        ...({ type: 'EXIT_REPORT', at, leg: 'sl' } as const),
        report: { status: 'open', cumQty: decimal('0'), ...SUSPENDED } as const,
      })),
    ] satisfies readonly ProtectionFact[];
    let state = newProtectionState();
    const audit = life.map((fact) => {
      const next = step(state, fact);
      state = next.state;
      return next.audit.map(({ event }) => event);
    });
    expect(audit).toEqual([[], [], [], ['exit_lost'], [], []]);
  });
});

it('A6 B7: what an exit was shown as is known after a restart', () => {
  const life = exitsLife();
  life.report(1_000, 'sl', MOVED);
  life.tell({ type: 'RECOVERED', at: 60_000 });
  expect(asked(life.report(60_100, 'sl', MOVED))).toEqual([['MISMATCH', 'STOP_LOSS_PRICE: 140']]);
});
