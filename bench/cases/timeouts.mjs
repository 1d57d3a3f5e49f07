/**
 * Orders whose 30 seconds end: how late their cancels leave, all at the same instant and one after the other.
 */
import { ordersInFlight, until } from '../lib/in-flight.mjs';
import { collectGarbage, timed, watchDelay } from '../lib/measuring.mjs';
import { quantile } from '../lib/samples.mjs';

export const title = 'Orders that time out together';
export const of = 'orders';
export const notes = [
  'Lateness is from T = 30 s of the order to the call of `cancelOrder`. All orders were sent at the same instant.',
  'The broker takes batches and answers at once, polling is every 10 s, the journal is in memory.',
];
export const grows = ['late p99 ms', 'CPU ms'];

const HARD_TIMEOUT_MS = 30_000;
const BEFORE_MS = 500;

export const parts = ({ full }) =>
  (full ? [100, 1_000, 3_000, 10_000, 50_000] : [100, 1_000, 3_000, 10_000]).map(sized);
const sized = (size) => ({ name: size.toLocaleString('en-US'), size });

export async function measure({ size }) {
  const { clock, broker } = await ordersInFlight(size, { batch: true, pollIntervalMs: 10_000 });
  const due = clock.monotonic() + HARD_TIMEOUT_MS;
  clock.jump(HARD_TIMEOUT_MS - BEFORE_MS);
  collectGarbage();
  clock.release();
  const delay = watchDelay();
  const { cpuMs } = await timed(() => until(() => broker.counts.cancels >= size), { collect: false });
  const late = broker.times.cancels.map((at) => at - due);
  return {
    'late p50 ms': quantile(late, 0.5),
    'late p99 ms': quantile(late, 0.99),
    'late most ms': Math.max(...late),
    'longest stall ms': delay.stop().max,
    'CPU ms': cpuMs,
  };
}
