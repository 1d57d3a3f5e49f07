/**
 * What the polls of very many exits cost: nothing is read from the journal for them that was known when the position began, and
 * a round is taken in slices.
 */
import { createEngine, type Journal } from 'fillchart';
import { memoryJournal, paperBroker } from 'fillchart/adapters';
import { describe, expect, it } from 'vitest';
import type { IndexedJournal } from '../../src/domain/journal-index.js';
import { slowClock } from '../stories/slow-clock.js';
import { advisory } from '../stories/support.js';

const MANY = 40;
const ROUND_MS = 30_000;

/** A journal, and how many lives were looked up in it by their order. */
function counted(journal: Journal): Journal & { readonly lookUps: () => number } {
  let lookUps = 0;
  async function open(): Promise<IndexedJournal> {
    const opened = (await journal.open({ indexed: true })) as IndexedJournal;
    const advisoryOf: typeof opened.lookup.advisoryOf = (id) => {
      lookUps += 1;
      return opened.lookup.advisoryOf(id);
    };
    return Object.assign(Object.create(opened) as IndexedJournal, { lookup: { ...opened.lookup, advisoryOf } });
  }
  return Object.assign(Object.create(journal) as Journal, {
    open: open as unknown as Journal['open'],
    lookUps: () => lookUps,
  });
}

async function held() {
  const clock = slowClock();
  const symbols = Array.from({ length: MANY }, (_, index) => `S${index}`);
  const honest = paperBroker({
    clock,
    instruments: symbols.map((symbol) => ({ symbol, tickSize: '0.01', lotSize: '1' })),
    quotes: Object.fromEntries(symbols.map((symbol) => [symbol, '150'])),
  });
  const batches: number[] = [];
  const broker: typeof honest = {
    ...honest,
    getOrderStatuses(refs, signal) {
      batches.push(refs.length);
      return honest.getOrderStatuses(refs, signal);
    },
  };
  const journal = counted(memoryJournal());
  const start = () => createEngine({ broker, journal, clock, logger: false });
  const engine = await start();
  const all = symbols.map((symbol) => engine.execute(advisory(`A-${symbol}`, { symbol })));
  const results = await clock.runUntil(Promise.all(all));
  expect(results.every(({ status }) => status === 'FILLED')).toBe(true);
  return { clock, engine, start, batches, lookUps: journal.lookUps };
}

describe('polls of very many exits', () => {
  it('B7 E7: the entry that goes along with its exits is not read from the journal', async () => {
    const { clock, engine, batches, lookUps } = await held();
    batches.length = 0;
    await clock.advance(2 * ROUND_MS);
    expect(batches.reduce((sum, length) => sum + length, 0)).toBe(2 * 3 * MANY);
    expect(lookUps()).toBe(0);
    await engine.close();
  });

  it('B7 E7: after a restart each is read once, in slices, and the event loop goes on in between', async () => {
    const { clock, engine, start, lookUps } = await held();
    await engine.close();
    const next = await clock.runUntil(start());
    const before = lookUps();
    let turns = 0;
    const { setTimeout } = clock;
    clock.setTimeout = (work, ms) => {
      if (ms === 0) turns += 1;
      return setTimeout.call(clock, work, ms);
    };
    clock.count(true);
    await clock.advance(ROUND_MS);
    expect(lookUps() - before).toBe(MANY);
    expect(turns).toBeGreaterThan(MANY / 4);
    await clock.advance(ROUND_MS);
    expect(lookUps() - before).toBe(MANY);
    await next.close();
  });
});
