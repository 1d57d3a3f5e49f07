/**
 * The exits' life as the chart decides it (B7): stories, one line per event.
 */
import { describe, expect, it } from 'vitest';
import { decimal } from '../../src/domain/decimal.js';
import { exitsLife, seen } from './chart.support.js';

const FILLED = { status: 'filled', cumQty: 100 } as const;
const due = (at: number, name: 'siblingGone' | 'exitSize' | 'exitLook' | 'positionRetry') =>
  ({ type: 'DEADLINE', at, name }) as const;

describe('an exit fills', () => {
  it('B7: the take-profit fills and its sibling is cancelled: closed, no case', () => {
    const life = exitsLife();
    expect(life.state).toBe('working.whole');
    const told = life.report(1_000, 'tp', { ...FILLED, avgPrice: '155.53' });
    expect(told.state).toBe('settling.waiting');
    expect(life.deadlineOf(told, 'siblingGone')).toBe(6_000);
    expect(life.report(1_200, 'sl', { status: 'cancelled' }).commands.map(({ type }) => type)).toEqual([
      'unwatchExits',
      'finish',
    ]);
    expect([life.state, life.cases]).toEqual(['closedByTakeProfit', []]);
  });

  it('B7: the cancel of the sibling is told before the fill: the same', () => {
    const life = exitsLife({ nativeOco: true });
    expect(life.report(1_000, 'tp', { status: 'cancelled' }).state).toBe('doubting.looking');
    expect(life.report(1_001, 'sl', { ...FILLED, avgPrice: '147.9' }).state).toBe('closedByStopLoss');
    expect(life.cases).toEqual([]);
  });

  it('B7: the sibling still works after 5 s: SIBLING_WORKING, once; gone later, closed', () => {
    const life = exitsLife();
    life.report(1_000, 'sl', { ...FILLED, avgPrice: '147.98' });
    life.report(5_000, 'tp', {});
    expect(life.cases).toEqual([]);
    expect(life.tell(due(6_000, 'siblingGone')).commands.map(({ type }) => type)).toContain('queryExits');
    expect(life.report(6_001, 'tp', {}).state).toBe('settling.alarmed');
    life.report(9_000, 'tp', {});
    expect(life.cases).toEqual(['SIBLING_WORKING']);
    life.report(60_000, 'tp', { status: 'cancelled' });
    expect([life.state, life.cases]).toEqual(['closedByStopLoss', ['SIBLING_WORKING']]);
  });

  it('B7 M4: nobody says what became of the sibling: no case on silence', () => {
    const life = exitsLife();
    life.report(1_000, 'sl', { ...FILLED, avgPrice: '147.98' });
    expect(life.tell(due(6_000, 'siblingGone')).state).toBe('settling.overdue');
    expect(life.cases).toEqual([]);
    life.report(90_000, 'tp', { status: 'expired' });
    expect([life.state, life.cases]).toEqual(['closedByStopLoss', []]);
  });

  it('B7: both fill: POSITION_REVERSED', () => {
    const life = exitsLife();
    life.report(1_000, 'sl', { ...FILLED, avgPrice: '147.98' });
    life.report(1_500, 'tp', { ...FILLED, avgPrice: '155.53' });
    expect([life.state, life.cases]).toEqual(['reversed', ['POSITION_REVERSED']]);
  });

  it('B7: the sibling fills in part: POSITION_REVERSED at once, watched to its end, told once', () => {
    const life = exitsLife();
    life.report(1_000, 'sl', { ...FILLED, avgPrice: '147.98' });
    expect(life.report(1_500, 'tp', { cumQty: 40, avgPrice: '155.53' }).state).toBe('reversing');
    life.report(2_000, 'tp', { status: 'cancelled', cumQty: 60, avgPrice: '155.53' });
    expect([life.state, life.cases]).toEqual(['reversed', ['POSITION_REVERSED']]);
  });

  it('B5 B7: a stop-loss that stands alone closes by itself', () => {
    const life = exitsLife({ tp: undefined as never });
    expect(life.context.exits.map(({ leg }) => leg)).toEqual(['sl']);
    life.report(1_000, 'sl', { ...FILLED, avgPrice: '147.98' });
    expect([life.state, life.cases]).toEqual(['closedByStopLoss', []]);
  });
});

