/**
 * What a worker knows of the gate (K5, V8): how soon it hears of a change, and what it takes for young.
 */
import { type VirtualClock, virtualClock } from 'fillchart/testing';
import { describe, expect, it } from 'vitest';
import type { SwitchChange } from '../../src/domain/kill-switch.js';
import type { GateReading } from '../../src/restate/gate.js';
import { switchFeed } from '../../src/restate/switch-feed.js';

const CHANGE: SwitchChange = {
  ...{ type: 'GLOBAL', state: 'ACTIVE', previous: 'OFF', reason: 'stop', by: 'ann', durationMs: 0 },
  time: '2026-01-01T00:00:00.000Z',
};
const OPEN: GateReading = { epoch: 0, switches: [], openCases: [], changes: [] };
const CLOSED: GateReading = { ...OPEN, epoch: 1, changes: [CHANGE] };

/** A gate that is read `answerMs` after it was asked about, as it was at half of that. */
function gate(clock: VirtualClock, answerMs: () => number) {
  const seen = { now: OPEN, asked: 0, most: 0 };
  let underWay = 0;
  const wait = (ms: number) => new Promise<void>((resolve) => clock.setTimeout(resolve, ms));
  const call = async <T>(_service: string, _key: string, _handler: string, since: unknown): Promise<T> => {
    seen.asked += 1;
    underWay += 1;
    seen.most = Math.max(seen.most, underWay);
    const ms = answerMs();
    await wait(ms / 2);
    const reading = since === seen.now.epoch ? { ...seen.now, changes: [] } : seen.now;
    await wait(ms / 2);
    underWay -= 1;
    return reading as T;
  };
  return { seen, feed: switchFeed({ call, attach: () => Promise.reject(new Error('nothing runs')) }, clock, 50) };
}

describe('the feed of switches', () => {
  it('asks one question at a time while the answers are quick', async () => {
    const clock = virtualClock();
    const { seen, feed } = gate(clock, () => 10);
    await clock.advance(1_000);
    expect([seen.most, seen.asked > 15]).toEqual([1, true]);
    feed.close();
  });

  it('K5: where answers take half a second, a change is heard of after little more than one of them', async () => {
    const clock = virtualClock();
    const { seen, feed } = gate(clock, () => 500);
    let heardAt = 0;
    feed.onChange(() => {
      heardAt = clock.monotonic();
    });
    for (const offset of [3_000, 130, 170, 90]) {
      await clock.advance(offset);
      const from = clock.monotonic();
      seen.now = { ...CLOSED, epoch: seen.now.epoch + 1, changes: [CHANGE] };
      await clock.advance(2_000);
      expect(heardAt - from).toBeLessThanOrEqual(700);
    }
    expect(seen.most).toBeLessThanOrEqual(2);
    feed.close();
  });

  it('V8: an answer that was overtaken makes no reading older, and tells nothing twice', async () => {
    const clock = virtualClock();
    const times = [600, 100, 20];
    const { seen, feed } = gate(clock, () => times.shift() ?? 20);
    let changes = 0;
    feed.onChange(() => {
      changes += 1;
    });
    seen.now = CLOSED;
    await clock.advance(400);
    const young = await feed.reading(300, 1_000);
    await clock.advance(250);
    const after = await feed.reading(300, 1_000);
    expect((after?.askedAt ?? 0) >= (young?.askedAt ?? 0)).toBe(true);
    expect([changes, feed.since(0).length]).toEqual([1, 1]);
    feed.close();
  });

  it('asks less while Restate does not answer', async () => {
    const clock = virtualClock();
    let asked = 0;
    const call = () => {
      asked += 1;
      return Promise.reject(new Error('refused'));
    };
    const feed = switchFeed({ call, attach: call }, clock, 50);
    await clock.advance(10_000);
    expect(asked).toBeLessThan(60);
    expect(feed.known()).toBeUndefined();
    feed.close();
  });
});
