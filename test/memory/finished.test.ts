/**
 * Finished executions are in the journal and nowhere else (E7), and everything that can still happen to one happens (E1, T5, P8, B7).
 */
import { createEngine, type Engine, type ExecutionResult, type Journal, type JournalRecord } from 'fillchart';
import { memoryJournal, sqliteJournal } from 'fillchart/adapters';
import { type FaultBroker, faultBroker, type VirtualClock, virtualClock } from 'fillchart/testing';
import { describe, expect, it } from 'vitest';
import { scratchFolders } from '../audit/audit.support.js';
import { advisory, fill, fills } from '../stories/support.js';
import { quickBroker } from './quick-broker.js';

const newFolder = scratchFolders();

/** A journal of somebody else's, that cannot look anything up. */
function plainJournal(): Journal {
  const records: JournalRecord[] = [];
  return {
    name: 'plain',
    durable: true,
    open: async () => [...records],
    append: async (more) => void records.push(...more),
    close: async () => undefined,
  };
}

const JOURNALS: readonly (readonly [name: string, make: () => () => Journal])[] = [
  [
    'memory',
    () => {
      const journal = memoryJournal();
      return () => journal;
    },
  ],
  [
    'sqlite',
    () => {
      const path = `${newFolder()}/journal.db`;
      return () => sqliteJournal({ path });
    },
  ],
  [
    'without look-ups',
    () => {
      const journal = plainJournal();
      return () => journal;
    },
  ],
];

interface Place {
  readonly clock: VirtualClock;
  readonly broker: FaultBroker;
  readonly engine: Engine;
  /** Closes the engine and starts another on the same journal. */
  restart(): Promise<Place>;
}

async function place(make: () => Journal, clock = virtualClock(), broker = fills150(clock)): Promise<Place> {
  const engine = await createEngine({ broker, clock, journal: make(), logger: false });
  const run = clock.settle.bind(clock);
  await run();
  return {
    ...{ clock, broker, engine },
    async restart() {
      await engine.close();
      return place(make, clock, broker);
    },
  };
}

const fills150 = (clock: VirtualClock) =>
  faultBroker({ clock, script: ({ symbol }) => (symbol === 'NONE' ? {} : fills(fill(1, 100, 151))) });

const done = ({ clock, engine }: Place, input: Parameters<Engine['execute']>[0]): Promise<ExecutionResult> =>
  clock.runUntil(engine.execute(input));

