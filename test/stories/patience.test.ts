/**
 * How long a cancel or a protection waits for its record: each its own second, under one timer for all.
 */
import { virtualClock } from 'fillchart/testing';
import { describe, expect, it } from 'vitest';
import { patience } from '../../src/actors/patience.js';
import type { Durability } from '../../src/journal/recorder.js';
import { RISK_PATIENCE_MS } from '../../src/machines/host-protocol.js';

const DURABLE: Durability = { durable: true };
const never = new Promise<Durability>(() => undefined);

/** When each was answered, and with what, in ms from the start. */
function waitingRoom() {
  const clock = virtualClock();
  const startedAt = clock.monotonic();
  const waits = patience(clock);
  const answers: { readonly name: string; readonly at: number; readonly durable: boolean }[] = [];
  const wait = (name: string, recorded: Promise<Durability>) =>
    void waits
      .until(recorded)
      .then(({ durable }) => answers.push({ name, at: clock.monotonic() - startedAt, durable }));
  return { clock, wait, answers };
}

describe('a cancel that waits for its record', () => {
  it('A4 K3: begins when the record is durable, and leaves no timer behind', async () => {
    const { clock, wait, answers } = waitingRoom();
    const before = clock.pendingTimers;
    for (const name of ['one', 'two']) wait(name, Promise.resolve(DURABLE));
    await clock.advance(0);
    expect(answers.map(({ name, durable }) => [name, durable])).toEqual([
      ['one', true],
      ['two', true],
    ]);
    expect(clock.pendingTimers).toBe(before);
  });

  it('B2 K3: goes out without it after its own second, whatever became of those before it', async () => {
    const { clock, wait, answers } = waitingRoom();
    wait('silent', never);
    await clock.advance(300);
    wait('answered', Promise.resolve(DURABLE));
    await clock.advance(100);
    wait('late', never);
    await clock.advance(200);
    wait('later', never);
    await clock.advance(3 * RISK_PATIENCE_MS);
    expect(answers).toEqual([
      { name: 'answered', at: 300, durable: true },
      { name: 'silent', at: RISK_PATIENCE_MS, durable: false },
      { name: 'late', at: 400 + RISK_PATIENCE_MS, durable: false },
      { name: 'later', at: 600 + RISK_PATIENCE_MS, durable: false },
    ]);
    expect(clock.pendingTimers).toBe(0);
  });

  it('B2: is answered once, also when the journal answers after all', async () => {
    const { clock, wait, answers } = waitingRoom();
    let answer: (durability: Durability) => void = () => undefined;
    wait(
      'late',
      new Promise((resolve) => {
        answer = resolve;
      }),
    );
    await clock.advance(RISK_PATIENCE_MS);
    answer(DURABLE);
    wait('next', never);
    await clock.advance(RISK_PATIENCE_MS);
    expect(answers).toEqual([
      { name: 'late', at: RISK_PATIENCE_MS, durable: false },
      { name: 'next', at: 2 * RISK_PATIENCE_MS, durable: false },
    ]);
  });
});
