/**
 * Several advisories in a symbol, told by chance: no false difference of a position, and none that is missed (R6.2).
 */
import { describe, expect, it } from 'vitest';
import { symbolStory } from './symbol-story.js';

const SEEDS = Array.from({ length: 60 }, (_, index) => index + 1);

describe('stories of several advisories in a symbol (R6.2 P8)', () => {
  it('R6.2 P8: what others fill, close and lose again to the venue is no difference, over restarts too', async () => {
    const counts: Record<string, number> = {};
    for (const seed of SEEDS) {
      const { positions, told, counts: happened, fault } = await symbolStory(seed);
      expect(fault).toBeUndefined();
      expect(positions, `seed ${seed}\n${told.join('\n')}`).toEqual([]);
      for (const [what, times] of Object.entries(happened)) counts[what] = (counts[what] ?? 0) + times;
    }
    // What the stories are about must have come about.
    for (const what of [
      'restart',
      'bust',
      'bust after the end',
      'bust of an exit',
      'lost answer',
      'late fill',
      'quiet fill',
    ])
      expect(counts[what], what).toBeGreaterThan(0);
  });

  it('R6.2, negative control: what a stranger trades is found in each of them', async () => {
    for (const seed of SEEDS.slice(0, 24)) {
      const { positions, strangerBy, told } = await symbolStory(seed, { stranger: seed % 2 === 0 ? 50_000 : -50_000 });
      expect(strangerBy).toBeDefined();
      expect(positions.join('\n'), `seed ${seed}\n${told.join('\n')}`).toContain(`${strangerBy}: `);
    }
  });
});