describe.each(JOURNALS)('what is over, on a journal %s', (_name, make) => {
  it('E7 E1: the same advisory again, after the end and after a restart: the same result, and one order', async () => {
    const first = await place(make());
    const result = await done(first, advisory('ADV-A'));
    const again = await done(first, advisory('ADV-A'));
    expect(again).toEqual(result);
    const second = await first.restart();
    expect(await done(second, advisory('ADV-A'))).toEqual(result);
    expect(Object.isFrozen(await second.engine.execution('ADV-A')?.result)).toBe(true);
    expect(first.broker.count('submitOrder')).toBe(1);
    expect(await done(second, { ...advisory('ADV-A'), positionSize: 101 })).toMatchObject({
      status: 'REJECTED',
      reason: 'ADVISORY_CONFLICT',
    });
    expect(second.engine.execution('ADV-A')).toMatchObject({ advisoryId: 'ADV-A', stage: 'FILLED' });
    expect(second.engine.execution('ADV-X')).toBeUndefined();
    await second.engine.close();
  });

  it('E7 E1: a refused advisory runs once more on purpose, after a restart too; a filled one does not', async () => {
    const first = await place(make());
    await first.engine.killSwitch.set({ type: 'GLOBAL', state: 'ACTIVE', reason: 'a drill' });
    expect(await done(first, advisory('ADV-A'))).toMatchObject({ status: 'REJECTED' });
    const second = await first.restart();
    await second.engine.killSwitch.release({ type: 'GLOBAL', by: 'ops', reason: 'over' });
    expect(await done(second, advisory('ADV-A'))).toMatchObject({ status: 'REJECTED' });
    const again = await second.clock.runUntil(second.engine.execute(advisory('ADV-A'), { again: true }));
    expect(again).toMatchObject({ status: 'FILLED' });
    const third = await second.restart();
    expect(await third.clock.runUntil(third.engine.execute(advisory('ADV-A'), { again: true }))).toEqual(again);
    expect(first.broker.count('submitOrder')).toBe(1);
    await third.engine.close();
  });

  it('E7: executions() lists what is live and the latest that are over, and pages through the rest', async () => {
    const now = await place(make());
    for (let n = 1; n <= 7; n += 1) await done(now, advisory(`ADV-${n}`));
    const { engine } = await now.restart();
    const live = engine.start(advisory('ADV-LIVE', { symbol: 'NONE' }));
    await now.clock.settle();
    const ids = (query?: Parameters<Engine['executions']>[0]) =>
      engine.executions(query).map(({ advisoryId }) => advisoryId);
    const all = ['ADV-1', 'ADV-2', 'ADV-3', 'ADV-4', 'ADV-5', 'ADV-6', 'ADV-7'];
    expect(ids()).toEqual([...all, 'ADV-LIVE']);
    expect(ids({ limit: 2 })).toEqual(['ADV-6', 'ADV-7', 'ADV-LIVE']);
    expect(ids({ before: 'ADV-6', limit: 3 })).toEqual(['ADV-3', 'ADV-4', 'ADV-5']);
    expect(ids({ after: 'ADV-2', limit: 3 })).toEqual(['ADV-3', 'ADV-4', 'ADV-5']);
    expect(ids({ after: 'ADV-7' })).toEqual([]);
    expect(ids({ before: 'ADV-UNKNOWN' })).toEqual([]);
    expect(ids({ stage: 'FILLED', limit: 2 })).toEqual(['ADV-6', 'ADV-7']);
    expect(ids({ stage: live.stage })).toEqual(['ADV-LIVE']);
    expect(ids({ live: true })).toEqual(['ADV-LIVE']);
    expect(ids({ live: true, stage: 'FILLED' })).toEqual([]);
    expect(ids({ live: false, limit: 1 })).toEqual(['ADV-7', 'ADV-LIVE']);
    expect(() => engine.executions({ live: true, limit: 1 })).toThrow(/limit is 1; accepted is nothing beside live/);
    expect(() => engine.executions({ live: 'yes' } as never)).toThrow(/live is "yes"/);
    expect(() => engine.executions({ limit: 0 })).toThrow(/limit is 0/);
    expect(() => engine.executions({ from: 'ADV-1' } as never)).toThrow(/from/);
    await engine.close();
  });

  it('E7: a view of what is over says the same as it did when it had just ended, its result included', async () => {
    const now = await place(make());
    const ids = ['ADV-1', 'ADV-2', 'ADV-3'];
    now.engine.start(advisory('ADV-1'));
    now.engine.start(advisory('ADV-2', { symbol: 'NONE' }));
    now.engine.start(advisory('ADV-3', { slOffsetPct: '0.5' }));
    const results = await now.clock.runUntil(Promise.all(ids.map((id) => now.engine.execution(id)?.result)));
    const before = structuredClone(now.engine.executions().map((view) => ({ ...view })));
    expect(before.map(({ result }) => result)).toEqual(results);
    const { engine } = await now.restart();
    expect(engine.executions().map((view) => ({ ...view }))).toEqual(before);
    const own = now.engine.executionLogs.filter(({ advisoryId }) => advisoryId === 'ADV-1');
    expect(own.length).toBeGreaterThan(5);
    expect(engine.auditOf('ADV-1').slice(0, own.length)).toEqual(own);
    expect(engine.executionLogs.slice(0, 3)).toEqual(now.engine.executionLogs.slice(0, 3));
    await engine.close();
  });
});

