/**
 * A6: killed at every step there is, and during the recovery from that: nothing is sent twice, nothing is lost.
 */
import { describe, expect, it } from 'vitest';
import { mutated } from '../simulation/mutants.js';
import { killedAtEveryStep, type Story } from './every-step.js';
import { fill } from './support.js';

const busy = { kind: 'rejected', code: 'BUSY', reason: 'busy', transient: true } as const;

const STORIES: readonly Story[] = [
  { name: 'a fill', setting: { plan: { fills: [fill(1)] } } },
  { name: 'a fill in parts', setting: { plan: { fills: [fill(1, 30), fill(3, 30, 152), fill(6, 40, 150)] } } },
  { name: 'a partial fill and a timeout', setting: { plan: { fills: [fill(2, 40)], cancelAfterMs: 300 } } },
  { name: 'a late fill', setting: { plan: { fills: [fill(31)], cancel: 'ignore' } } },
  {
    name: 'a kill switch',
    setting: { plan: { fills: [fill(1, 10)], cancelAfterMs: 500 } },
    events: [[3, ({ engine }) => engine.killSwitch.set({ type: 'GLOBAL', state: 'ACTIVE', reason: 'a drill' })]],
  },
  {
    name: 'an answer that never comes',
    setting: {
      plan: { fills: [fill(8)], visibleFromMs: 6_000 },
      broker: (world) => ({
        submitOrder: (order) => {
          world.submit(order);
          return new Promise(() => undefined);
        },
      }),
    },
  },
  {
    name: 'a busy broker',
    submits: 2,
    setting: {
      broker: (world) => {
        let tries = 0;
        return {
          submitOrder: (order) => {
            tries += 1;
            if (tries === 1) return Promise.resolve(busy);
            return Promise.resolve(world.submit(order));
          },
        };
      },
    },
  },
];

/** Long enough for a machine that is busy with other things. */
const TIMEOUT_MS = 120_000;

describe('killed at every step', { timeout: TIMEOUT_MS }, () => {
  it.each(STORIES)('A6 A3: $name', async (story) => {
    const { kills, offences } = await killedAtEveryStep(story);
    expect(offences).toEqual([]);
    expect(kills).toBeGreaterThan(20);
  });

  it.each(STORIES)('A6: $name, and killed again during the recovery', async (story) => {
    const { kills, offences } = await killedAtEveryStep(story, { again: true });
    expect(offences).toEqual([]);
    expect(kills).toBeGreaterThan(40);
  });
});

describe('the same demands on a broken recovery', { timeout: TIMEOUT_MS }, () => {
  it('control: a recovery that sends again is caught', async () => {
    const create = await mutated('recovery sends again');
    const { offences } = await killedAtEveryStep(STORIES[0] ?? { name: '', setting: {} }, { create });
    expect(offences.some((offence) => offence.includes('2 submit calls'))).toBe(true);
  });

  it('control: a recovery that forgets an execution is caught', async () => {
    const create = await mutated('recovery forgets');
    const { offences } = await killedAtEveryStep(STORIES[0] ?? { name: '', setting: {} }, { create });
    expect(offences.some((offence) => offence.includes('no result'))).toBe(true);
  });

  it('control: a recovery that does not protect is caught', async () => {
    const create = await mutated('recovery does not protect');
    const { offences } = await killedAtEveryStep(STORIES[0] ?? { name: '', setting: {} }, { create });
    expect(offences.some((offence) => offence.includes('not protected'))).toBe(true);
  });
});
