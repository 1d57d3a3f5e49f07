/**
 * What the execution chart waits for, and what ends the wait, where the engine cannot lead it: facts in, state and commands out.
 */
import { describe, expect, it } from 'vitest';
import type { ExitLeg } from '../../src/domain/exits.js';
import { executionMachine } from '../../src/machines/execution.machine.js';
import { STARTING_POINTS } from '../../src/verify/advisories.js';
import { pathOf } from '../../src/verify/chart-states.js';
import { decider } from '../../src/verify/decide.js';
import { FACTS } from '../../src/verify/facts.js';

const { begin, decide } = decider(executionMachine);

/** Tells the chart the facts of these names, in this order, each at a T in ms. */
function told(...facts: readonly (readonly [label: string, atMs?: number])[]) {
  const [advisory] = STARTING_POINTS;
  if (advisory === undefined) throw new Error('there is no advisory');
  let snapshot = begin(advisory.input);
  let commands: ReturnType<typeof decide>['commands'] = [];
  for (const [label, atMs = 0] of facts) {
    const fact = FACTS.find((one) => one.label === label);
    if (fact === undefined) throw new Error(`there is no fact ${label}`);
    ({ snapshot, commands } = decide(snapshot, fact.make(snapshot.context, 20_000 + atMs)));
  }
  const opened = commands.flatMap((command) => (command.type === 'openCase' ? [command.kind] : []));
  return { state: pathOf(snapshot.value), context: snapshot.context, opened, asked: commands.map(({ type }) => type) };
}

const ready = [['START, the gate is open'], ['BROKER_ASKED, the broker agrees']] as const;
const called = [...ready, ['SUBMIT_STARTED']] as const;
const filled = [...called, ['SUBMIT_OUTCOME accepted'], ['ORDER_REPORT filled, filled 100 @ 151']] as const;
const taken = [...filled, ['PROTECTION_OUTCOME SL pending, TP pending']] as const;
const placedAgain = [...taken, ['RECOVERED', 1_000]] as const;
const overdue = [...placedAgain, ['DEADLINE protection', 6_000]] as const;

const works = (leg: ExitLeg, atMs: number) => [`EXIT_REPORT ${leg} works`, atMs] as const;

describe('a protection call that hangs after a restart', () => {
  it.each([
    ['placing', placedAgain, 2_000],
    ['overdue', overdue, 6_500],
  ])('B5 B4: in %s: the venue says that both exits work, and nothing is waited for', (state, before, atMs) => {
    expect(told(...before).state).toBe(`filled.${state}`);
    const now = told(...before, works('tp', atMs), works('sl', atMs));
    expect(now.state).toBe('reconciling.asking');
    expect(now.context.protection).toMatchObject({ stopLoss: 'placed', takeProfit: 'placed' });
    expect(now.context.stopLossAt).toBe(20_000 + atMs);
    expect(now.opened).toEqual([]);
    expect(told(...before, works('tp', atMs), works('sl', atMs), ['DEADLINE protectionCall', 9_000]).opened).toEqual(
      [],
    );
  });

  it.each([
    ['placing', placedAgain],
    ['overdue', overdue],
  ])('B5 B2 M1: in %s: a control: one exit that works is not enough', (state, before) => {
    const now = told(...before, works('tp', 6_500));
    expect(now.state).toBe(`filled.${state}`);
    expect(now.context.protection.takeProfit).toBe('placed');
  });

  it('B2 M1 E3: a control: neither is said to work: alarmed when the call had its time', () => {
    expect(told(...overdue, ['DEADLINE protectionCall', 9_000]).opened).toEqual(['UNPROTECTED_POSITION']);
  });
});

describe('a stop that stands alone', () => {
  it('B5: the take-profit that was taken before is given up, and its end alarms nobody', () => {
    const alone = [...placedAgain, ['PROTECTION_OUTCOME SL accepted, TP passed', 1_500]] as const;
    expect(told(...alone).context.protection).toMatchObject({ stopLoss: 'placed', takeProfit: 'refused' });
    expect(told(...alone, ['EXIT_REPORT tp ended', 1_600]).opened).toEqual([]);
  });

  it('B5 M1: a control: the stop itself ends', () => {
    const alone = [...placedAgain, ['PROTECTION_OUTCOME SL accepted, TP passed', 1_500]] as const;
    expect(told(...alone, ['EXIT_REPORT sl ended', 1_600]).opened).toEqual(['UNPROTECTED_POSITION']);
  });
});

describe('an order that was over while its submit call was open at T = 30 s', () => {
  it.each([
    ['cancelled', 'CANCELLED', 'BROKER_CANCELLED'],
    ['expired', 'CANCELLED', 'BROKER_EXPIRED'],
    ['rejected', 'FAILED', 'BROKER_REJECTED'],
  ])('P6 T3: %s: it is reconciled at once, and is no timeout', (state, status, reason) => {
    const now = told(...called, [`ORDER_REPORT ${state}, filled 0`, 20_000], ['DEADLINE hardTimeout', 30_000]);
    expect(now.state).toBe('reconciling.asking');
    expect(now.context.verdict).toMatchObject({ status, reason });
    expect(now.asked).not.toContain('cancelOrder');
  });

  it('P6 B1: with a part filled: that is protected at once', () => {
    const now = told(...called, ['ORDER_REPORT cancelled, filled 40 @ 151', 20_000], ['DEADLINE hardTimeout', 30_000]);
    expect(now.state).toBe('reconciling.protecting.placing');
    expect(now.asked).toContain('placeProtection');
  });

  it('T3 P3: a control: filled in part without a price: the price is waited for until T = 32 s', () => {
    const now = told(...called, ['ORDER_REPORT cancelled, filled 40', 20_000], ['DEADLINE hardTimeout', 30_000]);
    expect(now.state).toBe('timeout.confirming');
  });
});
