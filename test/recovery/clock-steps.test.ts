/**
 * The wall clock set back and forward between two runs (T1, T4): no execution gets more time than it
 * had when the journal last heard of it.
 */
import { describe, expect, it } from 'vitest';
import { ADVISORY, at, earth, executed, fill, type Setting } from './support.js';

const HOUR_MS = 3_600_000;

/** Dies while pending at T = 5 s, is down for a while, and comes back to a wall clock that was stepped. */
async function stepped(setting: Setting, stepMs: number, downMs = 5_000) {
  const now = earth(setting);
  const first = await now.start();
  now.clock.setTimeout(() => first.process.kill(), 5_000);
  await executed(now, first);
  await now.clock.advance(downMs);
  now.clock.stepWall(stepMs);
  const startedAt = now.clock.monotonic();
  const second = await now.start();
  const result = await executed(now, second);
  return { now, result, tookMs: now.clock.monotonic() - startedAt, engine: second.engine };
}

describe('the wall clock between two runs', () => {
  it('T1 T4: set back by an hour: the time between the two runs counts all the same, T = 30 s stays where it was', async () => {
    const { result, tookMs } = await stepped({ plan: { fills: [] } }, -HOUR_MS, 5_000);
    expect(result?.status).toBe('FAILED_TIMEOUT');
    expect(tookMs).toBeGreaterThan(19_000);
    expect(tookMs).toBeLessThanOrEqual(20_100);
  });

  it('T1 T4: set back, and nothing tells how long the process was gone: at most what was left at the last record', async () => {
    const { result, tookMs } = await stepped({ plan: { fills: [] }, isClockOfProcess: true }, -HOUR_MS);
    expect(result?.status).toBe('FAILED_TIMEOUT');
    expect(tookMs).toBeGreaterThan(20_100);
    expect(tookMs).toBeLessThanOrEqual(32_000);
  });

  it('T4: set forward past the deadlines: they fire at once', async () => {
    const { result, tookMs } = await stepped({ plan: { fills: [] } }, HOUR_MS - 60_000);
    expect(result?.status).toBe('FAILED_TIMEOUT');
    expect(tookMs).toBeLessThan(1_000);
  });

  it('T2: set back, and filled meanwhile: in time, by the only clock that counts', async () => {
    const { result } = await stepped({ plan: { fills: [fill(8)] } }, -HOUR_MS);
    expect(result).toMatchObject({ status: 'FILLED', finalSl: '147.98' });
  });

  it('V1: set forward past the expiry: what was not sent is refused', async () => {
    const now = earth();
    await executed(now, await now.start(at('answer', 'instrument')));
    now.clock.stepWall(2 * HOUR_MS);
    const second = await now.start();
    expect(await executed(now, second)).toMatchObject({ status: 'REJECTED', reason: 'ADVISORY_EXPIRED' });
  });

  it('A5: records stay in order, and engine time never goes back', async () => {
    const { now, engine } = await stepped({ plan: { fills: [fill(8)] } }, -HOUR_MS);
    const times = now.disk.records.map((record) => record.at);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(engine.execution(String(ADVISORY.advisoryId))?.stage).toBe('FILLED');
  });
});
