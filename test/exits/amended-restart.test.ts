/**
 * Exits that somebody changes at the venue, over restarts and withdrawn cases (B7, A6, M1, M5), and what that costs the journal.
 */
import { describe, expect, it } from 'vitest';
import { chained, GENESIS_HASH, type JournalRecord, verifyChain } from '../../src/domain/journal.js';
import { type Earth, earth, executed, type Life } from '../recovery/support.js';

const FROM_MS = 60_000;
const MOVED = { price: '140' };

/** Bought 100 at 151; from the first minute on the venue shows the stop-loss at 140. */
const moved = (): Earth =>
  earth({
    broker: (world, clock) => ({
      async getOrderStatus({ clientOrderId }) {
        const truth = world.status(clientOrderId);
        const isMoved = clientOrderId.endsWith('-sl') && clock.monotonic() >= FROM_MS && truth !== 'not_found';
        return isMoved ? { ...truth, ...MOVED } : truth;
      },
      getOpenOrders: async () => [],
    }),
  });

async function started(now: Earth): Promise<Life> {
  const life = await now.start();
  await executed(now, life);
  return life;
}

async function pass(now: Earth, seconds: number): Promise<void> {
  await now.clock.advance(seconds * 1_000);
  await now.clock.settle();
}

async function restarted(now: Earth, life: Life): Promise<Life> {
  life.process.kill();
  const next = await now.start();
  await now.clock.settle();
  return next;
}

const told = ({ engine }: Life) => engine.cases.all().map(({ kind, mismatches }) => [kind, mismatches.length]);

describe('told once', () => {
  it('B7 A3: a change that is told leaves no further record, however long it stands', async () => {
    const now = moved();
    const life = await started(now);
    await pass(now, 300);
    expect(told(life)).toEqual([['MISMATCH', 1]]);
    const before = now.disk.records.length;
    await pass(now, 36_000);
    expect([told(life), now.disk.records.length - before]).toEqual([[['MISMATCH', 1]], 0]);
  });

  it('B7 A6: it is not told again after a restart, whether its case is open or resolved', async () => {
    const now = moved();
    const first = await started(now);
    await pass(now, 300);
    const second = await restarted(now, first);
    await pass(now, 300);
    expect(told(second)).toEqual([['MISMATCH', 1]]);
    const { caseId = '' } = second.engine.cases.open()[0] ?? {};
    await now.clock.runUntil(second.engine.cases.resolve(caseId, { by: 'ann', reason: 'moved by hand' }));
    const third = await restarted(now, second);
    await pass(now, 300);
    expect(told(third)).toEqual([['MISMATCH', 1]]);
  });

  it('B7 A6: what was seen once before a restart is told by the first look after it', async () => {
    const now = moved();
    const first = await started(now);
    await pass(now, 62);
    expect(first.engine.positions()[0]?.state).toBe('working');
    expect(told(first)).toEqual([]);
    const second = await restarted(now, first);
    await pass(now, 31);
    expect(told(second)).toEqual([['MISMATCH', 1]]);
  });

  it.each(Array.from({ length: 12 }, (_, index) => index + 1))(
    'M1 B7: killed at step %i of it, there is one case',
    async (nth) => {
      const now = moved();
      let isDone = false;
      let steps = 0;
      const first = await now.start(({ kind }) => {
        steps += isDone && kind === 'append' ? 1 : 0;
        return isDone && kind === 'append' && steps === nth;
      });
      await executed(now, first);
      isDone = true;
      await now.clock.advance(200_000);
      const second = await restarted(now, first);
      await pass(now, 100);
      expect(told(second)).toEqual([['MISMATCH', 1]]);
      expect(second.engine.executionLogs.filter(({ event }) => event === 'case_opened')).toHaveLength(1);
    },
  );
});

describe('M5: a case that is withdrawn is as if it had not been', () => {
  it.each([false, true])('what still stands is told again, also over a restart: %s', async (isRestarted) => {
    const now = moved();
    const first = await started(now);
    await pass(now, 300);
    const { caseId = '' } = first.engine.cases.open()[0] ?? {};
    const by = { by: 'ann', reason: 'misread', withdraw: true };
    await now.clock.runUntil(first.engine.cases.resolve(caseId, by));
    const life = isRestarted ? await restarted(now, first) : first;
    await pass(now, 120);
    expect(told(life)).toEqual([
      ['MISMATCH', 1],
      ['MISMATCH', 1],
    ]);
    expect(life.engine.cases.open()).toHaveLength(1);
  });
});

describe('A7: a journal in which no report of an exit says that it stands otherwise', () => {
  /** As it was written when a report that changes neither fill nor size nor end was no fact. */
  function without(records: readonly JournalRecord[]): readonly JournalRecord[] {
    const isOfPrice = ({ stream, fact }: JournalRecord) =>
      stream === 'protection' && (fact as { report?: { price?: string } }).report?.price === MOVED.price;
    let last = GENESIS_HASH;
    const kept = records.filter((record) => !isOfPrice(record));
    return kept.map(({ prevHash: _before, hash: _own, ...content }, index) => {
      const link = chained({ ...content, seq: index + (records[0]?.seq ?? 1) }, last);
      last = link.hash;
      return link;
    });
  }

  it('goes on: what its case has told is not told again, and the chain holds', async () => {
    const now = moved();
    const first = await started(now);
    await pass(now, 300);
    first.process.kill();
    const older = without(now.disk.records);
    expect(older.length).toBeLessThan(now.disk.records.length);
    (now.disk.records as JournalRecord[]).splice(0, Number.POSITIVE_INFINITY, ...older);
    const second = await now.start();
    await pass(now, 300);
    expect(told(second)).toEqual([['MISMATCH', 1]]);
    expect(verifyChain(now.disk.records)).toMatchObject({ ok: true });
  });
});
