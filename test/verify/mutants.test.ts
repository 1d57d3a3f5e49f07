/**
 * What the silence of the check is worth: a chart with one thing wrong is always caught, and no law is idle.
 */
import { describe, expect, it } from 'vitest';
import { type LawId, laws } from '../../src/domain/laws.js';
import { mutants } from '../../src/verify/mutants.js';
import { verify } from '../../src/verify/verify.js';

const named = new Map(mutants.map((mutant) => [mutant.name, mutant]));

describe('a chart with one thing wrong', () => {
  it('comes in more than sixty kinds, each with a name of its own', () => {
    expect(mutants.length).toBeGreaterThan(60);
    expect(named.size).toBe(mutants.length);
  });

  it.each(mutants.map((mutant) => [mutant.name, mutant.breaks, mutant] as const))(
    '%s: %s',
    (_, __, { chart, scope }) => {
      const { violation } = verify(chart(), scope);
      expect(violation?.why).toBeDefined();
      expect(violation?.way.length).toBeGreaterThan(1);
    },
  );
});

/** For each law a mutant that breaks it, judged by that law alone. */
const TEETH: Readonly<Record<LawId, string>> = {
  L1: 'sends again after a crash before the answer',
  L2: 'the host sends without a last look',
  L3: 'renews the window with each try',
  L4: 'protects the approved size',
  L5: 'sells what was filled when a switch goes ACTIVE',
  L6: 'drops a stray fill',
  L7: 'is content with the stop-loss',
  L8: 'asks the broker until it agrees',
  L9: 'calls an unknown outcome refused',
  L10: 'forgets the case',
  L11: 'does not ask again after a crash',
  L12: 'lets a kill switch end the protection',
  L13: 'takes the same advisory for a new one',
  L14: 'compares with < at T = 30 s',
  L15: 'lets RISK_LIMIT cancel',
};

describe('a law by itself', () => {
  it.each(Object.entries(TEETH) as [LawId, string][])('%s catches what %s', (law, name) => {
    const mutant = named.get(name);
    expect(mutant, name).toBeDefined();
    const violation = mutant && verify(mutant.chart(), { ...mutant.scope, laws: [law] }).violation;
    expect(violation?.law).toBe(law);
  });

  it('is there for each id', () => {
    expect(Object.keys(TEETH)).toEqual(Object.keys(laws));
  });
});
