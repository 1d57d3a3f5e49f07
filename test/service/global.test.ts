/**
 * GLOBAL over HTTP with 1,000 orders in flight (K5, E4): the gate is closed, and the last cancel sent, before the answer comes.
 */
import type { BrokerAdapter } from 'fillchart';
import { memoryJournal, paperBroker } from 'fillchart/adapters';
import { createClient } from 'fillchart/client';
import { createService } from 'fillchart/service';
import { expect, it } from 'vitest';
import { runClock } from '../crash/run-clock.js';

const ORDERS = 1_000;
const AT_A_TIME = 50;
const SPEED = 0.1;

it(`K5: GLOBAL with ${ORDERS} in flight`, { timeout: 120_000 }, async () => {
  // Without a price every order waits.
  const broker = paperBroker({ instruments: [{ symbol: 'AAPL', tickSize: '0.01', lotSize: '1' }] });
  // In real time: the engine's clock stands still within a turn.
  const cancelsAt: number[] = [];
  const watched: BrokerAdapter = {
    ...broker,
    cancelOrder(ref, signal) {
      cancelsAt.push(performance.now());
      return broker.cancelOrder(ref, signal);
    },
  };
  const service = createService({
    accounts: [
      {
        name: 'paper',
        broker: watched,
        journal: memoryJournal(),
        engine: { maxConcurrent: 2_000, pollIntervalMs: 1_000 },
      },
    ],
    // However slow the machine is, no order comes to T = 30 s while they are being sent.
    clock: runClock(SPEED, Date.now()),
    logger: false,
  });
  try {
    const client = createClient({ baseUrl: (await service.listen()).replace(/\/$/, '') });
    await service.ready();
    const submit = (index: number) => client.submitExecution({ body: advisoryOf(index) });
    for (let index = 0; index < ORDERS; index += AT_A_TIME)
      await Promise.all(Array.from({ length: AT_A_TIME }, (_, offset) => submit(index + offset)));
    while (broker.calls.submits < ORDERS) await new Promise((resolve) => setTimeout(resolve, 20));

    const begun = performance.now();
    const said = await client.setSwitch({ body: { type: 'GLOBAL', reason: 'a drill' } });
    const answeredMs = performance.now() - begun;
    const cancelsAtAnswer = broker.calls.cancels;
    const refused = await client.submitExecution({ body: advisoryOf(ORDERS), query: { wait: 'result' } });

    if (!('change' in said)) throw new Error('the switch waits for a second person');
    const [firstCancelMs, lastCancelMs] = [cancelsAt[0] ?? 0, cancelsAt.at(-1) ?? 0].map((at) => at - begun);
    process.stdout.write(
      `GLOBAL with ${said.liveAtChange} in flight: the gate closed and the first cancel sent ${firstCancelMs?.toFixed(0)} ms after the call began, the last of ${cancelsAtAnswer} after ${lastCancelMs?.toFixed(0)} ms, answered after ${answeredMs.toFixed(0)} ms\n`,
    );
    expect(said.liveAtChange).toBe(ORDERS);
    expect(cancelsAtAnswer).toBe(ORDERS);
    expect(lastCancelMs).toBeLessThan(answeredMs);
    expect(refused.result).toMatchObject({ status: 'REJECTED', reason: 'KILL_SWITCH_ACTIVE' });
    const last = await client.getExecution({ params: { advisoryId: 'ADV-0' }, query: { wait: 'result' } });
    expect(last.result?.status).toBe('CANCELLED');
  } finally {
    await service.close();
  }
});

const advisoryOf = (index: number) => ({
  advisoryId: `ADV-${index}`,
  symbol: 'AAPL',
  referencePrice: '150',
  slOffsetPct: '-0.02',
  tpOffsetPct: '0.03',
  positionSize: '10',
  expirationTimestamp: '2099-01-01T00:00:00Z',
});
