/**
 * A6: killed at every step there is, and during the recovery from that: nothing is sent twice, nothing is lost.
 */
import { describe, expect, it } from 'vitest';
import { mutated } from '../simulation/mutants.js';
import { killedAtEveryStep } from './every-step.js';
import { STORIES } from './stories.js';

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
