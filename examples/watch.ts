// The life of an order as it happens: stages from `stage$`, the state of the chart from `actor`, the log from `audit$`.
// The broker fills in three pieces; the clock is virtual, so that nobody waits for them.
import { createEngine } from 'fillchart';
import { paperBroker } from 'fillchart/adapters';
import { virtualClock } from 'fillchart/testing';

const clock = virtualClock();
const engine = await createEngine({
  clock,
  logger: false,
  broker: paperBroker({
    clock,
    instruments: [{ symbol: 'MSFT', tickSize: '0.01', lotSize: '1' }],
    quotes: { MSFT: '409.20' },
    fillDelayMs: 1_000,
    partialFills: { pieces: 3, delayMs: 2_000 },
  }),
});
engine.audit$.subscribe(({ event, t }) => console.log('  log:', event, t === undefined ? '' : `T = ${t} ms`));

const execution = engine.start({
  advisoryId: 'ADV-002',
  symbol: 'MSFT',
  side: 'sell',
  referencePrice: '410.00',
  slOffsetPct: '0.02',
  tpOffsetPct: '-0.03',
  positionSize: '30',
  expirationTimestamp: '2099-01-01T00:00:00Z',
});
execution.stage$.subscribe({
  next: (stage) => console.log('stage:', stage, `${execution.timeout.timeRemainingSeconds()} s left`),
  complete: () => console.log('stage: over'),
});
execution.actor.subscribe(({ value, context }) => console.log('  state:', JSON.stringify(value), context.order.cumQty));

const result = await clock.runUntil(execution.result);
console.log(result.status, result.finalFillPrice, result.reconciliationReport?.status); // FILLED 409.2 MATCHED
await engine.close();
