/**
 * What is due at one instant shares a timer of the clock, and nothing is told early, twice or after it was called off.
 */
import { describe, expect, it } from 'vitest';
import { type DueAt, type Instants, instants } from '../../src/actors/instants.js';
import { virtualClock } from '../../src/testing/index.js';

const MANY = 1_000;

function world() {
  const clock = virtualClock();
  const told: string[] = [];
  const due = (name: string, then: () => void = () => undefined): DueAt => ({
    onDue() {
      told.push(name);
      then();
    },
  });
  return { clock, told, due, instants: instants(clock) };
}

/** Calls, and lets the time go by. */
const atT = (all: Instants, at: number, one: DueAt) => all.at(at, at, one);

describe('instants (T1, T2)', () => {
  it('T1: very many that are due at one instant take one timer, and are told in the order in which they asked', async () => {
    const { clock, told, due, instants: all } = world();
    const names = Array.from({ length: MANY }, (_, index) => `${index}`);
    for (const name of names) atT(all, 30_000, due(name));
    expect(clock.pendingTimers).toBe(1);
    await clock.advance(29_999);
    expect(told).toEqual([]);
    await clock.advance(1);
    expect(told).toEqual(names);
    expect(clock.pendingTimers).toBe(0);
  });

  it('T1: instants a millisecond apart are told apart', async () => {
    const { clock, told, due, instants: all } = world();
    atT(all, 30_001, due('later'));
    atT(all, 30_000, due('sooner'));
    await clock.advance(30_000);
    expect(told).toEqual(['sooner']);
    await clock.advance(1);
    expect(told).toEqual(['sooner', 'later']);
  });

  it('T1 E5: one that throws takes no turn from those beside it', async () => {
    const { clock, told, due, instants: all } = world();
    const fails = due('first', () => {
      throw new Error('a defect');
    });
    atT(all, 30_000, fails);
    for (const name of ['second', 'third']) atT(all, 30_000, due(name));
    await expect(clock.advance(30_000)).rejects.toThrow('a defect');
    await clock.advance(1);
    expect(told).toEqual(['first', 'second', 'third']);
    expect(clock.pendingTimers).toBe(0);
  });

  it('T1: who leaves is not told, and when the last has left no timer is', async () => {
    const { clock, told, due, instants: all } = world();
    const first = atT(all, 10, due('first'));
    const second = atT(all, 10, due('second'));
    first.leave();
    first.leave();
    await clock.advance(9);
    expect(clock.pendingTimers).toBe(1);
    second.leave();
    expect(clock.pendingTimers).toBe(0);
    const third = atT(
      all,
      20,
      due('third', () => third.leave()),
    );
    await clock.advance(100);
    expect(told).toEqual(['third']);
    expect(clock.pendingTimers).toBe(0);
  });

  it('T1: one that is called off by another of its instant is not told, and the rest are', async () => {
    const { clock, told, due, instants: all } = world();
    atT(
      all,
      10,
      due('first', () => second.leave()),
    );
    const second = atT(all, 10, due('second'));
    atT(all, 10, due('third'));
    await clock.advance(10);
    expect(told).toEqual(['first', 'third']);
  });

  it('T2: what is asked for soon comes behind all that is due at the instant', async () => {
    const { clock, told, due, instants: all } = world();
    atT(
      all,
      10,
      due('a', () => all.soon(due('a again'))),
    );
    clock.setTimeout(() => told.push('a poll'), 10);
    atT(
      all,
      10,
      due('b', () => all.soon(due('b again'))),
    );
    await clock.advance(10);
    expect(told).toEqual(['a', 'b', 'a poll', 'a again', 'b again']);
  });

  it('T4: an instant that is past is told in the next timer turn, also one that was told before', async () => {
    const { clock, told, due, instants: all } = world();
    await clock.advance(50);
    all.at(10, 0, due('once'));
    await clock.advance(0);
    all.at(10, 0, due('twice'));
    await clock.advance(0);
    expect(told).toEqual(['once', 'twice']);
  });

  it('E4: while time passes very many are told in slices, and a timer has its turn in between', async () => {
    const clock = virtualClock();
    const told: string[] = [];
    // Each takes a millisecond.
    let passed = 0;
    const all = instants({ ...clock, monotonic: () => clock.monotonic() + passed });
    const slow = (name: string): DueAt => ({
      onDue() {
        told.push(name);
        passed += 1;
      },
    });
    for (let index = 0; index < 30; index += 1) all.at(10, 10, slow('due'));
    clock.setTimeout(() => told.push('timer'), 10);
    await clock.advance(10);
    expect(told.filter((name) => name === 'due')).toHaveLength(30);
    expect(told.indexOf('timer')).toBeLessThan(12);
  });
});
