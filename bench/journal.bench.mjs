/**
 * What the SQLite journal costs: durable records a second, how long an append waits, and how long the event loop stands
 * still meanwhile, for 1, 10 and 100 writers that each wait for their append before the next.
 *
 *   npm run build && node bench/journal.bench.mjs [--records 20000] [--batch 64] [--folder .tmp]
 *
 * A stall is the time between two turns of the event loop. Figures are printed, never asserted.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    records: { type: 'string', default: '20000' },
    batch: { type: 'string', default: '' },
    folder: { type: 'string', default: '.tmp' },
    dist: { type: 'string', default: new URL('../dist', import.meta.url).href },
  },
});
const { sqliteJournal } = await import(`${values.dist}/adapters/journals/sqlite.js`);
const { chained, GENESIS_HASH, verifyChain } = await import(`${values.dist}/domain/journal.js`);

const RECORDS = Number(values.records);
const records = chain(RECORDS);
mkdirSync(values.folder, { recursive: true });
console.log(
  `${RECORDS} records of ${Buffer.byteLength(JSON.stringify(records[RECORDS - 1]))} bytes each, node ${process.version}\n`,
);
console.table([await measure(1), await measure(10), await measure(100)]);

async function measure(writers) {
  const folder = mkdtempSync(join(values.folder, 'journal-bench-'));
  const batch = values.batch === '' ? {} : { maxBatch: Number(values.batch) };
  const journal = sqliteJournal({ path: join(folder, 'bench.db'), ...batch });
  await journal.open();
  const waits = [];
  const stalls = watchStalls();
  const startedAt = performance.now();
  let next = 0;
  const writer = async () => {
    while (next < RECORDS) {
      const calledAt = performance.now();
      await journal.append([records[next++]]);
      waits.push(performance.now() - calledAt);
    }
  };
  await Promise.all(Array.from({ length: writers }, writer));
  const elapsedMs = performance.now() - startedAt;
  stalls.stop();
  await journal.close();
  const read = await reopened(folder);
  rmSync(folder, { recursive: true });
  return {
    writers,
    'rows/s': Math.round((RECORDS / elapsedMs) * 1000),
    ...quantiles('append', waits),
    ...quantiles('stall', stalls.samples),
    ...read,
  };
}

async function reopened(folder) {
  const startedAt = performance.now();
  const journal = sqliteJournal({ path: join(folder, 'bench.db') });
  const read = await journal.open();
  const openMs = performance.now() - startedAt;
  await journal.close();
  if (!verifyChain(read).ok || read.length !== RECORDS) throw new Error('the journal that was measured is wrong');
  return { 'reopen ms': Math.round(openMs) };
}

function watchStalls() {
  const samples = [];
  let watching = true;
  let last = performance.now();
  const turn = () => {
    if (!watching) return;
    const now = performance.now();
    samples.push(now - last);
    last = now;
    setImmediate(turn);
  };
  setImmediate(turn);
  return {
    samples,
    stop() {
      watching = false;
    },
  };
}

function quantiles(name, samples) {
  const sorted = Float64Array.from(samples).sort();
  const at = (share) =>
    Number((sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0).toFixed(2));
  return { [`${name} p50 ms`]: at(0.5), [`${name} p99 ms`]: at(0.99), [`${name} max ms`]: at(1) };
}

function chain(count) {
  const made = [];
  let prevHash = GENESIS_HASH;
  for (let seq = 1; seq <= count; seq += 1) {
    const advisoryId = `ADV-${seq % 500}`;
    const wall = new Date(1_900_000_000_000 + seq).toISOString();
    const report = {
      clientOrderId: `fc-${'a'.repeat(29)}`,
      state: 'filled',
      cumQty: '100',
      avgPx: '151.00',
      brokerTime: wall,
    };
    const audit = [
      { seq, event: 'order_filled', timestamp: wall, t: seq, advisoryId, details: { price: '151', quantity: '100' } },
    ];
    const fact = { type: 'ORDER_REPORT', at: seq, report };
    const record = chained(
      { seq, stream: 'execution', advisoryId, snapshotHash: 'b'.repeat(64), wall, at: seq, fact, audit },
      prevHash,
    );
    made.push(record);
    prevHash = record.hash;
  }
  return made;
}
