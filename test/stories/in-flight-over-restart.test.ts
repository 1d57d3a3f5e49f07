/**
 * What others in the symbol do is known over a restart too: an execution that is in flight then finds no false difference (R6.2).
 */
import { describe, expect, it } from 'vitest';
import { atOwnVenue } from './own-venue.js';
import { sentences } from './support.js';

describe('B is in flight over a restart (R6.2 P8)', () => {
  /** What happens, and in which process: before the restart, while nobody is there, or after it. */
  const WHEN = ['before', 'meanwhile', 'after'] as const;

  async function inFlight(
    when: (typeof WHEN)[number],
    what: 'entry' | 'exit' | 'exit of a closed position' | 'late fill',
  ) {
    const story = await atOwnVenue({ onMismatch: 'report-only' });
    const { clock, venue, held, start, idOf, restart } = story;
    if (what === 'late fill') {
      const { clientOrderId } = await start('A');
      venue.end(clientOrderId, 'cancelled');
      await clock.advance(5_000);
    } else await held('A');
    const a = idOf('A');
    const closed = what.startsWith('exit') ? venue.fill(`${a}-tp`, what === 'exit' ? 40 : 100, 155.53) : '';
    await clock.advance(1_000);
    const { clientOrderId } = await start('B', { positionSize: '50' });
    const happen = () => {
      if (what === 'late fill') venue.fill(a, 100, 151);
      else if (what === 'entry') venue.bust(a, 'fill-1', 'filled');
      else venue.bust(`${a}-tp`, closed, what === 'exit' ? 'working' : 'cancelled');
    };
    if (when === 'before') happen();
    await clock.advance(500);
    await restart(when === 'meanwhile' ? happen : undefined);
    if (when === 'after') happen();
    await clock.advance(500);
    venue.fill(clientOrderId, 50, 151);
    const b = story.engineNow().execution('B');
    if (b === undefined) throw new Error('B is not there after the restart');
    return { ...story, result: await clock.runUntil(b.result) };
  }

  for (const what of ['entry', 'exit', 'exit of a closed position', 'late fill'] as const)
    it.each(WHEN)(
      `R6.2 P8 T5 A6: a fill of A (${what}) is taken back, or comes late, %s: B is MATCHED`,
      async (when) => {
        const { result, casesNow } = await inFlight(when, what);
        expect(sentences(result)).toEqual([]);
        expect(casesNow()).toEqual([what === 'late fill' ? 'STRAY_FILL A' : 'FILL_BUSTED A']);
      },
    );

  it('R6.2 P8, negative control: what was taken back before B has its baseline leaves B no room', async () => {
    const { clock, venue, held, start, idOf, restart, engineNow } = await atOwnVenue({ onMismatch: 'report-only' });
    await held('A');
    venue.bust(idOf('A'), 'fill-1', 'filled');
    await clock.advance(1_000);
    const { clientOrderId } = await start('B', { positionSize: '50' });
    await restart();
    venue.trade('AAPL', -50);
    venue.fill(clientOrderId, 50, 151);
    const b = engineNow().execution('B');
    if (b === undefined) throw new Error('B is not there after the restart');
    const [sentence] = sentences(await clock.runUntil(b.result));
    expect(sentence).toMatch(/^Expected position 50, found 0 in broker/);
  });
});
