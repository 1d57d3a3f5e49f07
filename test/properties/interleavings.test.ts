/**
 * Whatever the order in which answers come, the laws hold: every answer of the broker, every switch and every repeat is
 * handed to a scheduler that lets them through in any order.
 */
import fc from 'fast-check';
import { type BrokerAdapter, createEngine, type ExecutionResult, type JournalRecord } from 'fillchart';
import { memoryJournal } from 'fillchart/adapters';
import { brokenLaws, faultBroker, VIRTUAL_EPOCH_MS, virtualClock } from 'fillchart/testing';
import { expect, it } from 'vitest';

const RUNS = 200;
const SEED = Number(process.env['FILLCHART_SEED'] ?? 20_261_122);

/** Some seconds on an idle machine. When it is up, the run ends with what it has found: the seed and path are printed. */
const TIME_LIMIT_MS = 180_000;
const GRACE_MS = 60_000;

const advisory = {
  advisoryId: 'ORDER-1',
  symbol: 'AAPL',
  referencePrice: '150',
  slOffsetPct: '-0.02',
  tpOffsetPct: '0.03',
  positionSize: '100',
  expirationTimestamp: '2030-01-01T00:00:00Z',
};

/** The broker, with each answer held until the scheduler lets it through. */
function scheduled(broker: BrokerAdapter, scheduler: fc.Scheduler): BrokerAdapter {
  const held = <T>(answer: Promise<T>, name: string): Promise<T> => scheduler.schedule(answer, name);
  return {
    ...broker,
    instrument: (symbol, signal) => held(broker.instrument(symbol, signal), 'instrument'),
    submitOrder: (order, signal) => held(broker.submitOrder(order, signal), 'submit'),
    getOrderStatus: (ref, signal) => held(broker.getOrderStatus(ref, signal), 'status'),
    cancelOrder: (ref, signal) => held(broker.cancelOrder(ref, signal), 'cancel'),
    placeProtection: (request, signal) => held(broker.placeProtection(request, signal), 'protection'),
    getPositions: (symbols, signal) => held(broker.getPositions(symbols, signal), 'positions'),
  };
}

it(
  `L1–L15 hold for every order in which answers, switches and repeats come (${RUNS} runs)`,
  async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.constantFrom('0', '40', '100'),
        fc.subarray(['GLOBAL' as const, 'RISK_LIMIT' as const, 'MANUAL' as const]),
        async (scheduler, filled, switches) => {
          const clock = virtualClock();
          const script = { fills: filled === '0' ? [] : [{ at: 0, quantity: filled, price: '151' }] };
          const broker = faultBroker({ clock, script, capabilities: { push: true } });
          const journal = memoryJournal();
          const records: JournalRecord[] = [];
          const append = (appended: readonly JournalRecord[]) => {
            records.push(...appended);
            return journal.append(appended);
          };
          const adapter = scheduled(broker, scheduler);
          const engine = await createEngine({ broker: adapter, clock, journal: { ...journal, append }, logger: false });
          const results: ExecutionResult[] = [];
          const send = () => engine.execute(advisory).then((result) => void results.push(result));
          const first = send();
          const second = scheduler.schedule(Promise.resolve(), 'the advisory again').then(send);
          for (const type of switches) {
            const set = () => engine.killSwitch.set({ type, state: 'ACTIVE', reason: 'interleaving' });
            void scheduler.schedule(Promise.resolve(), type).then(set);
          }
          const both = Promise.all([first, second]);
          for (let turn = 0; turn < 400 && results.length < 2; turn += 1) {
            if (scheduler.count() > 0) await scheduler.waitOne();
            else await clock.advance(500);
            await clock.settle();
          }
          await both;
          const subject = {
            advisoryId: advisory.advisoryId,
            calls: broker.calls,
            records,
            results,
            epochMs: VIRTUAL_EPOCH_MS,
          };
          expect(brokenLaws({ ...subject, cases: engine.cases.all() })).toEqual([]);
          await engine.close();
        },
      ),
      { seed: SEED, numRuns: RUNS, interruptAfterTimeLimit: TIME_LIMIT_MS, markInterruptAsFailure: false },
    );
  },
  TIME_LIMIT_MS + GRACE_MS,
);
