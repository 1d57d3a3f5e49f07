/**
 * What a start costs: what is live and open, not what has been (E7).
 */
import { virtualClock } from 'fillchart/testing';
import { describe, expect, it } from 'vitest';
import { advisory } from '../stories/support.js';
import { keptJournal } from './kept-journal.js';
import { type QuickBroker, quickBroker } from './quick-broker.js';
import { start, trades } from './support.js';

describe('what a start costs', { timeout: 180_000 }, () => {
  it('A7 A13 E7: records read grow with what is open, not with what has been: ten times the history, the same start', async () => {
    const read: number[] = [];
    for (const count of [50, 500]) {
      const [clock, journal] = [virtualClock(), keptJournal()];
      await trades(count, clock, journal);
      const { engine, broker } = await start(clock, journal);
      read.push(journal.recordsRead());
      expect(journal.wasReadWhole()).toBe(false);
      expect(engine.metrics()).toMatchObject({ live: 0, finished: { FILLED: count } });
      expect([...broker.calls.values()].reduce((sum, calls) => sum + calls, 0)).toBe(0);
      await engine.close();
    }
    expect(read).toEqual([0, 0]);
  });

  it('A7 E7 M4: 100 finished trades and an adapter that waits for its budget: a new advisory is executed at once', async () => {
    const [clock, journal] = [virtualClock(), keptJournal()];
    await trades(100, clock, journal);
    const broker = quickBroker();
    const question = broker.getOrderStatus.bind(broker);
    const before = 100;
    // Each question about an order waits 200 ms for the budget; so would 100 of them, one after the other, for 20 s.
    let free = 0;
    const slow: QuickBroker = {
      ...broker,
      async getOrderStatus(ref, signal) {
        free = Math.max(free, clock.monotonic()) + 200;
        await new Promise<void>((resolve) => clock.setTimeout(resolve, free - clock.monotonic()));
        return question(ref, signal);
      },
    };
    const { engine } = await start(clock, journal, slow);
    expect(broker.calls.get('getOrderStatus')).toBeUndefined();
    const at = clock.monotonic();
    const result = await clock.runUntil(engine.execute(advisory('ADV-NEW', { symbol: 'MSFT' })));
    expect(result).toMatchObject({ status: 'FILLED' });
    expect(clock.monotonic() - at).toBeLessThan(5_000);
    expect(engine.metrics().finished.FILLED).toBe(before + 1);
    await engine.close();
  });

  it('E7 A6: a process that is killed leaves the checkpoint of some while ago; the rest is read', async () => {
    const [clock, journal] = [virtualClock(), keptJournal()];
    const { engine } = await start(clock, journal);
    // Never closed: checkpoints come with the records.
    for (let n = 0; n < 250; n += 50) {
      const batch = Array.from({ length: 50 }, (_, i) => engine.execute(advisory(`ADV-${n + i}`)));
      await clock.runUntil(Promise.all(batch));
      await clock.advance(2_000);
    }
    const total = engine.metrics().journalRecords;
    const { seq = 0 } = journal.checkpoint ?? {};
    expect(total).toBeGreaterThan(2_500);
    expect(seq).toBeGreaterThan(0);
    const next = await start(clock, journal);
    expect(journal.wasReadWhole()).toBe(false);
    expect(next.engine.metrics().finished.FILLED).toBe(250);
    expect(next.engine.execution('ADV-7')?.stage).toBe('FILLED');
    await next.engine.close();
  });
});
