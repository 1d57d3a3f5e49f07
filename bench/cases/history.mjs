/**
 * A journal that holds many finished and closed executions: what each of them keeps in memory, how long a start takes, and what it
 * takes to verify and to replay all of it.
 */
import { mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { advisory, instantBroker } from '../lib/instant-broker.mjs';
import { atOnce, collectGarbage, heapUsed, timed, watchDelay } from '../lib/measuring.mjs';
import { createEngine, inspectSqliteJournal, replayExecution, sqliteJournal, verifyChain } from '../lib/package.mjs';

export const title = 'Start with a history';
export const of = 'finished';
export const notes = [
  'Every execution was lived through by the engine, its exits filled and its position closed. The journal is in SQLite.',
  '`start` is `createEngine` after a regular end. `verify` reads the whole file, checks the chain of hashes and runs SQLite’s own check; `replay` folds every execution anew.',
];
export const grows = ['start ms', 'verify ms', 'replay ms'];

export const parts = ({ full }) => (full ? [10_000, 100_000, 1_000_000] : [300, 1_000, 3_000]).map(sized);
const sized = (size) => ({ name: size.toLocaleString('en-US'), size });

const AT_ONCE = 100;

export async function measure({ size }) {
  mkdirSync('.tmp', { recursive: true });
  const folder = mkdtempSync(join('.tmp', 'bench-history-'));
  const path = join(folder, 'bench.db');
  try {
    const broker = instantBroker({ exits: 'fill' });
    const lived = await liveThrough(size, broker, path);
    const started = await start(broker, path);
    return { ...lived, ...started, ...(await audit(path)), 'file MB': statSync(path).size / 1e6 };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const engineOn = (broker, path) =>
  createEngine({ broker, journal: sqliteJournal({ path }), logger: false, exitPollIntervalMs: 100 });

/** So many symbols, and at most so many positions open: none meets another of its symbol. */
const SYMBOLS = 500;

async function liveThrough(size, broker, path) {
  const engine = await engineOn(broker, path);
  const warmUp = Math.min(100, size / 2);
  let begun = 0;
  const live = async (count) => {
    const first = begun;
    begun += count;
    await atOnce({ width: AT_ONCE, most: count }, async (index) => {
      const { status } = await engine.execute(advisory(first + index, SYMBOLS));
      if (status !== 'FILLED') throw new Error(`a life ended ${status}`);
    });
    await closed(engine);
    broker.forget();
  };
  await live(warmUp);
  const before = await heapUsed();
  while (begun < size) await live(Math.min(SYMBOLS, size - begun));
  const heap = (await heapUsed()) - before;
  await engine.close();
  return { 'heap B a finished one': heap / (size - warmUp) };
}

/** Waits until every position is closed. */
async function closed(engine) {
  const end = performance.now() + 60_000;
  while (engine.positions().some(({ isOpen }) => isOpen)) {
    if (performance.now() > end) throw new Error('positions stay open');
    await sleep(20);
  }
}

async function start(broker, path) {
  collectGarbage();
  const delay = watchDelay();
  await sleep(20);
  const { value: engine, wallMs } = await timed(() => engineOn(broker, path), { collect: false });
  await sleep(5);
  const { max } = delay.stop();
  await engine.close();
  return { 'start ms': wallMs, 'longest stall ms': max };
}

async function audit(path) {
  const verified = await timed(async () => {
    const { entries, end } = await inspectSqliteJournal(path, true);
    if (!verifyChain(entries, end).ok) throw new Error('the journal does not verify');
    return entries;
  });
  const lives = Map.groupBy === undefined ? groups(verified.value) : Map.groupBy(verified.value, idOf);
  const replayed = await timed(async () => {
    for (const [id, records] of lives) {
      if (id === undefined) continue;
      const verdict = replayExecution(records, id)?.verdict;
      if (verdict !== undefined && verdict !== 'equal') throw new Error(`the replay of ${id} is ${verdict}`);
    }
  });
  return { records: verified.value.length, 'verify ms': verified.wallMs, 'replay ms': replayed.wallMs };
}

const idOf = ({ advisoryId }) => advisoryId;

function groups(records) {
  const lives = new Map();
  for (const record of records) {
    const own = lives.get(record.advisoryId);
    if (own === undefined) lives.set(record.advisoryId, [record]);
    else own.push(record);
  }
  return lives;
}
