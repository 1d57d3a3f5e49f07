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
import { writeHistory } from '../lib/written-history.mjs';

export const title = 'Start with a history';
export const of = 'finished';
export const notes = [
  'The first 1,000 were lived through by the engine, their exits filled and their positions closed; from there on these lives are written again, each under an advisory of its own, chained and with a result of its own. The journal is in SQLite.',
  '`start` is `createEngine` after a regular end. `verify` reads the whole file, checks the chain of hashes and runs SQLite’s own check; `replay` folds every execution anew.',
];
export const grows = ['start ms', 'verify ms', 'replay ms'];

export const parts = ({ full }) => (full ? [1_000, 10_000, 100_000, 1_000_000] : [1_000, 3_000, 10_000]).map(sized);
const sized = (size) => ({ name: size.toLocaleString('en-US'), size });

const AT_ONCE = 100;
/** Executions that the engine lives through. */
const LIVED = 1_000;
/** Records that are verified and replayed in one process. */
const MOST_CHECKED = 1_500_000;

export async function measure({ size }) {
  mkdirSync('.tmp', { recursive: true });
  const folder = mkdtempSync(join('.tmp', 'bench-history-'));
  const path = join(folder, 'bench.db');
  try {
    const broker = instantBroker({ exits: 'fill' });
    const lived = await liveThrough(Math.min(size, LIVED), broker, path);
    if (size > LIVED) await writeHistory(path, { from: LIVED, count: size - LIVED, advisory: advisoryOf });
    const started = await start(size, broker, path);
    const isChecked = started.records <= MOST_CHECKED;
    return { ...lived, ...started, ...(isChecked && (await audit(path))), 'file MB': statSync(path).size / 1e6 };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const engineOn = (broker, path) =>
  createEngine({ broker, journal: sqliteJournal({ path }), logger: false, exitPollIntervalMs: 100 });

/** So many symbols, and at most so many positions open: none meets another of its symbol. */
const SYMBOLS = 500;
const advisoryOf = (index) => advisory(index, SYMBOLS);

async function liveThrough(size, broker, path) {
  const engine = await engineOn(broker, path);
  const warmUp = Math.min(100, size / 2);
  let begun = 0;
  const live = async (count) => {
    const first = begun;
    begun += count;
    await atOnce({ width: AT_ONCE, most: count }, async (index) => {
      const { status } = await engine.execute(advisoryOf(first + index));
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

async function start(size, broker, path) {
  collectGarbage();
  const delay = watchDelay();
  await sleep(20);
  const { value: engine, wallMs } = await timed(() => engineOn(broker, path), { collect: false });
  await sleep(5);
  const { max } = delay.stop();
  const { finished, journalRecords: records } = engine.metrics();
  if (finished.FILLED !== size) throw new Error(`${finished.FILLED} of ${size} executions are known`);
  if (engine.cases.open().length > 0) throw new Error('the start has opened a case');
  const last = engine.execution(advisoryOf(size - 1).advisoryId);
  if ((await last?.result)?.status !== 'FILLED') throw new Error('the last execution is not found');
  await engine.close();
  return { 'start ms': wallMs, 'longest stall ms': max, records };
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
  return { 'verify ms': verified.wallMs, 'replay ms': replayed.wallMs };
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
