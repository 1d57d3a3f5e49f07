// A kill switch stops an order that is open, and keeps the next one from being sent. The clock is virtual, so that the
// five seconds of this story pass at once; leave `clock` out and they are real.
import { createEngine } from 'fillchart';
import { paperBroker } from 'fillchart/adapters';
import { virtualClock } from 'fillchart/testing';

const clock = virtualClock();
const engine = await createEngine({
  clock,
  logger: false,
  broker: paperBroker({
    clock,
    instruments: [{ symbol: 'AAPL', tickSize: '0.01', lotSize: '1' }],
    quotes: { AAPL: '151.00' },
    fillDelayMs: 20_000,
  }),
});
const advisory = (advisoryId: string) => ({
  advisoryId,
  symbol: 'AAPL',
  referencePrice: '150.00',
  slOffsetPct: '-0.02',
  tpOffsetPct: '0.03',
  positionSize: '100',
  expirationTimestamp: '2099-01-01T00:00:00Z',
});

const open = engine.start(advisory('ADV-open'));
await clock.advance(5_000);
console.log(open.stage, 'after', open.timeout.elapsedSeconds(), 's'); // PENDING after 5 s

await engine.killSwitch.set({ type: 'SYMBOL_LEVEL', target: 'AAPL', state: 'ACTIVE', reason: 'news', by: 'desk' });
const stopped = await clock.runUntil(open.result);
console.log(stopped.status, stopped.reason, stopped.finalPositionSize); // CANCELLED KILL_SWITCH_ACTIVE 0

const refused = await clock.runUntil(engine.execute(advisory('ADV-next')));
console.log(refused.status, refused.attempts.length, 'tries'); // REJECTED 0 tries

await engine.killSwitch.release({ type: 'SYMBOL_LEVEL', target: 'AAPL', reason: 'news is priced in', by: 'desk' });
const filled = await clock.runUntil(engine.execute(advisory('ADV-third')));
console.log(filled.status, filled.finalSl, filled.finalTp); // FILLED 147.98 155.53

for (const { time, state, reason, by } of engine.killSwitch.history) console.log(time, state, reason, by);
await engine.close();
