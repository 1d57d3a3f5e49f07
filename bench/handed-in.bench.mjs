/**
 * What it costs to hand in very many advisories at once, and how soon GLOBAL takes hold while they wait (E4): the time from the
 * moment at which it was to be set until it is set and durable, the longest stall of the event loop, heap, and the ends.
 *
 *   npm run build && node bench/handed-in.bench.mjs [--count 100000] [--folder .tmp]
 *
 * Paper broker, SQLite journal. Handing in is one synchronous loop in slices of 1,000. Figures are printed, never asserted.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '100000' },
    folder: { type: 'string', default: '.tmp' },
    dist: { type: 'string', default: new URL('../dist', import.meta.url).href },
  },
});
const { createEngine } = await import(`${values.dist}/index.js`);
const { paperBroker, sqliteJournal } = await import(`${values.dist}/adapters/index.js`);

const COUNT = Number(values.count);
const SLICE = 1_000;
mkdirSync(values.folder, { recursive: true });
const folder = mkdtempSync(join(values.folder, 'handed-in-'));
const broker = paperBroker({
  instruments: [{ symbol: 'AAPL', tickSize: '0.01', lotSize: '1' }],
  quotes: { AAPL: '151.00' },
});
const engine = await createEngine({
  broker,
  journal: sqliteJournal({ path: join(folder, 'bench.db') }),
  logger: false,
});
const ends = {};
const count = (status) => {
  ends[status] = (ends[status] ?? 0) + 1;
};
const heapBefore = process.memoryUsage().heapUsed;
let longestStallMs = 0;
let last = performance.now();
const watch = setInterval(() => {
  longestStallMs = Math.max(longestStallMs, performance.now() - last - 1);
  last = performance.now();
}, 1);

const startedAt = performance.now();
for (let n = 0; n < COUNT; n += 1) {
  const advisory = {
    ...{ advisoryId: `ADV-${n}`, symbol: 'AAPL', referencePrice: '150', positionSize: '1' },
    ...{ slOffsetPct: '-0.02', tpOffsetPct: '0.03', expirationTimestamp: '2099-01-01T00:00:00Z' },
  };
  engine.execute(advisory).then(
    ({ status }) => count(status),
    () => count('closed'),
  );
  if (n % SLICE === SLICE - 1) await nextTurn();
}
const handedInMs = performance.now() - startedAt;
const heapWaiting = process.memoryUsage().heapUsed - heapBefore;
const wishedAt = performance.now() + Math.random() * 500;
await sleep(wishedAt - performance.now());
const setting = engine.killSwitch.set({ type: 'GLOBAL', state: 'ACTIVE', reason: 'bench' });
const holdsMs = performance.now() - wishedAt;
const { submits } = engine.metrics();
await setting;
const durableMs = performance.now() - wishedAt;
while (engine.metrics().waiting + engine.metrics().live > 0) await sleep(20);
clearInterval(watch);
console.table({
  'handed in ms': Math.round(handedInMs),
  'GLOBAL holds ms': Math.round(holdsMs),
  'GLOBAL durable ms': Math.round(durableMs),
  'all told ms': Math.round(performance.now() - wishedAt),
  'longest stall ms': Math.round(longestStallMs),
  'heap waiting MB': Math.round(heapWaiting / 1e6),
  'orders after GLOBAL': engine.metrics().submits - submits,
  'journal failure': engine.metrics().journalFailure ?? 'none',
});
console.log(ends);
await engine.close();
rmSync(folder, { recursive: true });
