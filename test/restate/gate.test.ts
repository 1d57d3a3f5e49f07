/**
 * The gate of all workers: switches and cases as the fold of their facts (K, M), and what is filled in a symbol (R6.2).
 */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { add, decimal, ZERO } from '../../src/domain/decimal.js';
import { withChange } from '../../src/domain/kill-switch.js';
import { filledBetween } from '../../src/domain/others-fills.js';
import {
  allCases,
  type GateOutcome,
  type GateStanding,
  NOTHING_STANDS,
  raiseCase,
  readGate,
  releaseSwitch,
  resolveCase,
  setSwitch,
  switchHistory,
} from '../../src/restate/gate.js';
import { hostSettings } from '../../src/restate/settings.js';
import { surroundingsOf } from '../../src/restate/surroundings.js';
import { EMPTY_BOOK, entered, over } from '../../src/restate/symbol-book.js';
import {
  counted,
  type LiveEntry,
  left,
  movedSinceEnd,
  NO_TOTALS,
  rangeOfOthers,
  type SymbolTotals,
  withoutOwn,
} from '../../src/restate/symbol-totals.js';

const NOW = Date.UTC(2026, 0, 1);
const STOP = { type: 'GLOBAL', state: 'ACTIVE', reason: 'stop', by: 'operator' } as const;
const CASE = { kind: 'MISMATCH', symbol: 'AAPL', advisoryId: 'ADV-A', mismatches: [] } as const;

function standingOf(outcome: GateOutcome<unknown>): GateStanding {
  if ('refused' in outcome) throw new Error(outcome.refused.message);
  return outcome.standing;
}

describe('the gate', () => {
  it('K1 K6: a switch counts from its fact on; the history keeps who, why and for how long', async () => {
    const set = standingOf(await setSwitch(NOTHING_STANDS, STOP, NOW));
    expect(readGate(set, 0)).toMatchObject({ epoch: 1, switches: [{ type: 'GLOBAL', state: 'ACTIVE' }] });
    const off = standingOf(await releaseSwitch(set, { type: 'GLOBAL', by: 'operator', reason: 'done' }, NOW + 60_000));
    expect(switchHistory([], off)).toMatchObject([
      { state: 'ACTIVE' },
      { state: 'OFF', durationMs: 60_000, by: 'operator' },
    ]);
    expect(readGate(off, 1).changes).toHaveLength(1);
  });

  it('K6: no release while a case in its scope is open, unless forced with a reason', async () => {
    const set = standingOf(await setSwitch(standingOf(await raiseCase(NOTHING_STANDS, CASE, NOW)), STOP, NOW));
    const release = { type: 'GLOBAL', by: 'operator', reason: 'done' } as const;
    expect(await releaseSwitch(set, release, NOW)).toMatchObject({ refused: { code: 'KILL_SWITCH_RELEASE_REFUSED' } });
    const forced = standingOf(await releaseSwitch(set, { ...release, force: true }, NOW));
    expect(switchHistory([], forced).at(-1)).toMatchObject({ state: 'OFF', forced: true });
  });

  it('K6: what is not acceptable changes nothing, and says which field', async () => {
    const refused = await setSwitch(NOTHING_STANDS, { ...STOP, reason: '' }, NOW);
    expect(refused).toMatchObject({
      refused: { code: 'INVALID_KILL_SWITCH', message: expect.stringContaining('reason') },
    });
  });

  it('M1 M2: one case for one advisory; closed by a person alone', async () => {
    const first = await raiseCase(NOTHING_STANDS, CASE, NOW);
    const twice = standingOf(await raiseCase(standingOf(first), { ...CASE, kind: 'STRAY_FILL' }, NOW));
    expect(readGate(twice, 0).openCases).toMatchObject([{ caseId: 'case-1', kind: 'MISMATCH' }]);
    const by = { by: 'operator', reason: 'looked at it' };
    expect(await resolveCase(twice, { caseId: 'case-2', by }, NOW)).toMatchObject({
      refused: { code: 'UNKNOWN_CASE' },
    });
    expect(readGate(standingOf(await resolveCase(twice, { caseId: 'case-1', by }, NOW)), 0).openCases).toEqual([]);
  });
});

