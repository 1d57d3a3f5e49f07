/**
 * A journal that takes its time (A8): what counts is when it answered, and a late one is used again.
 */
import type { Journal, JournalRecord } from 'fillchart';
import { type VirtualClock, virtualClock } from 'fillchart/testing';
import { describe, expect, it } from 'vitest';
import { verifyChain } from '../../src/domain/journal.js';
import type { Clock } from '../../src/domain/ports.js';
import { commitWatch, LATE_AFTER_MS, SILENT_AFTER_MS } from '../../src/journal/commit-watch.js';
import { advisory, fill, fills, world } from '../stories/support.js';

/** Answers each append so many ms after it was handed over; `Infinity` holds it until it is let go. */
function slowJournal(clock: VirtualClock): Journal & { delayMs: number; letGo(): void; records: JournalRecord[] } {
  const records: JournalRecord[] = [];
  let held: (() => void)[] = [];
  return {
    name: 'slow',
    durable: true,
    delayMs: 0,
    records,
    letGo() {
      for (const go of held) go();
      held = [];
    },
    open: async () => [...records],
    async append(more) {
      const { delayMs } = this;
      if (delayMs === Number.POSITIVE_INFINITY) await new Promise<void>((go) => held.push(go));
      else if (delayMs > 0) await new Promise((go) => clock.setTimeout(() => go(undefined), delayMs));
      records.push(...more);
    },
    close: async () => undefined,
  };
}

/** A clock whose loop can stand still: time passes, and the timers that are due fire late, one after the other. */
function stallingClock(): Clock & { tick(ms: number): void; stall(ms: number): void } {
  let now = 0;
  let timers: { readonly due: number; readonly fire: () => void }[] = [];
  const fireDue = () => {
    for (const timer of timers.filter(({ due }) => due <= now)) {
      timers = timers.filter((other) => other !== timer);
      timer.fire();
    }
  };
  return {
    now: () => now,
    monotonic: () => now,
    setTimeout(fire, ms) {
      const timer = { due: now + ms, fire };
      timers.push(timer);
      return timer;
    },
    clearTimeout(timer) {
      timers = timers.filter((other) => other !== timer);
    },
    tick(ms) {
      for (const end = now + ms; now < end; fireDue()) now += 1;
    },
    stall(ms) {
      now += ms;
      fireDue();
    },
  };
}

function watched() {
  const clock = stallingClock();
  const told: string[] = [];
  const watch = commitWatch(clock, {
    onLate: (ms) => told.push(`late ${ms}`),
    onSilent: (ms) => told.push(`silent ${ms}`),
    onAnswerAgain: () => told.push('again'),
    onStall: (ms) => told.push(`stall ${ms}`),
  });
  return { clock, told, watch };
}

describe('the watch over the journal', () => {
  it('A8: a journal that is silent while the loop turns is late, later silent, and counts again when it answers', () => {
    const { clock, told, watch } = watched();
    const answered = watch.begin();
    clock.tick(LATE_AFTER_MS - 1);
    expect([told, watch.isLate]).toEqual([[], false]);
    clock.tick(1);
    expect([told, watch.isLate]).toEqual([[`late ${LATE_AFTER_MS}`], true]);
    clock.tick(SILENT_AFTER_MS);
    expect(told).toHaveLength(2);
    expect(told[1]).toMatch(/^silent /);
    answered();
    expect([told.at(-1), watch.isLate]).toEqual(['again', false]);
    clock.tick(100_000);
    expect(told).toHaveLength(3);
  });

  it.each([6_000, 12_000, 3_600_000])(
    'A36 A8: a loop that stood still for %i ms is named, and the journal gets its time afresh',
    (ms) => {
      const { clock, told, watch } = watched();
      const answered = watch.begin();
      clock.stall(ms);
      expect([told, watch.isLate]).toEqual([[`stall ${ms}`], false]);
      clock.tick(LATE_AFTER_MS - 500);
      expect(watch.isLate).toBe(false);
      answered();
      clock.tick(LATE_AFTER_MS * 2);
      expect(told).toHaveLength(1);
    },
  );

  it('A2 A8: a burst is no fault, however long it takes, while answers come', () => {
    const { clock, told, watch } = watched();
    const waiting = Array.from({ length: 100 }, () => watch.begin());
    for (const answered of waiting) {
      clock.tick(LATE_AFTER_MS - 100);
      answered();
    }
    expect(told).toEqual([]);
  });

  it('control: a journal that is silent between stalls is late all the same', () => {
    const { clock, watch } = watched();
    watch.begin();
    for (let stall = 0; stall < 4; stall += 1) {
      clock.stall(6_000);
      clock.tick(2_000);
    }
    expect(watch.isLate).toBe(true);
  });
});

