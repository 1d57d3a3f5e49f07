/**
 * The clock of the machine.
 */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { systemClock } from '../../src/adapters/system-clock.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const DAY_MS = 86_400_000;

test('wall time and monotonic time both move on', () => {
  const clock = systemClock();
  const [wall, monotonic] = [clock.now(), clock.monotonic()];
  vi.advanceTimersByTime(1500);
  expect([clock.now() - wall, clock.monotonic() - monotonic]).toEqual([1500, 1500]);
});

test('T4: where the system names its start, two clocks of it share one monotonic time', () => {
  const [clock, other] = [systemClock(), systemClock()];
  expect(clock.monotonicOrigin).toBe(other.monotonicOrigin);
  expect(Math.abs(clock.monotonic() - other.monotonic())).toBeLessThan(100);
});

test('a timer fires once, unless it is cleared', () => {
  const clock = systemClock();
  const fired: string[] = [];
  clock.setTimeout(() => fired.push('a'), 10);
  const cleared = clock.setTimeout(() => fired.push('b'), 10);
  clock.clearTimeout(cleared);
  vi.advanceTimersByTime(100);
  clock.clearTimeout(cleared);
  clock.clearTimeout(undefined);
  expect(fired).toEqual(['a']);
});

test('a delay longer than Node keeps is waited out, and can be cleared in any part of it', () => {
  const clock = systemClock();
  const fired: string[] = [];
  clock.setTimeout(() => fired.push('far'), 60 * DAY_MS);
  const cleared = clock.setTimeout(() => fired.push('never'), 60 * DAY_MS);
  vi.advanceTimersByTime(59 * DAY_MS);
  expect(fired).toEqual([]);
  clock.clearTimeout(cleared);
  vi.advanceTimersByTime(DAY_MS);
  expect([fired, vi.getTimerCount()]).toEqual([['far'], 0]);
});

test('a delay that is no time at all fires at the next turn', () => {
  const clock = systemClock();
  const fired: number[] = [];
  for (const ms of [0, -5, Number.NaN]) clock.setTimeout(() => fired.push(ms), ms);
  vi.advanceTimersByTime(0);
  vi.advanceTimersByTime(1);
  expect(fired).toHaveLength(3);
});
