/**
 * Engines on a journal that counts what is read of it, and trades that are over.
 */
import { createEngine, type Engine, type EngineOptions } from 'fillchart';
import type { VirtualClock } from 'fillchart/testing';
import { expect } from 'vitest';
import { advisory } from '../stories/support.js';
import type { KeptJournal } from './kept-journal.js';
import { type QuickBroker, quickBroker } from './quick-broker.js';

interface Started {
  readonly engine: Engine;
  readonly broker: QuickBroker;
}

export const start = async (
  clock: VirtualClock,
  journal: KeptJournal,
  broker = quickBroker(),
  differs: Partial<EngineOptions> = {},
): Promise<Started> => ({
  broker,
  engine: await createEngine({ broker, clock, journal, logger: false, exitPollIntervalMs: 100, ...differs }),
});

/** So many trades, all over, and their exits with them. */
export async function trades(count: number, clock: VirtualClock, journal: KeptJournal, first = 1): Promise<void> {
  const { engine } = await start(clock, journal);
  for (let n = 0; n < count; n += 50) {
    const batch = Array.from({ length: Math.min(50, count - n) }, (_, i) => advisory(`ADV-${first + n + i}`));
    await clock.runUntil(Promise.all(batch.map((one) => engine.execute(one))));
    await clock.advance(2_000);
  }
  expect(engine.positions().some(({ isOpen }) => isOpen)).toBe(false);
  await engine.close();
}
