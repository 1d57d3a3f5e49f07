/**
 * How exactly T = 30 s is kept when the deadlines do not come together: a hundred orders, sent 10 ms apart.
 */
import { ordersInFlight, until } from '../lib/in-flight.mjs';
import { figure, quantile } from '../lib/samples.mjs';

export const title = 'Deadlines, one after the other';
export const of = 'orders';
export const notes = [
  'Lateness is from T = 30 s of the order to the call of `cancelOrder`. A timer of Node.js is up to 1 ms late by itself.',
];

const HARD_TIMEOUT_MS = 30_000;
const ORDERS = 100;
const APART_MS = 10;
const BEFORE_MS = 300;

export async function run({ rounds }) {
  const measured = [];
  for (let round = 0; round < Math.min(rounds, 5); round += 1) measured.push(await lateness());
  const of = (share) => figure(measured.map((late) => quantile(late, share)));
  return {
    rows: [
      {
        name: `${ORDERS}, ${APART_MS} ms apart`,
        figures: { 'late p50 ms': of(0.5), 'p99 ms': of(0.99), 'most ms': of(1) },
      },
    ],
  };
}

async function lateness() {
  const { clock, broker, engine } = await ordersInFlight(ORDERS, { batch: true, apartMs: APART_MS });
  clock.jump(HARD_TIMEOUT_MS - BEFORE_MS - ORDERS * APART_MS);
  clock.release();
  await until(() => broker.counts.cancels >= ORDERS);
  const due = [...broker.orders.values()].map(({ at }) => at + HARD_TIMEOUT_MS);
  const late = broker.times.cancels.map((at, index) => at - due[index]);
  await engine.close();
  return late;
}
