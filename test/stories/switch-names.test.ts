/**
 * Whatever a switch or a case refuses or cancels names it: in the result, in its sentence, and in the audit log (K8).
 */
import { createEngine, type KillSwitchType } from 'fillchart';
import { paperBroker } from 'fillchart/adapters';
import { virtualClock } from 'fillchart/testing';
import { describe, expect, it } from 'vitest';
import { ADVISORY, advisory, execute, fill, fills, after as later, type World, world } from './support.js';

const WORDS = 'exchange halt, see ticket 4711';
const setting = (type: KillSwitchType, target?: string) => ({
  type,
  state: 'ACTIVE' as const,
  reason: WORDS,
  by: 'alice',
  ...(target !== undefined && { target }),
});
const detailsOf = ({ engine }: World, event: string) =>
  engine.executionLogs.findLast((record) => record.event === event)?.details;

const SWITCHES: readonly (readonly [KillSwitchType, string | undefined])[] = [
  ['GLOBAL', undefined],
  ['SYMBOL_LEVEL', 'AAPL'],
  ['RISK_LIMIT', undefined],
  ['MANUAL', 'AAPL'],
];

describe('what refused (A20 K8)', () => {
  it.each(SWITCHES)(
    'A20 K8: %s %s refuses before the order: named in result, sentence and audit',
    async (type, target) => {
      const now = await world();
      await now.engine.killSwitch.set(setting(type, target));
      const { since } = now.engine.killSwitch.switches[0] ?? { since: '' };
      const result = await execute(now);
      const named = {
        type,
        ...(target !== undefined && { target }),
        state: 'ACTIVE',
        reason: WORDS,
        by: 'alice',
        since,
      };
      expect(result.refusedBy).toEqual({ kind: 'kill-switch', ...named });
      for (const part of [type, WORDS, 'alice', since]) expect(result.errorMessage).toContain(part);
      expect(detailsOf(now, 'validation_failed')).toMatchObject({ refusedBy: { kind: 'kill-switch', ...named } });
      const { reason: _words, ...rest } = named;
      expect(detailsOf(now, 'kill_switch_abort')).toMatchObject({ reason: WORDS, switch: rest });
      expect(detailsOf(now, 'execution_result')).toMatchObject({ refusedBy: { type, reason: WORDS } });
    },
  );

  it.each([
    ['while the broker is asked', { faults: { instrument: { delayMs: 2_000 } } }, 1, 'REJECTED'],
    ['while the order is live', { script: {} }, 5, 'CANCELLED'],
    ['while the submit call is under way', { script: { submit: { delayMs: 3_000 } } }, 1, 'CANCELLED'],
    [
      'between two tries',
      { script: { submit: { kind: 'rejected', code: 'BUSY', reason: 'busy', transient: true } } },
      0.1,
      'FAILED',
    ],
  ] as const)('A20 K8: %s', async (_when, world_, seconds, status) => {
    const now = await world(world_ as never);
    later(now, seconds, ({ engine }) => engine.killSwitch.set(setting('MANUAL', 'AAPL')));
    const result = await execute(now);
    expect(result.status).toBe(status);
    expect(result.refusedBy).toMatchObject({ kind: 'kill-switch', type: 'MANUAL', target: 'AAPL', reason: WORDS });
    expect(result.errorMessage).toContain(WORDS);
    expect(detailsOf(now, 'kill_switch_abort')).toMatchObject({ reason: WORDS });
  });

  it('K8: of several the one that cancels is named, and of several that refuse the one that has stood longest', async () => {
    const now = await world({ script: {} });
    later(now, 2, ({ engine }) => engine.killSwitch.set({ ...setting('RISK_LIMIT'), reason: 'a loss' }));
    later(now, 5, ({ engine }) => engine.killSwitch.set(setting('GLOBAL')));
    const cancelled = await execute(now);
    expect(cancelled.refusedBy).toMatchObject({ type: 'GLOBAL', reason: WORDS });
    const refused = await execute(now, advisory('B'));
    expect(refused.refusedBy).toMatchObject({ type: 'RISK_LIMIT', reason: 'a loss' });
  });

  it('K8 V7: an open case that refuses is named', async () => {
    const now = await world({ script: { ...fills(fill(1, 100, 151)), hides: ['sl'] } });
    await execute(now);
    const [open] = now.engine.cases.open();
    const result = await execute(now, advisory('B'));
    expect(result.refusedBy).toEqual({
      kind: 'case',
      caseId: open?.caseId,
      caseKind: open?.kind,
      symbol: 'AAPL',
      openedAt: open?.openedAt,
    });
  });

  it('K8: nothing is named where nothing refused', async () => {
    const now = await world({ script: fills(fill(1, 100, 151)) });
    later(now, 3, ({ engine }) => engine.killSwitch.set(setting('RISK_LIMIT')));
    expect((await execute(now, ADVISORY)).refusedBy).toBeUndefined();
  });
});

describe('a switch on a symbol that nobody knows (K9)', () => {
  it('K9: at the paper broker it is set, and said to cover nothing known; any way of writing a known one covers it', async () => {
    const clock = virtualClock();
    const broker = paperBroker({
      clock,
      instruments: [{ symbol: 'AAPL', tickSize: '0.01', lotSize: '1' }],
      quotes: { AAPL: '151.00' },
    });
    const engine = await clock.runUntil(createEngine({ broker, clock, logger: false }));
    await engine.killSwitch.set(setting('SYMBOL_LEVEL', 'APPL'));
    await engine.killSwitch.set(setting('SYMBOL_LEVEL', 'aapl'));
    const [unknown, known] = engine.killSwitch.switches;
    expect(unknown).toMatchObject({ target: 'APPL', state: 'ACTIVE', coversNothingKnown: true });
    expect(known?.coversNothingKnown).toBeUndefined();
    expect(engine.killSwitch.isActive('AAPL')).toBe(true);
    await clock.runUntil(engine.close());
  });
});

describe('a switch from JSON (K6)', () => {
  it('K6: null is no target and nobody: the gate closes', async () => {
    const { engine } = await world();
    const given = JSON.parse('{"type":"GLOBAL","state":"ACTIVE","reason":"halt","target":null,"by":null}');
    await engine.killSwitch.set(given);
    expect(engine.killSwitch.isActive('AAPL')).toBe(true);
    const needsSymbol = JSON.parse('{"type":"SYMBOL_LEVEL","state":"ACTIVE","reason":"halt","target":null}');
    await expect(engine.killSwitch.set(needsSymbol)).rejects.toMatchObject({ code: 'INVALID_KILL_SWITCH' });
  });
});