describe('what the broker tells of it afterwards', () => {
  it('E7 T5 P8: a fill, and a bust, after a restart open their cases', async () => {
    const journal = memoryJournal();
    const first = await place(() => journal);
    await done(first, advisory('ADV-A'));
    await done(first, advisory('ADV-B', { symbol: 'MSFT' }));
    const { engine, broker, clock } = await first.restart();
    const report = (advisoryId: string, differs: object) => {
      const { clientOrderId = '' } = engine.execution(advisoryId) ?? {};
      broker.push({ clientOrderId, brokerOrderId: 'B', state: 'filled', fillPrice: '151', ...differs } as never);
    };
    report('ADV-A', { filledSize: '130' });
    report('ADV-B', { filledSize: '0', correction: { kind: 'bust' } });
    await clock.settle();
    expect(engine.cases.open().map(({ kind, advisoryId }) => [kind, advisoryId])).toEqual([
      ['STRAY_FILL', 'ADV-A'],
      ['FILL_BUSTED', 'ADV-B'],
    ]);
    await engine.close();
  });

  it('E7 B7: exits that were open at the restart are watched to their end; closed positions are still shown', async () => {
    const journal = memoryJournal();
    const clock = virtualClock();
    let isOpen = true;
    const start = () =>
      createEngine({
        ...{ clock, journal, logger: false, exitPollIntervalMs: 100 },
        broker: quickBroker((id) => isOpen && id === openId),
      });
    let openId = '';
    const first = await start();
    const open = first.start(advisory('ADV-OPEN'));
    openId = open.clientOrderId;
    await clock.runUntil(Promise.all([open.result, first.execute(advisory('ADV-CLOSED'))]));
    await clock.advance(2_000);
    expect(first.positions().map(({ advisoryId, isOpen: is }) => [advisoryId, is])).toEqual([
      ['ADV-CLOSED', false],
      ['ADV-OPEN', true],
    ]);
    const before = first.positions();
    await first.close();
    const second = await start();
    expect(second.positions()).toEqual(before);
    isOpen = false;
    await clock.advance(2_000);
    expect(second.positions().map(({ advisoryId, isOpen: is }) => [advisoryId, is])).toEqual([
      ['ADV-CLOSED', false],
      ['ADV-OPEN', false],
    ]);
    expect(second.cases.all()).toEqual([]);
    await second.close();
  });
});

describe('a record that was changed under a running engine', () => {
  it('E7 S1 A5: nobody can tell whether the advisory has run: it is refused, not run, and the gate closes', async () => {
    const clock = virtualClock();
    const inner = memoryJournal();
    let isChanged = false;
    const journal: Journal = {
      ...inner,
      async open() {
        const opened = await inner.open({ indexed: true });
        if (!('lookup' in opened)) throw new Error('no look-ups');
        const { lookup } = opened;
        const changed = (all: readonly JournalRecord[]) => (isChanged ? all.map((one) => ({ ...one, at: 1 })) : all);
        return {
          ...opened,
          lookup: { ...lookup, ofAdvisory: (id: string) => changed(lookup.ofAdvisory(id)) },
        } as never;
      },
    };
    const broker = fills150(clock);
    const engine = await createEngine({ broker, clock, journal, logger: false });
    await clock.runUntil(engine.execute(advisory('ADV-A')));
    await engine.close();
    const next = await createEngine({ broker, clock, journal, logger: false });
    isChanged = true;
    const refused = await clock.runUntil(next.execute(advisory('ADV-A')));
    expect(refused).toMatchObject({ status: 'REJECTED', reason: 'JOURNAL_UNAVAILABLE' });
    expect(refused.errorMessage).toContain('ADV-A');
    expect(broker.count('submitOrder')).toBe(1);
    expect(next.killSwitch.isActive()).toBe(true);
    expect(() => next.execution('ADV-A')).toThrow(/record \d+ is not as it was written/);
    await next.close();
  });
});
