/**
 * E3 T3 T4: also an execution that was taken over from a dead process ends at T = 32 s when its cancel is never confirmed.
 */
import { memoryJournal } from 'fillchart/adapters';
import { virtualClock } from 'fillchart/testing';
import { expect, test } from 'vitest';
import { ADVISORY, world } from '../stories/support.js';

test('E3 T3: the late window closes after a restart as it does without one', async () => {
  const clock = virtualClock();
  const journal = memoryJournal();
  const first = await world({ clock, script: { cancel: 'ignore' }, engine: { journal } });
  first.engine.start(ADVISORY);
  await clock.advance(10_000);
  await first.engine.close();

  const second = await world({ clock, engine: { journal }, wrap: () => first.broker });
  const recovered = second.engine.execution('ADV-A');
  await clock.advance(60_000);
  expect(recovered?.stage).toBe('FAILED_TIMEOUT');
  expect(second.engine.metrics().live).toBe(0);
});
