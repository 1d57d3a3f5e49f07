/**
 * Between the intent and the submit call stands the commit. What comes in while it is under way.
 */
import { createEngine, type JournalRecord } from 'fillchart';
import { memoryJournal } from 'fillchart/adapters';
import { type FaultBroker, faultBroker, type VirtualClock, virtualClock } from 'fillchart/testing';
import { expect, it } from 'vitest';

const advisory = {
  advisoryId: 'SLOW-1',
  symbol: 'AAPL',
  referencePrice: '150',
  slOffsetPct: '-0.02',
  tpOffsetPct: '0.03',
  positionSize: '100',
  expirationTimestamp: '2030-01-01T00:00:00Z',
};

const COMMIT_MS = 1_000;

/** A journal that takes a second to say that a record is durable. */
function slowJournal(clock: VirtualClock) {
  const inner = memoryJournal();
  return {
    ...inner,
    append: (records: readonly JournalRecord[]) =>
      new Promise<void>((resolve) => {
        void inner.append(records).then(() => clock.setTimeout(resolve, COMMIT_MS));
      }),
  };
}

async function untilIntentIsWritten(broker: FaultBroker, clock: VirtualClock) {
  const engine = await createEngine({ broker, clock, journal: slowJournal(clock), logger: false });
  const execution = engine.start(advisory);
  await clock.settle();
  expect(execution.actor.getSnapshot().value).toEqual({ submitted: 'ready' });
  return { engine, execution };
}

it('E3: a report of a part filled in a former life, heard before the submit call, does not hold the execution for ever', async () => {
  const clock = virtualClock();
  const broker = faultBroker({ clock, capabilities: { push: true } });
  const { execution } = await untilIntentIsWritten(broker, clock);
  const { clientOrderId } = execution;
  broker.push({ clientOrderId, brokerOrderId: 'OLD', state: 'partially_filled', filledSize: '40', fillPrice: '150' });
  const result = await clock.runUntil(execution.result, 60_000);
  expect(['FAILED_TIMEOUT', 'CANCELLED', 'FAILED']).toContain(result.status);
});

it('A4: no order leaves an engine that has been closed', async () => {
  const clock = virtualClock();
  const broker = faultBroker({ clock });
  const { engine } = await untilIntentIsWritten(broker, clock);
  await clock.runUntil(engine.close());
  await clock.advance(2 * COMMIT_MS);
  expect(broker.count('submitOrder')).toBe(0);
});