describe('an exit fills in part', () => {
  it('B7: the sibling stays larger than the rest: PROTECTION_SIZE after 5 s', () => {
    const life = exitsLife();
    const told = life.report(1_000, 'tp', { cumQty: 40, avgPrice: '155.53' });
    expect([told.state, life.deadlineOf(told, 'exitSize')]).toEqual(['working.shrinking', 6_000]);
    life.tell(due(6_000, 'exitSize'));
    expect(life.cases).toEqual([]);
    life.report(6_001, 'sl', {});
    expect([life.state, life.cases]).toEqual(['working.partly', ['PROTECTION_SIZE']]);
    life.report(9_000, 'tp', { cumQty: 80, avgPrice: '155.53' });
    expect([life.state, life.cases]).toEqual(['working.partly', ['PROTECTION_SIZE']]);
  });

  it('B7: a native OCO shrinks it: no case', () => {
    const life = exitsLife({ nativeOco: true });
    life.report(1_000, 'tp', { cumQty: 40, avgPrice: '155.53' });
    life.report(1_200, 'sl', { quantity: 60 });
    life.tell(due(6_000, 'exitSize'));
    life.report(6_001, 'sl', { quantity: 60 });
    expect([life.state, life.cases]).toEqual(['working.partly', []]);
    life.report(9_000, 'sl', { status: 'filled', cumQty: 60, quantity: 60, avgPrice: '147.98' });
    life.report(9_100, 'tp', { status: 'cancelled', cumQty: 40, avgPrice: '155.53' });
    expect([life.state, life.cases]).toEqual(['closedByStopLoss', []]);
  });
});

describe('an exit ends otherwise', () => {
  it('B7: the position is held: PROTECTION_LOST; the exit that is left may still close it', () => {
    const life = exitsLife();
    expect(life.report(1_000, 'sl', { status: 'cancelled' }).state).toBe('doubting.looking');
    expect(life.tell(due(3_000, 'exitLook')).commands.map(({ type }) => type)).toEqual(['askPosition']);
    life.tell({ type: 'POSITION_SEEN', at: 3_100, seen: seen(100) });
    expect([life.state, life.cases]).toEqual(['lost', ['PROTECTION_LOST']]);
    life.report(60_000, 'tp', { ...FILLED, avgPrice: '155.53' });
    expect([life.state, life.cases]).toEqual(['closedByTakeProfit', ['PROTECTION_LOST']]);
  });

  it('B7: both end, and the position is gone: closed elsewhere, no case', () => {
    const life = exitsLife();
    life.report(1_000, 'sl', { status: 'cancelled' });
    expect(life.report(1_100, 'tp', { status: 'cancelled' }).state).toBe('doubting.asking');
    life.tell({ type: 'POSITION_SEEN', at: 1_200, seen: seen(0) });
    expect([life.state, life.cases]).toEqual(['closedElsewhere', []]);
  });

  it('B7: the position is gone, and an exit still works: SIBLING_WORKING after 5 s', () => {
    const life = exitsLife();
    life.report(1_000, 'sl', { status: 'cancelled' });
    life.tell(due(3_000, 'exitLook'));
    expect(life.tell({ type: 'POSITION_SEEN', at: 3_100, seen: seen(0) }).state).toBe('settling.waiting');
    life.tell(due(8_100, 'siblingGone'));
    life.report(8_101, 'tp', {});
    expect(life.cases).toEqual(['SIBLING_WORKING']);
    life.report(60_000, 'tp', { ...FILLED, avgPrice: '155.53' });
    expect([life.state, life.cases]).toEqual(['reversed', ['SIBLING_WORKING', 'POSITION_REVERSED']]);
  });

  it('B7: the position was gone because the other exit had filled: closed by it, no case', () => {
    const life = exitsLife();
    life.report(1_000, 'sl', { status: 'cancelled' });
    life.tell(due(3_000, 'exitLook'));
    life.tell({ type: 'POSITION_SEEN', at: 3_100, seen: seen(0) });
    life.report(3_500, 'tp', { ...FILLED, avgPrice: '155.53' });
    expect([life.state, life.cases]).toEqual(['closedByTakeProfit', []]);
  });

  it.each([
    ['another 50 of ours', 50, 50, 'closedElsewhere'],
    ['another 50 of ours, and this', 150, 50, 'lost'],
    ['part of this', 40, 0, 'lost'],
  ])('B7: the symbol shows %s', (_what, size, others, state) => {
    const life = exitsLife();
    life.report(1_000, 'sl', { status: 'rejected', reason: 'price' });
    life.report(1_100, 'tp', { status: 'cancelled' });
    life.tell({ type: 'POSITION_SEEN', at: 1_200, seen: seen(size, others) });
    expect(life.state).toBe(state);
  });

  it('B7 M4: the position cannot be asked: asked again and again, and told after five minutes', () => {
    const life = exitsLife();
    const failed = { kind: 'failed', cause: '503' } as const;
    life.report(1_000, 'sl', { status: 'cancelled' });
    life.tell(due(3_000, 'exitLook'));
    const told = life.tell({ type: 'POSITION_SEEN', at: 3_100, seen: failed });
    expect([told.state, life.cases, life.deadlineOf(told, 'positionRetry')]).toEqual([
      'doubting.backingOff',
      [],
      4_100,
    ]);
    expect(life.tell(due(4_100, 'positionRetry')).state).toBe('doubting.asking');
    life.tell({ type: 'POSITION_SEEN', at: 301_000, seen: failed });
    expect([life.state, life.cases]).toEqual(['lost', ['PROTECTION_LOST']]);
    life.tell({ type: 'POSITION_SEEN', at: 320_000, seen: seen(0) });
    expect(life.state).toBe('settling.waiting');
  });

  it('B7 M4: gone, and the exit that closed it answers only a minute later: closed by it, no case', () => {
    const life = exitsLife();
    life.report(1_000, 'sl', { status: 'cancelled' });
    life.tell(due(3_000, 'exitLook'));
    life.tell({ type: 'POSITION_SEEN', at: 3_100, seen: seen(0) });
    life.tell(due(8_100, 'siblingGone'));
    life.report(63_000, 'tp', { ...FILLED, avgPrice: '155.53' });
    expect([life.state, life.cases]).toEqual(['closedByTakeProfit', []]);
  });

  it('B7 M4: less in the symbol than the others are taken to hold: not judged on old knowledge', () => {
    const life = exitsLife();
    life.report(1_000, 'sl', { status: 'cancelled' });
    life.report(1_100, 'tp', { status: 'cancelled' });
    expect(life.tell({ type: 'POSITION_SEEN', at: 1_200, seen: seen(100, 200) }).state).toBe('doubting.backingOff');
    life.tell(due(2_200, 'positionRetry'));
    life.tell({ type: 'POSITION_SEEN', at: 2_300, seen: seen(100, 0) });
    expect([life.state, life.cases]).toEqual(['lost', ['PROTECTION_LOST']]);
  });

  it('B7 M1: less in the symbol than the others are taken to hold, for half a minute: told, since there may be no stop', () => {
    const life = exitsLife();
    life.report(1_000, 'sl', { status: 'expired' });
    life.tell(due(3_000, 'exitLook'));
    life.tell({ type: 'POSITION_SEEN', at: 3_100, seen: seen(100, 200) });
    life.tell(due(30_900, 'positionRetry'));
    life.tell({ type: 'POSITION_SEEN', at: 30_999, seen: seen(100, 200) });
    expect([life.state, life.cases]).toEqual(['doubting.backingOff', []]);
    life.tell(due(34_000, 'positionRetry'));
    life.tell({ type: 'POSITION_SEEN', at: 34_100, seen: seen(100, 200) });
    expect([life.state, life.cases]).toEqual(['lost', ['PROTECTION_LOST']]);
  });

  it('B7: the second exit ends after the first was told as lost: asked again, told again', () => {
    const life = exitsLife();
    life.report(1_000, 'sl', { status: 'cancelled' });
    life.tell(due(3_000, 'exitLook'));
    life.tell({ type: 'POSITION_SEEN', at: 3_100, seen: seen(100) });
    expect(life.report(9_000, 'tp', { status: 'expired' }).state).toBe('doubting.asking');
    life.tell({ type: 'POSITION_SEEN', at: 9_100, seen: seen(100) });
    expect([life.state, life.cases]).toEqual(['lost', ['PROTECTION_LOST', 'PROTECTION_LOST']]);
  });
});

