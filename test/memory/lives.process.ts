/**
 * Lives one after the other in a process of its own, whose heap nobody else uses. Prints, as JSON, the heap in use after
 * each hundred, garbage collected; then ends.
 *
 * Arguments: `memory` or the path of an SQLite journal, how many lives, which number is the first.
 */

import { memoryJournal, sqliteJournal } from '../../src/adapters/index.js';
import { createEngine } from '../../src/index.js';
import { VIRTUAL_EPOCH_MS, virtualClock } from '../../src/testing/virtual-clock.js';
import { quickBroker } from './quick-broker.js';

const [journal = 'memory', count = '1000', first = '1'] = process.argv.slice(2);
const STEP = 100;

const clock = virtualClock(VIRTUAL_EPOCH_MS + Number(first) * 1_000);
const opened = process.hrtime.bigint();
const engine = await createEngine({
  broker: quickBroker(),
  clock,
  journal: journal === 'memory' ? memoryJournal() : sqliteJournal({ path: journal }),
  logger: false,
  exitPollIntervalMs: 100,
});
const startMs = Number(process.hrtime.bigint() - opened) / 1e6;

const heaps: { readonly lives: number; readonly bytes: number }[] = [];
const advisory = (n: number) => ({
  advisoryId: `ADV-${n}`,
  symbol: 'AAPL',
  referencePrice: '150',
  slOffsetPct: '-0.02',
  tpOffsetPct: '0.03',
  positionSize: '100',
  expirationTimestamp: '2100-01-01T00:00:00Z',
});

async function heapUsed(): Promise<number> {
  // What finalizers let go is collected by the next round.
  for (let round = 0; round < 3; round += 1) {
    globalThis.gc?.();
    await new Promise((resolve) => setImmediate(resolve));
  }
  return process.memoryUsage().heapUsed;
}

const from = Number(first);
for (let n = 0; n < Number(count); n += STEP) {
  const batch = Array.from({ length: STEP }, (_, i) => engine.execute(advisory(from + n + i)));
  const statuses = await clock.runUntil(Promise.all(batch), 200_000);
  if (statuses.some(({ status }) => status !== 'FILLED')) throw new Error(JSON.stringify(statuses[0]));
  await clock.runUntil(
    until(() => engine.positions().every(({ isOpen }) => !isOpen)),
    60_000,
  );
  heaps.push({ lives: n + STEP, bytes: await heapUsed() });
}

function until(holds: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    const look = () => (holds() ? resolve() : void clock.setTimeout(look, 50));
    look();
  });
}

const { live, finished, journalRecords } = engine.metrics();
await engine.close();
process.stdout.write(`${JSON.stringify({ startMs, heaps, live, finished: finished.FILLED, journalRecords })}\n`);
