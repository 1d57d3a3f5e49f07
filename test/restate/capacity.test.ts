/**
 * The rate budget of the broker carries whole lives, in a worker as in an engine (E4, C3).
 */
import { describe, expect, it } from 'vitest';
import { placeInBudget } from '../../src/restate/capacity.js';
import { bench } from './support.js';

const AAPL = { clientOrderId: 'fc-1', symbol: 'AAPL' };
const ALIVE = new AbortController().signal;
const ACTIVE = {
  type: 'GLOBAL',
  state: 'ACTIVE',
  reason: 'stop',
  since: '2026-01-01T00:00:00.000Z',
  by: 'ann',
} as const;

describe('a place in the rate budget', () => {
  it('E4: is taken at once where there is one, and by one alone', async () => {
    const parts = bench({ broker: { capacity: (inFlight) => 1 - inFlight } });
    const first = placeInBudget(parts, AAPL, ALIVE);
    const second = placeInBudget(parts, { ...AAPL, clientOrderId: 'fc-2' }, ALIVE);
    await parts.clock.runUntil(first);
    expect([...parts.hosted]).toEqual(['fc-1']);
    await parts.clock.advance(5_000);
    expect([...parts.hosted]).toEqual(['fc-1']);
    parts.hosted.delete('fc-1');
    await parts.clock.runUntil(second);
    expect([...parts.hosted]).toEqual(['fc-2']);
  });

  it('E4: there is none for long: tried again, perhaps in another worker', async () => {
    const parts = bench({ broker: { capacity: () => 0 } });
    parts.hosted.add('another');
    const waiting = placeInBudget(parts, AAPL, ALIVE).catch((error: Error) => error.message);
    expect(await parts.clock.runUntil(waiting)).toContain('rate budget');
    expect([...parts.hosted]).toEqual(['another']);
  });

  it('E4: nothing is in flight and nothing is let in: it is refused by the broker in its own words', async () => {
    const parts = bench({ broker: { capacity: () => 0 } });
    await parts.clock.runUntil(placeInBudget(parts, AAPL, ALIVE));
    expect([...parts.hosted]).toEqual(['fc-1']);
  });

  it('E4 K2: a kill switch refuses what waits at once', async () => {
    const parts = bench({ broker: { capacity: () => 0 }, gate: { epoch: 1, switches: [ACTIVE] } });
    parts.hosted.add('another');
    const begun = parts.clock.monotonic();
    await parts.clock.runUntil(placeInBudget(parts, AAPL, ALIVE));
    expect(parts.clock.monotonic() - begun).toBeLessThan(1_000);
  });
});
