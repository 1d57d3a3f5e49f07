/**
 * GLOBAL while very many orders are in flight: how long `set` keeps the caller, and when the last cancel has left.
 */
import { performance } from 'node:perf_hooks';
import { ordersInFlight, until } from '../lib/in-flight.mjs';
import { collectGarbage, timed, watchDelay } from '../lib/measuring.mjs';

export const title = 'Kill switch GLOBAL with orders in flight';
export const of = 'in flight';
export const notes = [
  '`set` closes the gate before it returns; the promise that it returns resolves when the change is durable.',
  'Times are from the call of `set`. The broker takes batches and answers at once, polling is every 10 s, the journal is in memory.',
];
export const grows = ['last cancel ms', 'CPU ms'];

export const parts = ({ full }) => (full ? [1_000, 3_000, 10_000, 50_000] : [1_000, 3_000, 10_000]).map(sized);
const sized = (size) => ({ name: size.toLocaleString('en-US'), size });

const NOW = { collect: false };

function cpuNowMs() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

export async function measure({ size }) {
  const { clock, broker, engine } = await ordersInFlight(size, { batch: true, pollIntervalMs: 10_000 });
  collectGarbage();
  clock.release();
  const delay = watchDelay();
  await new Promise((resolve) => setTimeout(resolve, 20)); // The watch has begun.
  const calledAt = clock.monotonic();
  let returnedMs = 0;
  let durableMs = 0;
  let cpuToLastMs = 0;
  const { cpuMs } = await timed(async () => {
    const from = performance.now();
    const setting = engine.killSwitch.set({ type: 'GLOBAL', state: 'ACTIVE', reason: 'bench' });
    returnedMs = performance.now() - from;
    setting.then(() => {
      durableMs = performance.now() - from;
    });
    const before = cpuNowMs();
    await until(() => broker.counts.cancels >= size);
    cpuToLastMs = cpuNowMs() - before;
    await setting;
  }, NOW);
  const { max } = delay.stop();
  return {
    '`set` returns ms': returnedMs,
    'durable ms': durableMs,
    'first cancel ms': broker.times.cancels[0] - calledAt,
    'last cancel ms': broker.times.cancels.at(-1) - calledAt,
    'CPU ms to the last cancel': cpuToLastMs,
    'longest stall ms': max,
    'CPU ms': cpuMs,
  };
}
