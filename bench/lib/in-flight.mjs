/**
 * An engine with so many orders in flight, none of which fills, on a held clock.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { heldClock } from './held-clock.mjs';
import { advisory, instantBroker } from './instant-broker.mjs';
import { createEngine, memoryJournal } from './package.mjs';

const SLICE = 200;

export async function ordersInFlight(
  count,
  { batch, pollIntervalMs, onReady, apartMs = 0, journal = memoryJournal() } = {},
) {
  const clock = heldClock();
  const broker = instantBroker({ fills: false, batch, now: () => clock.monotonic() });
  const engine = await createEngine({
    broker,
    clock,
    journal,
    logger: false,
    maxConcurrent: count,
    ...(pollIntervalMs !== undefined && { pollIntervalMs }),
  });
  await onReady?.();
  for (let index = 0; index < count; index += 1) {
    engine.start(advisory(index)).result.catch(() => undefined);
    if (apartMs > 0) {
      while (broker.counts.submits <= index) await nextTurn();
      clock.jump(apartMs);
    } else if (index % SLICE === 0) await nextTurn();
  }
  while (broker.counts.submits < count) await nextTurn();
  // What follows each submission settles too.
  for (let turn = 0; turn < 50; turn += 1) await nextTurn();
  return { clock, broker, engine };
}

/** Waits, without a timer of the engine's clock, until `done` says so. */
export async function until(done, limitMs = 120_000) {
  const end = performance.now() + limitMs;
  while (!done()) {
    if (performance.now() > end) throw new Error('a bench waited in vain');
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}