describe('the gate after years', () => {
  it('K6 M2 M5: what stands is bounded, and the history in pages tells all; what is open never goes', async () => {
    const switches: unknown[] = [];
    const cases = new Map<string, unknown>();
    let standing = NOTHING_STANDS;
    const take = (outcome: GateOutcome<unknown>): void => {
      standing = standingOf(outcome);
      if ('refused' in outcome) return;
      for (const [number, change] of outcome.changed.switches) switches[number - 1] = change;
      for (const each of outcome.changed.cases) cases.set(each.caseId, each);
    };
    take(await setSwitch(standing, { ...STOP, type: 'SYMBOL_LEVEL', target: 'OLD' }, NOW));
    take(await raiseCase(standing, { ...CASE, advisoryId: 'ADV-OLD', symbol: 'OLD' }, NOW));
    const by = { by: 'operator', reason: 'looked at it' };
    let largest = 0;
    for (let day = 1; day <= 120; day += 1) {
      const now = NOW + day * 86_400_000;
      take(await setSwitch(standing, STOP, now));
      take(await raiseCase(standing, { ...CASE, advisoryId: `ADV-${day}` }, now));
      take(await resolveCase(standing, { caseId: `case-${day + 1}`, by }, now));
      take(await releaseSwitch(standing, { type: 'GLOBAL', by: 'operator', reason: 'done', force: true }, now));
      largest = Math.max(largest, JSON.stringify(standing).length);
    }
    expect(largest).toBeLessThan(40_000);
    expect(standing).toMatchObject({ epoch: 241, cases: 121, openCases: [{ caseId: 'case-1' }] });
    expect(readGate(standing, 0).switches).toMatchObject([{ target: 'OLD', state: 'ACTIVE' }, { state: 'OFF' }]);
    expect(switchHistory(switches as never, standing)).toEqual(switches);
    expect(switchHistory(switches.slice(0, 220) as never, standing)).toEqual(switches);
    expect(allCases([...cases.values()] as never, standing)).toEqual([...cases.values()]);
    // A case of the first days is withdrawn: it is not among what stands any more.
    const withdraw = { caseId: 'case-2', by: { ...by, withdraw: true } };
    expect(await resolveCase(standing, withdraw, NOW)).toMatchObject({ refused: { code: 'UNKNOWN_CASE' } });
    take(await resolveCase(standing, { ...withdraw, older: cases.get('case-2') as never }, NOW));
    expect(cases.get('case-2')).toMatchObject({ resolution: { withdrawn: true } });
    take(await raiseCase(standing, { ...CASE, advisoryId: 'ADV-LAST' }, NOW));
    expect(readGate(standing, 0).openCases.map(({ caseId }) => caseId)).toEqual(['case-1', 'case-122']);
  });

  it('K1 K5: a worker that comes late knows how the switches stood before the latest changes', async () => {
    let standing = NOTHING_STANDS;
    const set = async (target: string, state: 'ACTIVE' | 'OFF'): Promise<void> => {
      const change = { type: 'SYMBOL_LEVEL', target, reason: 'x', by: 'ann' } as const;
      const outcome =
        state === 'ACTIVE' ? setSwitch(standing, { ...change, state }, NOW) : releaseSwitch(standing, change, NOW);
      standing = standingOf(await outcome);
    };
    await set('OLD', 'ACTIVE');
    for (let times = 0; times < 40; times += 1) {
      await set('NEW', 'ACTIVE');
      await set('NEW', 'OFF');
    }
    const { before = [], changes, switches } = readGate(standing, 0);
    expect(changes).toHaveLength(50);
    expect(before).toContainEqual(expect.objectContaining({ target: 'OLD', state: 'ACTIVE' }));
    expect(changes.reduce(withChange, before)).toEqual(switches);
    expect(readGate(standing, 80)).toMatchObject({ changes: [{ target: 'NEW', state: 'OFF' }] });
    expect(readGate(standing, 80).before).toBeUndefined();
  });
});

