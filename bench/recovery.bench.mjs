/**
 * What recovery costs: an engine dies with many executions unfinished, and the next one starts on its journal.
 *
 *   npm run build && node bench/recovery.bench.mjs [--executions 10000] [--symbols 100] [--folder .tmp]
 *
 * Every order is live at the broker and unfilled. Timed is `createEngine`: reading and verifying the journal, folding
 * each execution through the chart, going on with it, and the sweep. The broker answers at once, on a virtual clock, so
 * that what is measured is the engine. Figures are printed, never asserted.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    executions: { type: 'string', default: '10000' },
    symbols: { type: 'string', default: '100' },
    folder: { type: 'string', default: '.tmp' },
    dist: { type: 'string', default: new URL('../dist', import.meta.url).href },
  },
});
const { createEngine } = await import(`${values.dist}/index.js`);
const { memoryJournal } = await import(`${values.dist}/adapters/journals/memory.js`);
const { sqliteJournal } = await import(`${values.dist}/adapters/journals/sqlite.js`);
const { virtualClock, VIRTUAL_EPOCH_MS } = await import(`${values.dist}/testing/virtual-clock.js`);
const { brokerWorld } = await import(`${values.dist}/testing/simulation/broker-world.js`);

const EXECUTIONS = Number(values.executions);
const SYMBOLS = Number(values.symbols);

mkdirSync(values.folder, { recursive: true });
const folder = mkdtempSync(join(values.folder, 'recovery-bench-'));
const path = join(folder, 'bench.db');
const memory = memoryJournal();
const rows = [
  await measure('memory', memory, () => memory),
  await measure('sqlite', sqliteJournal({ path }), () => sqliteJournal({ path })),
];
rmSync(folder, { recursive: true });
console.log(`${EXECUTIONS} unfinished executions in ${SYMBOLS} symbols, node ${process.version}\n`);
console.table(rows);

async function measure(name, journal, reopened) {
  const clock = virtualClock();
  const world = brokerWorld({ clock, plan: () => ({ fills: [], cancel: 0 }) });
  const ports = { broker: brokerOn(world), clock, logger: false, pollIntervalMs: 10_000 };
  const first = await untilReady(clock, createEngine({ ...ports, journal }));
  for (let index = 0; index < EXECUTIONS; index += 1) first.start(advisory(index));
  // Real commits take real time: virtual time stands still until every order is out.
  while (world.orders.size < EXECUTIONS) await clock.settle();
  for (let turns = 0; turns < 2_000; turns += 1) await clock.settle();
  await first.close();

  const startedAt = performance.now();
  const records = first.metrics().journalRecords;
  const second = await untilReady(clock, createEngine({ ...ports, journal: reopened() }));
  const elapsedMs = performance.now() - startedAt;
  const { live } = second.metrics();
  await second.close();
  return {
    journal: name,
    records,
    'live after': live,
    'ready after ms': Math.round(elapsedMs),
    'ms an execution': Number((elapsedMs / EXECUTIONS).toFixed(3)),
    'heap MB': Math.round(process.memoryUsage().heapUsed / 1e6),
  };
}

async function untilReady(clock, promise) {
  let ready;
  promise.then((engine) => {
    ready = engine;
  });
  while (ready === undefined) await clock.settle();
  return ready;
}

function advisory(index) {
  return {
    advisoryId: `ADV-${index}`,
    symbol: `SYM${index % SYMBOLS}`,
    referencePrice: '150',
    slOffsetPct: '-0.02',
    tpOffsetPct: '0.03',
    positionSize: '100',
    expirationTimestamp: new Date(VIRTUAL_EPOCH_MS + 3_600_000),
  };
}

function brokerOn(world) {
  return {
    name: 'instant',
    capabilities: {
      push: false,
      batchStatus: false,
      lookupByClientId: true,
      nativeOco: true,
      positions: 'netting',
      fractional: false,
      minPollMs: 0,
    },
    instrument: async (symbol) => ({ symbol, tickSize: '0.01', lotSize: '1' }),
    submitOrder: async (order) => ({ kind: 'accepted', brokerOrderId: world.submit(order).order.brokerOrderId }),
    getOrderStatus: async ({ clientOrderId }) => world.status(clientOrderId),
    cancelOrder: async ({ clientOrderId }) => world.cancel(clientOrderId),
    placeProtection: async (request) => world.protect(request),
    // A position query that walks ten thousand orders would be the broker's cost, not the engine's.
    getPositions: async (symbols) => symbols.map((symbol) => ({ symbol, size: '0' })),
  };
}
