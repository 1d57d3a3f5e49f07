/**
 * The audit log from a number on: gapless, each line once, and none that did not become durable.
 */
import { type AuditRecord, createEngine, type Journal } from 'fillchart';
import { memoryJournal } from 'fillchart/adapters';
import { faultBroker, virtualClock } from 'fillchart/testing';
import { describe, expect, it } from 'vitest';
import { advisory, execute, fill, fills, world } from '../stories/support.js';

const filling = { script: fills(fill(1, 100, 151)) };
const seqs = (lines: readonly AuditRecord[]) => lines.map(({ seq }) => seq);
const upTo = (last: number, from = 1) => Array.from({ length: last - from + 1 }, (_, index) => from + index);

describe('tail', () => {
  it('A1: from any number on it is the log, without a gap, before, during and after it is written', async () => {
    const now = await world(filling);
    const heard: AuditRecord[][] = [[], [], []];
    now.engine.tail().subscribe((line) => heard[0]?.push(line));
    await execute(now, advisory('ADV-1'));
    const middle = now.engine.executionLogs.length;
    now.engine.tail(middle - 3).subscribe((line) => heard[1]?.push(line));
    await execute(now, advisory('ADV-2', { symbol: 'MSFT' }));
    now.engine.tail(middle + 2).subscribe((line) => heard[2]?.push(line));
    await now.clock.advance(1_000);
    const log = now.engine.executionLogs;
    expect(heard[0]).toEqual(log);
    expect(heard[1]).toEqual(log.slice(middle - 3));
    expect(heard[2]).toEqual(log.slice(middle + 2));
  });

  it('A1: goes on in the next process from the number that a listener has, and completes on close', async () => {
    const clock = virtualClock();
    const journal = memoryJournal();
    const options = () => ({ broker: faultBroker({ clock, ...filling }), journal, clock, logger: false as const });
    const first = await clock.runUntil(createEngine(options()));
    const heard: number[] = [];
    let ends = 0;
    first.tail().subscribe({ next: ({ seq }) => heard.push(seq), complete: () => (ends += 1) });
    await clock.runUntil(first.execute(advisory('ADV-1')));
    await clock.runUntil(first.close());
    expect(ends).toBe(1);
    const second = await clock.runUntil(createEngine(options()));
    second.tail(heard.at(-1)).subscribe(({ seq }) => heard.push(seq));
    await clock.runUntil(second.execute(advisory('ADV-2', { symbol: 'MSFT' })));
    await clock.advance(1_000);
    expect(heard).toEqual(upTo(second.executionLogs.length));
    await clock.runUntil(second.close());
  });

  it('tells a long log in pages: others have their turn in between', async () => {
    const now = await world(filling);
    for (let index = 0; index < 150; index += 1) {
      await now.engine.killSwitch.set({ type: 'MANUAL', target: 'X', state: 'WARNING', reason: `${index}` });
    }
    for (let index = 0; index < 450; index += 1)
      void now.engine.killSwitch.set({ type: 'MANUAL', target: 'X', state: 'WARNING', reason: `${index}` });
    await now.clock.advance(10);
    const heard: AuditRecord[] = [];
    now.engine.tail().subscribe((line) => heard.push(line));
    expect(heard).toHaveLength(500);
    await now.clock.advance(10);
    expect(heard).toEqual(now.engine.executionLogs);
  });

  it('A4 A8: a line whose record did not become durable is in the log, and never in the tail', async () => {
    const inner = memoryJournal();
    let isBroken = false;
    const journal: Journal = {
      ...inner,
      append: (records) => (isBroken ? Promise.reject(new Error('disk full')) : inner.append(records)),
    };
    const now = await world({ ...filling, engine: { journal } });
    const heard: AuditRecord[] = [];
    const live: AuditRecord[] = [];
    now.engine.tail().subscribe((line) => heard.push(line));
    now.engine.audit$.subscribe((line) => live.push(line));
    await execute(now, advisory('ADV-1'));
    const durable = now.engine.executionLogs.length;
    isBroken = true;
    await execute(now, advisory('ADV-2', { symbol: 'MSFT' }));
    await now.clock.advance(1_000);
    expect(live.length).toBeGreaterThan(durable);
    expect(seqs(heard)).toEqual(upTo(durable));
  });

  it('E2: a listener that throws, or goes away at what it hears, ends nothing', async () => {
    const now = await world(filling);
    const heard: number[] = [];
    now.engine.tail().subscribe(() => {
      throw new Error('boom');
    });
    const leaving = now.engine.tail().subscribe(({ seq }) => {
      if (seq === 2) leaving.unsubscribe();
    });
    now.engine.tail().subscribe(({ seq }) => heard.push(seq));
    expect(await execute(now, advisory('ADV-1'))).toMatchObject({ status: 'FILLED' });
    await now.clock.advance(1_000);
    expect(heard).toEqual(upTo(now.engine.executionLogs.length));
    expect(now.lines.some(({ message }) => message === 'a listener threw')).toBe(true);
  });
});
