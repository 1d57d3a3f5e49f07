/**
 * An engine ends with very many executions unfinished, and the next one starts on its journal: how long until it is ready, and the
 * longest time in which the event loop did not turn.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ordersInFlight } from '../lib/in-flight.mjs';
import { collectGarbage, timed, watchDelay } from '../lib/measuring.mjs';
import { createEngine, sqliteJournal } from '../lib/package.mjs';

export const title = 'Recovery of unfinished executions';
export const of = 'unfinished';
export const notes = [
  'Timed is `createEngine` on the journal in SQLite: reading, folding each execution, going on with it, and the first sweep. The broker answers at once, in batches.',
];
export const grows = ['ready ms', 'CPU ms'];

export const parts = ({ full }) => (full ? [1_000, 3_000, 10_000, 50_000] : [1_000, 3_000, 10_000]).map(sized);
const sized = (size) => ({ name: size.toLocaleString('en-US'), size });

export async function measure({ size }) {
  mkdirSync('.tmp', { recursive: true });
  const folder = mkdtempSync(join('.tmp', 'bench-recovery-'));
  const path = join(folder, 'bench.db');
  try {
    const journal = sqliteJournal({ path });
    const { clock, broker, engine } = await ordersInFlight(size, { batch: true, pollIntervalMs: 10_000, journal });
    await engine.close({ drainMs: 0 });
    collectGarbage();
    clock.release();
    const delay = watchDelay();
    await new Promise((resolve) => setTimeout(resolve, 20)); // The watch has begun.
    const {
      value: next,
      wallMs,
      cpuMs,
    } = await timed(
      () =>
        createEngine({
          ...{ broker, clock, logger: false, maxConcurrent: size, pollIntervalMs: 10_000 },
          journal: sqliteJournal({ path }),
        }),
      { collect: false },
    );
    await new Promise((resolve) => setTimeout(resolve, 5));
    const { p99, max } = delay.stop();
    const { live } = next.metrics();
    if (live !== size) throw new Error(`${live} of ${size} executions were recovered`);
    return { 'ready ms': wallMs, 'CPU ms': cpuMs, 'delay p99 ms': p99, 'longest stall ms': max };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
