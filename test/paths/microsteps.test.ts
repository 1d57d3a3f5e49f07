/**
 * `_transitions` of XState's inspection is a name without a promise: this test fails when it means something else.
 */
import { describe, expect, it } from 'vitest';
import { type EventObject, setup } from 'xstate';
import { chartMap } from '../../src/machines/chart-map.js';
import { microstepsOf } from '../../src/machines/microsteps.js';
import { coverageMeter } from '../../src/testing/paths/coverage.js';

const go = (n: number): EventObject => ({ type: 'GO', n }) as EventObject;

const machine = setup({
  types: { context: {} as { readonly n: number }, events: {} as { readonly type: 'GO'; readonly n: number } },
  guards: { isOne: ({ event }) => event.n === 1, isNever: () => false },
}).createMachine({
  id: 'tiny',
  context: { n: 0 },
  initial: 'a',
  states: {
    a: { on: { GO: [{ guard: 'isOne', target: 'b' }, { target: 'c' }] } },
    b: { always: [{ guard: 'isNever', target: 'a' }, { target: 'd' }] },
    c: {},
    d: { type: 'final' },
  },
});

describe('microsteps', () => {
  it('hold the very transition objects of the definition, eventless ones included', () => {
    const chart = chartMap(machine);
    const steps = microstepsOf(machine, undefined, [go(1)]);
    const ids = steps.flatMap(({ transitions }) => transitions.map((taken) => chart.byDefinition(taken)?.id));
    expect(ids).toEqual(['a|GO|0 [isOne]', 'b|always|1']);
  });

  it('hold an ignored event as a step without a transition', () => {
    const [, ignored] = microstepsOf(machine, undefined, [go(2), go(1)] as EventObject[]);
    expect(ignored?.transitions).toEqual([]);
  });
});

describe('coverage', () => {
  it('names what a life has covered, and what it has not', () => {
    const meter = coverageMeter(machine);
    meter.add(undefined, [go(1)]);
    expect(meter.missing()).toEqual({
      states: ['c'],
      transitions: ['a|GO|1', 'b|always|0 [isNever]'],
      branches: ['a|GO|0 [isOne] false', 'b|always|0 [isNever] true'],
    });
    meter.add(undefined, [go(2)]);
    expect(meter.missing().branches).toEqual(['b|always|0 [isNever] true']);
  });
});
