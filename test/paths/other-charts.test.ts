/**
 * Paths through the exits' chart and through the kill switches: generated from the charts that run, and run against an actor
 * of XState's; those of the kill switches against the actor that guards the gate as well.
 */
import { describe, expect, it } from 'vitest';
import { killSwitchMachine } from '../../src/machines/kill-switch.machine.js';
import { protectionMachine } from '../../src/machines/protection.machine.js';
import { type ChartPaths, differencesOf, statesOf } from '../../src/testing/paths/chart-paths.js';
import { exitPaths, UNREACHABLE_FOR_EXITS } from '../../src/testing/paths/exit-paths.js';
import { actorDifferences, switchPaths } from '../../src/testing/paths/switch-paths.js';

const figuresLine = (
  name: string,
  { paths, figures }: Pick<ChartPaths<{ type: string }>, 'figures' | 'paths'>,
): string => {
  const { states, transitions, guardAnswers } = figures;
  const rate = ({ covered, of }: { readonly covered: number; readonly of: number }) => `${covered}/${of}`;
  return `${name}: ${paths.length} paths; states ${rate(states)}, transitions ${rate(transitions)}, guard answers ${rate(guardAnswers)}\n`;
};

describe('every path through the life of the exits', () => {
  const exits = exitPaths();

  it('takes every state and transition, and gets each answer of a guard but for what no path can bring about [B7]', () => {
    process.stdout.write(figuresLine('exits', exits));
    expect(exits.missing).toEqual([]);
    const { states, transitions, unreachable } = exits.figures;
    expect(states.covered).toBe(states.of);
    expect(transitions.covered).toBe(transitions.of);
    expect(unreachable).toBe(UNREACHABLE_FOR_EXITS.length);
  });

  it('is what an actor does, fact by fact, to the last command [A3 B7]', () => {
    for (const path of exits.paths) expect([path.name, ...differencesOf(protectionMachine, path)]).toEqual([path.name]);
  });

  it('reaches each end [B7]', () => {
    const reached = new Set(exits.paths.map(({ states }) => states.at(-1)));
    for (const end of ['closedByStopLoss', 'closedByTakeProfit', 'closedElsewhere', 'reversed', 'lost'])
      expect(reached).toContain(end);
  });

  it('gives the same list each time', () => {
    expect(new Set(exits.paths.map(({ id }) => id)).size).toBe(exits.paths.length);
    expect(exitPaths()).toBe(exits);
  });
});

describe('every path through the kill switches', () => {
  const switches = switchPaths();

  it('takes every state and transition, and gets each answer of a guard [K1 K6]', () => {
    process.stdout.write(figuresLine('kill switches', switches));
    expect(switches.missing).toEqual([]);
  });

  it('is what an actor does, fact by fact [K1]', () => {
    for (const path of switches.paths)
      expect([path.name, ...differencesOf(killSwitchMachine, path)]).toEqual([path.name]);
  });

  it.each(switches.paths.map((path) => [`${path.id} ${path.name}`, path] as const))(
    'K1 K5 K6: %s, at the gate itself',
    async (_, path) => {
      expect(await actorDifferences(path)).toEqual([]);
    },
  );
});

/** A chart with one thing wrong does not go where the paths of the right one lead. */
describe('control: a path run on another chart', () => {
  it.each([
    ['isHeld', protectionMachine.provide({ guards: { isHeld: () => false } })],
    ['isStillWorking', protectionMachine.provide({ guards: { isStillWorking: () => false } })],
  ] as const)('differs where %s says something else', (_, wrong) => {
    const found = exitPaths().paths.filter((path) => statesOf(wrong, path.facts).join() !== path.states.join());
    expect(found.length).toBeGreaterThan(0);
  });
});
