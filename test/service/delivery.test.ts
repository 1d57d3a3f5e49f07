/**
 * Events brought to listeners: in order, once, and never at the cost of what else is due.
 */
import { type VirtualClock, virtualClock } from 'fillchart/testing';
import { describe, expect, it } from 'vitest';
import { delivery } from '../../src/service/events/delivery.js';
import type { Frame, Listener, Wanted } from '../../src/service/events/listener.js';

const BATCH_MS = 25;
const frame = (text: string, about: Partial<Frame> = {}): Frame => ({ ...about, bytes: Buffer.from(`${text};`) });

/** A listener to which a write takes this long. */
function listener(clock: VirtualClock, costMs = 0, wanted: Wanted = {}) {
  const heard: { readonly at: number; readonly text: string }[] = [];
  const own: Listener = {
    wanted,
    takesAll: Object.keys(wanted).length === 0,
    isOpen: true,
    write(bytes) {
      clock.moveTo(clock.monotonic() + costMs);
      heard.push({ at: clock.monotonic(), text: bytes.toString() });
    },
    drained: () => Promise.resolve(),
    end: (last) => void heard.push({ at: clock.monotonic(), text: last.toString() }),
  };
  return { own, heard, text: () => heard.map(({ text }) => text).join('') };
}

describe('delivery', () => {
  it('events of a few milliseconds leave together, in order; a thing that changed twice is told once, as it stands', async () => {
    const clock = virtualClock();
    const to = delivery(clock, BATCH_MS);
    const one = listener(clock);
    to.join(one.own);
    let stands = 'first';
    to.put(frame('a'));
    to.touch('x', () => frame(stands));
    to.put(frame('b'));
    stands = 'second';
    to.touch('x', () => frame(stands));
    expect(one.heard).toEqual([]);
    await clock.advance(BATCH_MS);
    expect(one.heard.map(({ text }) => text)).toEqual(['a;b;second;']);
  });

  it('who joins in the middle of a batch is told what was put after it joined, and that once', async () => {
    const clock = virtualClock();
    const to = delivery(clock, BATCH_MS);
    const [first, second] = [listener(clock), listener(clock)];
    to.join(first.own);
    to.put(frame('a'));
    to.put(frame('b'));
    to.join(second.own);
    to.put(frame('c'));
    await clock.advance(BATCH_MS);
    to.put(frame('d'));
    await clock.advance(10 * BATCH_MS);
    expect([first.text(), second.text()]).toEqual(['a;b;c;d;', 'c;d;']);
  });

  it('E6: what changes while another thing is looked at is told with the next batch, and not forgotten', async () => {
    const clock = virtualClock();
    const to = delivery(clock, BATCH_MS);
    const one = listener(clock);
    to.join(one.own);
    let stands = 'open';
    to.touch('position', () => frame(`position ${stands}`));
    to.touch('execution', () => {
      // Only once: it has been taken up then.
      if (stands === 'open') to.touch('position', () => frame(`position ${stands}`));
      stands = 'closed';
      return frame('execution');
    });
    await clock.advance(BATCH_MS);
    expect(one.text()).toBe('position open;execution;');
    await clock.advance(10 * BATCH_MS);
    expect(one.text()).toBe('position open;execution;position closed;');
  });

  it('E6: nor is what changes while a thing is looked at that is not there, or while the last is told', async () => {
    const clock = virtualClock();
    const to = delivery(clock, BATCH_MS);
    const one = listener(clock);
    to.join(one.own);
    const looked = (name: string) =>
      to.touch('gone', () => {
        to.touch(name, () => frame(name));
        return undefined;
      });
    looked('a');
    await clock.advance(10 * BATCH_MS);
    expect(one.text()).toBe('a;');
    looked('b');
    to.close(frame('goodbye'));
    expect(one.text()).toBe('a;b;goodbye;');
  });

  it('who wants a part is told that part', async () => {
    const clock = virtualClock();
    const to = delivery(clock, BATCH_MS);
    const audit = listener(clock, 0, { topics: new Set(['audit']) });
    to.join(audit.own);
    to.put(frame('a', { topic: 'audit' }));
    to.put(frame('b', { topic: 'case' }));
    await clock.advance(BATCH_MS);
    expect(audit.text()).toBe('a;');
  });

  it('E2: two hundred listeners to which a write takes 1 ms each hold up nothing for longer than 10 ms', async () => {
    const clock = virtualClock();
    const to = delivery(clock, BATCH_MS);
    const all = Array.from({ length: 200 }, () => listener(clock, 1));
    for (const one of all) to.join(one.own);
    to.put(frame('a'));
    const ticks: number[] = [];
    const tick = (): void => {
      ticks.push(clock.monotonic());
      if (clock.monotonic() < 2_000) clock.setTimeout(tick, 1);
    };
    tick();
    // Two hundred wait 50 ms for each other.
    await clock.advance(60);
    to.put(frame('b'));
    await clock.advance(2_500);
    const longest = Math.max(...ticks.slice(1).map((at, index) => at - (ticks[index] ?? 0)));
    expect(longest).toBeLessThanOrEqual(10);
    expect(new Set(all.map((one) => one.text()))).toEqual(new Set(['a;b;']));
    // The first batch took 200 ms: the next begins after a rest of twice as long.
    const ends = Math.max(...all.map(({ heard }) => heard[0]?.at ?? 0));
    const begins = Math.min(...all.map(({ heard }) => heard[1]?.at ?? 0));
    expect(begins - ends).toBeGreaterThanOrEqual(400);
  });

  it('at the end everything that waits is told, then the last word', async () => {
    const clock = virtualClock();
    const to = delivery(clock, BATCH_MS);
    const all = Array.from({ length: 30 }, () => listener(clock, 1));
    for (const one of all) to.join(one.own);
    to.put(frame('a'));
    await clock.advance(BATCH_MS);
    to.put(frame('b'));
    to.close(frame('goodbye'));
    expect(new Set(all.map((one) => one.text()))).toEqual(new Set(['a;b;goodbye;']));
    expect(clock.pendingTimers).toBe(0);
  });
});