describe('an engine whose journal is late', () => {
  it('A8 A4: sends nothing while it is late, looks after what is live, opens the gate again when it answers', async () => {
    const clock = virtualClock();
    const journal = slowJournal(clock);
    const script = ({ symbol }: { symbol: string }) => (symbol === 'OPEN' ? {} : fills(fill(1, 100, 151)));
    const now = await world({ script, clock, engine: { journal } });
    const open = now.engine.start(advisory('ADV-OPEN', { symbol: 'OPEN' }));
    await clock.advance(1_000);
    journal.delayMs = Number.POSITIVE_INFINITY;
    const waits = now.engine.start(advisory('ADV-WAITS'));
    await clock.advance(LATE_AFTER_MS);
    expect(now.engine.metrics().journalFailure).toMatch(/no answer within/);
    expect(await clock.runUntil(waits.result)).toMatchObject({ status: 'REJECTED', reason: 'JOURNAL_UNAVAILABLE' });
    const refused = await clock.runUntil(now.engine.execute(advisory('ADV-NEXT')));
    expect(refused).toMatchObject({ status: 'REJECTED', reason: 'JOURNAL_UNAVAILABLE' });
    expect(now.broker.count('submitOrder')).toBe(1);
    expect(now.engine.killSwitch.isActive()).toBe(false);

    journal.delayMs = 0;
    journal.letGo();
    await clock.advance(100);
    expect(now.engine.metrics().journalFailure).toBeUndefined();
    expect(await clock.runUntil(now.engine.execute(advisory('ADV-AGAIN')))).toMatchObject({ status: 'FILLED' });
    expect(await clock.runUntil(open.result)).toMatchObject({ status: 'FAILED_TIMEOUT' });
    await now.engine.close();
    expect(verifyChain(journal.records)).toMatchObject({ ok: true });
    const messages = now.lines.map(({ message }) => message);
    expect(messages.filter((message) => message.startsWith('the journal is late'))).toHaveLength(1);
    expect(messages).toContain('the journal answers again');
  });

  it('A8 K7: a journal that stays silent closes the gate by a switch, and says why', async () => {
    const clock = virtualClock();
    const journal = slowJournal(clock);
    const now = await world({ script: () => ({}), clock, engine: { journal } });
    const open = now.engine.start(advisory('ADV-OPEN'));
    await clock.advance(1_000);
    journal.delayMs = Number.POSITIVE_INFINITY;
    void now.engine.killSwitch.set({ type: 'RISK_LIMIT', state: 'WARNING', reason: 'x' }).catch(() => undefined);
    await clock.advance(SILENT_AFTER_MS + 1_000);
    const global = now.engine.killSwitch.switches.find(({ type }) => type === 'GLOBAL');
    expect(global).toMatchObject({
      state: 'ACTIVE',
      reason: expect.stringMatching(/The journal has failed: no answer/),
    });
    expect((await clock.runUntil(open.result)).status).toMatch(/FAILED_TIMEOUT|CANCELLED/);
  });
});
