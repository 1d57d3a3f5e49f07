/** The exits' chart in every state that venue, line, time and crashes can bring about (B7). */
import { describe, expect, it } from 'vitest';
import { type ExitLawId, exitLaws } from '../../src/verify/exits/exit-laws.js';
import { exitMutants } from '../../src/verify/exits/exit-mutants.js';
import { verifyExits } from '../../src/verify/exits/verify-exits.js';

describe('the exits’ chart', () => {
  it('B7 B3: keeps every law in every state, and takes each of its transitions', () => {
    const { violation, neverTaken, states, transitions } = verifyExits();
    expect(violation).toBeUndefined();
    expect(neverTaken).toEqual([]);
    expect(states).toBeGreaterThan(10_000);
    expect(transitions).toBeGreaterThan(50);
  }, 300_000);
});

describe('with one thing wrong', () => {
  it('comes in more than sixty kinds, each with a name of its own', () => {
    expect(exitMutants.length).toBeGreaterThan(60);
    expect(new Set(exitMutants.map(({ name }) => name)).size).toBe(exitMutants.length);
  });

  it.each(exitMutants.map((mutant) => [mutant.name, mutant.breaks, mutant] as const))(
    '%s: %s',
    (_, __, { chart, scope }) => {
      const { violation } = verifyExits(chart(), scope);
      expect(violation?.why).toBeDefined();
      expect(violation?.way.length).toBeGreaterThan(1);
    },
    60_000,
  );
});

/** For each law a mutant that breaks it, judged by that law alone. */
const TEETH: Readonly<Record<ExitLawId, string>> = {
  X1: 'cancels what is left',
  X2: 'keeps nothing of a report',
  X3: 'sees the sibling and says nothing',
  X4: 'keeps a loss to itself',
  X5: 'keeps a reversal to itself',
  X6: 'keeps a wrong size to itself',
  X7: 'makes a case of a position that was closed by hand',
  X8: 'ends with an exit at work',
  X9: 'never asks for the position',
  X10: 'gives the sibling a minute',
  X12: 'keeps a changed exit to itself',
};

describe('a law by itself', () => {
  it.each(Object.entries(TEETH) as [ExitLawId, string][])('%s catches what %s', (law, name) => {
    const mutant = exitMutants.find((one) => one.name === name);
    expect(mutant, name).toBeDefined();
    expect(mutant && verifyExits(mutant.chart(), { ...mutant.scope, laws: [law] }).violation?.law).toBe(law);
  });

  it('is there for each id', () => {
    expect(Object.keys(TEETH)).toEqual(exitLaws.map(({ id }) => id));
  });
});
