/**
 * The gate of all workers: switches and cases as the fold of their facts (K, M), and what is filled in a symbol (R6.2).
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { add, decimal, ZERO } from '../../src/domain/decimal.js';
import {
  type GateFacts,
  type GateOutcome,
  NO_FACTS,
  raiseCase,
  readGate,
  releaseSwitch,
  resolveCase,
  setSwitch,
  switchHistory,
} from '../../src/restate/gate.js';
import { hostSettings } from '../../src/restate/settings.js';
import { counted, type LiveEntry, left, NO_TOTALS, withoutOwn } from '../../src/restate/symbol-totals.js';

const NOW = Date.UTC(2026, 0, 1);
const STOP = { type: 'GLOBAL', state: 'ACTIVE', reason: 'stop', by: 'operator' } as const;
const CASE = { kind: 'MISMATCH', symbol: 'AAPL', advisoryId: 'ADV-A', mismatches: [] } as const;

function factsAfter(outcome: GateOutcome<unknown>): GateFacts {
  if ('refused' in outcome) throw new Error(outcome.refused.message);
  return outcome.facts;
}

describe('the gate', () => {
  it('K1 K6: a switch counts from its fact on; the history keeps who, why and for how long', async () => {
    const set = factsAfter(await setSwitch(NO_FACTS, STOP, NOW));
    expect(readGate(set, 0)).toMatchObject({ epoch: 1, switches: [{ type: 'GLOBAL', state: 'ACTIVE' }] });
    const off = factsAfter(await releaseSwitch(set, { type: 'GLOBAL', by: 'operator', reason: 'done' }, NOW + 60_000));
    expect(switchHistory(off)).toMatchObject([
      { state: 'ACTIVE' },
      { state: 'OFF', durationMs: 60_000, by: 'operator' },
    ]);
    expect(readGate(off, 1).changes).toHaveLength(1);
  });

  it('K6: no release while a case in its scope is open, unless forced with a reason', async () => {
    const set = factsAfter(await setSwitch(factsAfter(await raiseCase(NO_FACTS, CASE, NOW)), STOP, NOW));
    const release = { type: 'GLOBAL', by: 'operator', reason: 'done' } as const;
    expect(await releaseSwitch(set, release, NOW)).toMatchObject({ refused: { code: 'KILL_SWITCH_RELEASE_REFUSED' } });
    const forced = factsAfter(await releaseSwitch(set, { ...release, force: true }, NOW));
    expect(switchHistory(forced).at(-1)).toMatchObject({ state: 'OFF', forced: true });
  });

  it('K6: what is not acceptable changes nothing, and says which field', async () => {
    const refused = await setSwitch(NO_FACTS, { ...STOP, reason: '' }, NOW);
    expect(refused).toMatchObject({
      refused: { code: 'INVALID_KILL_SWITCH', message: expect.stringContaining('reason') },
    });
  });

  it('M1 M2: one case for one advisory; closed by a person alone', async () => {
    const first = await raiseCase(NO_FACTS, CASE, NOW);
    const twice = factsAfter(await raiseCase(factsAfter(first), { ...CASE, kind: 'STRAY_FILL' }, NOW));
    expect(readGate(twice, 0).openCases).toMatchObject([{ caseId: 'case-1', kind: 'MISMATCH' }]);
    const by = { by: 'operator', reason: 'looked at it' };
    expect(await resolveCase(twice, { caseId: 'case-2', by }, NOW)).toMatchObject({
      refused: { code: 'UNKNOWN_CASE' },
    });
    expect(readGate(factsAfter(await resolveCase(twice, { caseId: 'case-1', by }, NOW)), 0).openCases).toEqual([]);
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

describe('settings of the host', () => {
  it.each([
    [{ leaseMs: 5 }, 'leaseMs'],
    [{ submitMode: 'always' as never }, 'lease, never'],
    [{ leesMs: 2_000 } as never, 'leaseMs'],
    [{ hardTimeoutMs: 5 } as never, 'T is fixed'],
  ])('E8: %j is refused', (given, word) => {
    expect(() => hostSettings(given)).toThrow(word);
  });
});
