/**
 * What the silence of the check is worth: a chart with one thing wrong is always caught, and no law is idle.
 */
import { describe, expect, it } from 'vitest';
import { type LawId, laws } from '../../src/domain/laws.js';
import { mutantsOfExits } from '../../src/verify/mutants.exits.js';
import { mutantsOfFees } from '../../src/verify/mutants.fees.js';
import { mutants } from '../../src/verify/mutants.js';
import { mutantsOfTheWorld } from '../../src/verify/mutants.world.js';
import { verify } from '../../src/verify/verify.js';

const named = new Map(mutants.map((mutant) => [mutant.name, mutant]));

describe('a chart with one thing wrong', () => {
  it('comes in more than 150 kinds, each with a name of its own', () => {
    expect(mutants.length).toBeGreaterThan(150);
    expect(named.size).toBe(mutants.length);
  });

  it('comes in more than sixty kinds of what venues and late wake-ups do [P8 P10 T4 B5 B6]', () => {
    expect(mutantsOfTheWorld.length + mutantsOfExits.length + mutantsOfFees.length).toBeGreaterThan(60);
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

/** The same for what each law says of busts, of orders that are over with less, of exits and of late wake-ups. */
const FURTHER_TEETH: readonly (readonly [rule: string, law: LawId, name: string])[] = [
  ['P8', 'L6', 'takes a bust for an older report'],
  ['A9', 'L7', 'takes an exit that was there before for the one that it asked for'],
  ['R6.2', 'L10', 'compares with the price that it asked for'],
  ['P8', 'L6', 'keeps no note of a correction'],
  ['P8', 'L6', 'calls a fill that was changed busted'],
  ['P8', 'L5', 'cancels after a bust'],
  ['P8', 'L15', 'leaves an order that a bust opens again after T = 30 s'],
  ['P10', 'L11', 'waits though there is nothing to cancel'],
  ['P10', 'L11', 'does not keep what a cancel that finds nothing proves'],
  ['P10', 'L14', 'counts a report twice on its way into pending'],
  ['T4', 'L15', 'counts a cancel that was never made'],
  ['T4', 'L15', 'ends without a last look'],
  ['T4', 'L14', 'leaves a protection call behind after five seconds'],
  ['B5', 'L7', 'takes an accepted exit for a working one'],
  ['B5', 'L7', 'gives exits no time to work'],
  ['B5', 'L7', 'does not hear that an exit is refused late'],
  ['B5', 'L7', 'gives up when the market has passed the take-profit'],
  ['B6', 'L4', 'protects what the fee has taken'],
  ['B6', 'L4', 'places exits for nothing'],
  ['B6', 'L6', 'does not hear of a fee after the fill'],
  ['B6', 'L7', 'does not name what no exit covers'],
  ['B5', 'L10', 'takes exits that come late for none'],
  ['B5', 'L15', 'watches exits that it does not wait for'],
];

describe('a law by itself', () => {
  it.each(FURTHER_TEETH)('%s: %s catches what %s', (_, law, name) => {
    const mutant = named.get(name);
    expect(mutant, name).toBeDefined();
    const violation = mutant && verify(mutant.chart(), { ...mutant.scope, laws: [law] }).violation;
    expect(violation?.law).toBe(law);
  });

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