it('P2 B7: older and repeated reports change nothing; "open" after the end neither', () => {
  const life = exitsLife();
  life.report(1_000, 'tp', { cumQty: 40, avgPrice: '155.53' });
  life.report(1_100, 'tp', { cumQty: 20, avgPrice: '155.53' });
  expect(life.context.exits.map(({ cumQty }) => cumQty)).toEqual(['0', '40']);
  life.report(1_200, 'tp', { ...FILLED, avgPrice: '155.53' });
  life.report(1_300, 'tp', { cumQty: 100 });
  expect(life.context.exits.map(({ status }) => status)).toEqual(['working', 'filled']);
});

it('B7: an exit that is neither found nor listed is over, and does not keep a closed position open', () => {
  const life = exitsLife();
  life.report(1_000, 'tp', { ...FILLED, avgPrice: '155.53' });
  life.tell({ type: 'EXIT_ABSENT', at: 2_000, leg: 'sl' });
  expect([life.state, life.cases]).toEqual(['closedByTakeProfit', []]);
});

it('A6 B7: a restart watches on, and gives the sibling its time once more', () => {
  const life = exitsLife();
  expect(life.tell({ type: 'RECOVERED', at: 500 }).commands.map(({ type }) => type)).toEqual(['watchExits']);
  life.report(1_000, 'tp', { ...FILLED, avgPrice: '155.53' });
  const told = life.tell({ type: 'RECOVERED', at: 90_000 });
  expect([told.state, life.deadlineOf(told, 'siblingGone')]).toEqual(['settling.waiting', 95_000]);
});

it('B3 B7: an exit is never held back for what is unprotected: the rest beside it counts for itself (B6)', () => {
  const life = exitsLife({ quantity: decimal('99'), unprotectedQuantity: decimal('0.9') });
  life.report(1_000, 'sl', { status: 'cancelled' });
  life.report(1_100, 'tp', { status: 'cancelled' });
  life.tell({ type: 'POSITION_SEEN', at: 1_200, seen: seen(0.9) });
  expect(life.state).toBe('closedElsewhere');
});
