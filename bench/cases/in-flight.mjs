/**
 * Orders that are in flight and do not fill: how late the event loop runs while all of them are polled, with and without a broker
 * that answers for many at once, and the heap that each execution takes.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { ordersInFlight } from '../lib/in-flight.mjs';
import { heapUsed, timed, watchDelay } from '../lib/measuring.mjs';

export const title = 'Orders in flight';
export const of = 'in flight';
export const notes = [
  'Polling as by default (each order every 100 ms, as far as the broker and the engine allow), over 3 s. The broker answers at once.',
  'The heap is that of the engine, the journal in memory and the bench’s own broker (about 0.5 kB an order of it).',
];
export const grows = ['CPU % of one core', 'heap kB an execution'];

const WATCHED_MS = 3_000;

export function parts({ full }) {
  const sizes = full ? [1_000, 3_000, 10_000, 50_000] : [1_000, 3_000, 10_000];
  return [true, false].flatMap((batch) =>
    sizes.map((size) => ({
      name: `${size.toLocaleString('en-US')}, ${batch ? 'batches' : 'one by one'}`,
      group: batch ? 'batches' : 'one by one',
      size,
      batch,
    })),
  );
}

export async function measure({ size, batch }) {
  let before = 0;
  const onReady = async () => {
    before = await heapUsed();
  };
  const { clock, broker } = await ordersInFlight(size, { batch, onReady });
  const heap = (await heapUsed()) - before;
  clock.release();
  await sleep(200);
  const { queries, batches } = { ...broker.counts };
  const delay = watchDelay();
  const { wallMs, cpuMs } = await timed(() => sleep(WATCHED_MS), { collect: false });
  const { p50, p99, max } = delay.stop();
  return {
    'delay p50 ms': p50,
    'p99 ms': p99,
    'most ms': max,
    'CPU % of one core': (cpuMs / wallMs) * 100,
    'requests/s': ((broker.counts.queries + broker.counts.batches - queries - batches) / wallMs) * 1_000,
    'heap kB an execution': heap / size / 1_000,
  };
}