describe('R6.2: what is filled in a symbol', () => {
  const entry = fc.record({
    side: fc.constantFrom('buy', 'sell'),
    filled: fc.integer({ min: 0, max: 1_000 }).map((size) => decimal(String(size))),
    open: fc.integer({ min: 0, max: 1_000 }).map((size) => decimal(String(size))),
  }) satisfies fc.Arbitrary<LiveEntry>;

  it('each execution sees the sum of the others, however often and in whatever order they are counted', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c'), entry), { maxLength: 12 }), (told) => {
        // An order keeps its side.
        const sides = new Map(told.map(([id, { side }]) => [id, side]));
        const latest = new Map<string, LiveEntry>();
        let totals = NO_TOTALS;
        for (const [id, { filled, open }] of told) {
          const kept: LiveEntry = { side: sides.get(id) ?? 'buy', filled, open };
          totals = counted(totals, id, kept);
          latest.set(id, kept);
        }
        const others = [...latest].filter(([id]) => id !== 'a').map(([, each]) => each);
        const sumOf = (side: string) =>
          others.filter((each) => each.side === side).reduce((sum, { filled }) => add(sum, filled), ZERO);
        const seen = withoutOwn(totals, 'a');
        expect([seen.buy.filled, seen.sell.filled]).toEqual([sumOf('buy'), sumOf('sell')]);
      }),
    );
  });

  it('an execution that has left stays counted, and what was open is not any more', () => {
    const one: LiveEntry = { side: 'buy', filled: decimal('40'), open: decimal('60') };
    const totals = left(counted(NO_TOTALS, 'a', one), 'a');
    expect(withoutOwn(totals, 'b').buy).toEqual({ filled: '40', open: '0' });
    expect(left(totals, 'a')).toBe(totals);
  });
});

describe('R6.2: what exits have closed in a symbol', () => {
  const bought: LiveEntry = { side: 'buy', filled: decimal('100'), open: decimal('0') };
  const closing = (filled: string): LiveEntry => ({
    side: 'sell',
    filled: decimal(filled),
    open: ZERO,
    isClosing: true,
  });
  const before = left(counted(NO_TOTALS, 'a', bought), 'a');
  const readBy = (totals: SymbolTotals) => withoutOwn(totals, 'b');

  it('it is learned late: whether the baseline had it in it nobody can say, so both are possible', () => {
    const after = counted(before, 'a-exits', closing('100'));
    const asked = rangeOfOthers(readBy(before), readBy(before));
    const now = rangeOfOthers(readBy(after), readBy(after));
    expect(filledBetween(asked, now)).toEqual({ least: '-100', most: '0' });
  });

  it('P8: what the venue takes back of it may be there again', () => {
    const closed = counted(before, 'a-exits', closing('100'));
    const asked = rangeOfOthers(readBy(closed), readBy(closed));
    const watched = counted(closed, 'a-exits', closing('60'));
    const ended = movedSinceEnd(left(closed, 'a-exits'), { 'a-tp': { buy: decimal('40') } });
    for (const totals of [watched, ended])
      expect(filledBetween(asked, rangeOfOthers(readBy(totals), readBy(totals)))).toEqual({ least: '0', most: '40' });
  });

  it('B7: what is beside an entry: the baseline, what others hold, and what the live ones may come to', () => {
    const done = (id: string, position: string) => ({
      ...{ clientOrderId: id, position: decimal(position) },
      baseline: { startedAt: 1, baseline: decimal('7') },
    });
    const book = ['a', 'b'].reduce((known, id) => over(entered(known, id), done(id, '100')), EMPTY_BOOK);
    const live: LiveEntry = { side: 'sell', filled: decimal('10'), open: decimal('30') };
    const around = surroundingsOf(entered(book, 'c'), counted(before, 'c', live), 'a');
    expect(around).toEqual({ least: '67', most: '97', held: { a: '100', b: '100' } });
  });
});

describe('settings of the host', () => {
  it.each([
    [{ leaseMs: 5 }, 'leaseMs'],
    [{ submitMode: 'always' as never }, 'lease, never'],
    [{ leesMs: 2_000 } as never, 'leaseMs'],
    [{ hardTimeoutMs: 5 } as never, 'T is fixed'],
  ])('E8: %j is refused', (given, word) => {
    expect(() => hostSettings(given)).toThrow(word);
  });

  it.each([
    [{}, {}, 'lease'],
    [{}, { refusesUsedIds: true }, 'lease'],
    [{}, { refusesUsedIds: false }, 'never'],
    [{ submitMode: undefined as never }, { refusesUsedIds: false }, 'never'],
    [{ submitMode: 'lease' as const }, { refusesUsedIds: false }, 'lease'],
    [{ submitMode: 'never' as const }, { refusesUsedIds: true }, 'never'],
  ])('S1 S4: given %j, at a broker that says %j, a successor goes by `%s`', (given, broker, mode) => {
    expect(hostSettings(given, broker).submitMode).toBe(mode);
  });
});
