/**
 * A journal that holds many finished and closed executions: how long a start takes, and what it takes to verify and to replay all of
 * it.
 */
import { mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { instantBroker } from '../lib/instant-broker.mjs';
import { advisoryOf, engineOn, liveThrough } from '../lib/lived-through.mjs';
import { collectGarbage, timed, watchDelay } from '../lib/measuring.mjs';
import { inspectSqliteJournal, replayExecution, verifyChain } from '../lib/package.mjs';
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
    const engine = await engineOn(broker, path);
    await liveThrough(engine, broker, { from: 0, to: Math.min(size, LIVED) });
    await engine.close();
    if (size > LIVED) await writeHistory(path, { from: LIVED, count: size - LIVED, advisory: advisoryOf });
    const started = await start(size, broker, path);
    const isChecked = started.records <= MOST_CHECKED;
    return { ...started, ...(isChecked && (await audit(path))), 'file MB': statSync(path).size / 1e6 };
  } finally {
    rmSync(folder, { recursive: true, force: true });
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
