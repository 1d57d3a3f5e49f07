/**
 * A chart read from a machine: nothing is lost, nothing is named twice, nothing nameless is let in.
 */
import { describe, expect, it } from 'vitest';
import { createMachine } from 'xstate';
import { gatheredArrows, isExact, neighbourArrows, rowsOf } from '../../src/charts/arrows.js';
import { readChart, transitionId } from '../../src/charts/chart.js';
import { DEADLINES, deadlineScheduledBy } from '../../src/charts/deadlines.js';
import { executionMachine } from '../../src/machines/execution.machine.js';
import { protectionMachine } from '../../src/machines/protection.machine.js';
import { charts } from './charts.support.js';

const idsOf = (list: readonly { readonly id: string }[]): readonly string[] => list.map(({ id }) => id);

describe.each(charts)('the chart $file', ({ chart }) => {
  it('names each state and each transition once', () => {
    expect(new Set(idsOf(chart.states)).size).toBe(chart.states.length);
    expect(new Set(idsOf(chart.transitions)).size).toBe(chart.transitions.length);
  });

  it('says of each transition which rules it keeps, and why it is there', () => {
    const mute = chart.transitions.filter(({ rules, description }) => rules.length === 0 || description === '');
    expect(idsOf(mute)).toEqual([]);
  });

  it('shows each transition in one row, shared or its own', () => {
    const shown = rowsOf(chart).flatMap(({ transitions }) => idsOf(transitions));
    expect([...shown].sort()).toEqual([...idsOf(chart.transitions)].sort());
  });

  it('draws an arrow for each transition that leads somewhere, but for a restart', () => {
    const leading = chart.transitions.filter(({ targets, event }) => targets.length > 0 && event !== 'RECOVERED');
    for (const arrows of [gatheredArrows(chart), neighbourArrows(chart)]) {
      const drawn = arrows.flatMap(({ drawn: rows }) => rows.flatMap(({ transitions }) => idsOf(transitions)));
      expect([...drawn].sort()).toEqual([...idsOf(leading)].sort());
      expect(new Set(arrows.map(({ source, target }) => `${source} ${target}`)).size).toBe(arrows.length);
    }
  });

  it('lets exact arrows end where their transitions do, and neighbours be neighbours', () => {
    const parentOf = (id: string) => chart.states.find((state) => state.id === id)?.parent;
    expect(gatheredArrows(chart).every((arrow) => isExact(arrow).target)).toBe(true);
    for (const { within, source, target } of neighbourArrows(chart)) {
      for (const end of [source, target])
        expect([within, parentOf(end)]).toContain(end === within ? end : parentOf(end));
      if (source !== within && target !== within) expect(parentOf(source)).toBe(parentOf(target));
    }
  });
});

describe('reading a machine', () => {
  it('gives the ids that a watcher of the running machine computes', () => {
    const definition = executionMachine.root.states['pending']?.transitions.get('KILL_SWITCH')?.[1];
    expect(definition && transitionId(definition)).toBe('execution.pending/KILL_SWITCH/2');
    const always = executionMachine.root.states['pending']?.states['placing']?.always?.[0];
    expect(always && transitionId(always)).toBe('execution.pending.placing/always/1');
  });

  it.each([
    ['a nameless guard', createMachine({ id: 'm', on: { GO: { guard: () => true, actions: 'a' } } }), 'without a name'],
    ['a nameless action', createMachine({ id: 'm', on: { GO: { actions: () => undefined } } }), 'without a name'],
    ['a timer', createMachine({ id: 'm', after: { 10: { actions: 'a' } } }), 'holds a timer'],
    ['an actor', createMachine({ id: 'm', invoke: { src: 'x' } }), 'invokes'],
  ])('refuses %s', (_name, machine, sentence) => {
    expect(() => readChart(machine)).toThrow(sentence);
  });

  it('draws what all substates do alike once, and what only some do for each', () => {
    const both = { ALL: '#m.end', SOME: '#m.end' };
    const machine = createMachine({
      id: 'm',
      initial: 'outer',
      states: { outer: { initial: 'a', states: { a: { on: both }, b: { on: { ALL: '#m.end' } } } }, end: {} },
    });
    const rows = rowsOf(readChart(machine)).map(({ at, transitions }) => [at, ...idsOf(transitions)]);
    expect(rows).toEqual([
      ['m.outer', 'm.outer.a/ALL/1', 'm.outer.b/ALL/1'],
      ['m.outer.a', 'm.outer.a/SOME/1'],
    ]);
  });
});

it('every deadline is asked for by an action of the chart, and every such action is known (T1)', () => {
  const actions = [executionMachine, protectionMachine].flatMap(({ implementations }) =>
    Object.keys(implementations.actions),
  );
  const names = actions.filter((name) => name.startsWith('schedule'));
  expect(names.map((name) => deadlineScheduledBy({ name })).sort()).toEqual(Object.keys(DEADLINES).sort());
});
