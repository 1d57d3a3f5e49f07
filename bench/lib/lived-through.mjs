/**
 * Executions that an engine lives through to their end: filled, their exits filled, their positions closed, in a SQLite journal.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { advisory } from './instant-broker.mjs';
import { atOnce } from './measuring.mjs';
import { createEngine, sqliteJournal } from './package.mjs';

/** So many symbols, and at most so many positions open: none meets another of its symbol. */
const SYMBOLS = 500;
const AT_ONCE = 100;

export const engineOn = (broker, path) =>
  createEngine({ broker, journal: sqliteJournal({ path }), logger: false, exitPollIntervalMs: 100 });

export const advisoryOf = (index) => advisory(index, SYMBOLS);

/** Has `engine` live through the executions from the one numbered `from` to the one before `to`. */
export async function liveThrough(engine, broker, { from, to }) {
  for (let first = from; first < to; first += SYMBOLS) {
    await atOnce({ width: AT_ONCE, most: Math.min(SYMBOLS, to - first) }, async (index) => {
      const { status } = await engine.execute(advisoryOf(first + index));
      if (status !== 'FILLED') throw new Error(`a life ended ${status}`);
    });
    await allClosed(engine);
    broker.forget();
  }
}

async function allClosed(engine) {
  const end = performance.now() + 60_000;
  while (engine.positions().some(({ isOpen }) => isOpen)) {
    if (performance.now() > end) throw new Error('positions stay open');
    await sleep(20);
  }
}
