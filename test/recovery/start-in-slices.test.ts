/**
 * A start on very many records: what is live and open is read, checked and folded in slices, and no more than that is read.
 */
import { createEngine, type Journal, type JournalRecord, openJournalAdmin } from 'fillchart';
import { memoryJournal } from 'fillchart/adapters';
import { faultBroker, type VirtualClock, virtualClock } from 'fillchart/testing';
import { describe, expect, it } from 'vitest';
import type { IndexedJournal, OpenRequest } from '../../src/domain/journal-index.js';
import { foldViews, foldViewsInSlices } from '../../src/engine/fold-views.js';
import { pastOf } from '../../src/engine/known-past.js';
import { slowClock } from '../stories/slow-clock.js';
import { advisory } from '../stories/support.js';

const MANY = 60;
const drill = { type: 'GLOBAL', state: 'ACTIVE', reason: 'a drill', by: 'ann' } as const;

/** A journal with so many executions, none of them done, one ACTIVE switch and one case. */
async function lived(clock: VirtualClock): Promise<Journal> {
  const journal = memoryJournal();
  const script = { fills: [{ at: 1_000, quantity: '40', price: '151' }] };
  const engine = await createEngine({ broker: faultBroker({ clock, script }), journal, clock, logger: false });
  const one = engine.execute(advisory('HALF'));
  await clock.runUntil(one);
  for (let index = 0; index < MANY; index += 1)
    engine.start(advisory(`LIVE-${index}`, { symbol: `S${index}` })).result.catch(() => undefined);
  await clock.advance(500);
  await engine.close();
  return journal;
}

/** The journal as one that cannot look anything up: every record is read, checked and folded. */
const plain = (journal: Journal): Journal => ({
  ...journal,
  open: (async () => journal.open()) as Journal['open'],
});

/** How often a timer that is always due came round while the work was under way. */
async function turnsDuring(clock: VirtualClock, work: () => Promise<unknown>): Promise<number> {
  let turns = 0;
  let isOver = false;
  const again = () => {
    turns += 1;
    if (!isOver) clock.setTimeout(again, 0);
  };
  clock.setTimeout(again, 0);
  const done = work().finally(() => {
    isOver = true;
  });
  await clock.runUntil(done);
  return turns;
}

describe('a start on very many records', () => {
  it('E4 E7: records are checked in slices, and the event loop goes on in between', async () => {
    const clock = slowClock();
    const journal = plain(await lived(clock));
    clock.count(true);
    const turns = await turnsDuring(clock, async () => {
      const { opened } = await pastOf(journal, clock);
      expect(opened.problem).toBeUndefined();
      expect(opened.records.length).toBeGreaterThan(MANY);
    });
    expect(turns).toBeGreaterThan(10);
  });

  it('E4 A6: all of them are folded in slices too where there is no checkpoint, to the same views', async () => {
    const clock = slowClock();
    const { records } = (await pastOf(plain(await lived(clock)), clock)).opened;
    const events = { onDifference: () => undefined, onUnfoldable: () => undefined };
    clock.count(true);
    let views: unknown;
    const turns = await turnsDuring(clock, async () => {
      views = await foldViewsInSlices(clock, records, events);
    });
    expect(turns).toBeGreaterThan(10);
    expect(views).toEqual(foldViews(records, events));
    expect(views).toMatchObject({ live: { length: MANY }, cases: [{ advisoryId: 'HALF' }] });
  });

  it('control: where no time passes, records are checked in one turn', async () => {
    const clock = virtualClock();
    const journal = plain(await lived(clock));
    const turns = await turnsDuring(clock, () => pastOf(journal, clock));
    expect(turns).toBeLessThanOrEqual(2);
  });

  it('A5: a changed record is found in slices as well, and named', async () => {
    const clock = virtualClock();
    const journal = await lived(clock);
    const changed: Journal = {
      ...journal,
      open: (async () =>
        (await journal.open()).map((record) =>
          record.seq === 40 ? { ...record, at: record.at + 1 } : record,
        )) as Journal['open'],
    };
    const { opened } = await pastOf(changed, clock);
    expect(opened.problem).toMatch(/is not what was written: record 40 was changed/);
  });
});

describe('a start after a crash', () => {
  /** How many executions the next engine looks up, one by one. */
  async function lookedUp(journal: Journal, clock: VirtualClock): Promise<number> {
    let count = 0;
    async function open(request: OpenRequest) {
      const opened = await journal.open(request);
      if (!('lookup' in opened)) return opened;
      const { lookup } = opened;
      const ofAdvisory = (id: string) => {
        count += 1;
        return lookup.ofAdvisory(id);
      };
      return { ...opened, lookup: { ...bound(lookup), ofAdvisory } };
    }
    const broker = faultBroker({ clock });
    const engine = await createEngine({
      ...{ broker, clock, logger: false },
      journal: { ...journal, open: open as Journal['open'] },
    });
    expect(engine.metrics().live).toBe(MANY);
    await engine.close();
    return count;
  }

  const bound = (lookup: IndexedJournal['lookup']): IndexedJournal['lookup'] => ({
    ofAdvisory: (id) => lookup.ofAdvisory(id),
    advisoryOf: (id) => lookup.advisoryOf(id),
    startsBefore: (seq, limit) => lookup.startsBefore(seq, limit),
    startsAfter: (seq, limit) => lookup.startsAfter(seq, limit),
    records: (from, limit) => lookup.records(from, limit),
  });

  /** The journal, one life of which cannot be read. @param together whether it reads several lives at a time */
  function withUnreadable(journal: Journal, unreadable: string, together: boolean) {
    const sizes: number[] = [];
    async function open(request: OpenRequest) {
      const opened = await journal.open(request);
      if (!('lookup' in opened)) return opened;
      const { lookup } = opened;
      const ofAdvisory = (id: string) => {
        if (id === unreadable) throw new Error('its page is bad');
        return lookup.ofAdvisory(id);
      };
      const ofAdvisories = (ids: readonly string[]) => {
        sizes.push(ids.length);
        return ids.map(ofAdvisory);
      };
      return { ...opened, lookup: { ...bound(lookup), ofAdvisory, ...(together && { ofAdvisories }) } };
    }
    return { journal: { ...journal, open: open as Journal['open'] }, sizes };
  }

  it.each([true, false])(
    'A6 E2: a life that cannot be read keeps no other from going on (together: %s)',
    async (together) => {
      const clock = virtualClock();
      const { journal, sizes } = withUnreadable(await lived(clock), 'LIVE-40', together);
      const said: unknown[] = [];
      const say = (fields: object, message: string) => said.push({ ...fields, message });
      const logger = { debug: say, info: say, warn: say, error: say };
      const engine = await createEngine({ broker: faultBroker({ clock }), journal, clock, logger });
      expect(engine.metrics().live).toBe(MANY - 1);
      expect(said).toContainEqual(expect.objectContaining({ advisoryId: 'LIVE-40', cause: 'its page is bad' }));
      expect(sizes.length > 0).toBe(together);
      expect(Math.max(0, ...sizes)).toBeLessThan(MANY);
      await engine.close();
    },
  );

  it('A6 E7: an execution whose records were just read is not read again', async () => {
    const clock = virtualClock();
    const journal = memoryJournal();
    const engine = await createEngine({ broker: faultBroker({ clock }), journal, clock, logger: false });
    for (let index = 0; index < MANY; index += 1)
      engine.start(advisory(`LIVE-${index}`, { symbol: `S${index}` })).result.catch(() => undefined);
    await clock.advance(500);
    // It is not closed: it has written no checkpoint.
    expect(await lookedUp(journal, clock)).toBe(0);
  });

  it('control: after a regular end each live one is read, and nothing else', async () => {
    const clock = virtualClock();
    const count = await lookedUp(await lived(clock), clock);
    expect(count).toBeGreaterThanOrEqual(MANY);
    expect(count).toBeLessThanOrEqual(MANY + 2);
  });
});

/** Counts the records that a journal hands over when it is opened. @param spoil what becomes of the checkpoint */
function counted(journal: Journal, spoil = false): { readonly journal: Journal; handed(): number } {
  let handed = 0;
  const count = (records: readonly JournalRecord[]) => {
    handed += records.length;
    return records;
  };
  async function open(request?: OpenRequest): Promise<readonly JournalRecord[] | IndexedJournal> {
    if (request?.indexed !== true) return count(await journal.open());
    const opened = await journal.open(request);
    if (!('lookup' in opened)) return count(opened);
    const { checkpoint } = opened;
    return {
      ...opened,
      ...(checkpoint !== undefined && { checkpoint: spoil ? { ...checkpoint, contentHash: 'spoilt' } : checkpoint }),
      records: count(opened.records),
      readAll: async () => count(await opened.readAll()),
    };
  }
  return { journal: { ...journal, open: open as Journal['open'] }, handed: () => handed };
}

describe('a journal admin on a long journal', () => {
  const admin = (journal: Journal, clock: VirtualClock) => openJournalAdmin({ journal, clock, logger: false });

  it('E7 K7 M1: reads the checkpoint and what stands after it, and finds switches and cases as they are', async () => {
    const clock = virtualClock();
    const journal = await lived(clock);
    const first = await admin(journal, clock);
    await first.killSwitch.set(drill);
    await first.close();
    const { journal: watched, handed } = counted(journal);
    const second = await admin(watched, clock);
    expect(handed()).toBe(1);
    expect(second.killSwitch.switches).toMatchObject([drill]);
    expect(second.cases.open()).toMatchObject([{ advisoryId: 'HALF' }]);
    await second.cases.resolve(second.cases.open()[0]?.caseId ?? '', { by: 'ann', reason: 'looked at' });
    await second.close();
    const engine = await createEngine({ broker: faultBroker({ clock }), journal, clock, logger: false });
    expect(engine.killSwitch.isActive('AAPL')).toBe(true);
    expect(engine.cases.all()).toMatchObject([{ advisoryId: 'HALF', resolution: { by: 'ann' } }]);
    await engine.close();
  });

  it('control: with a checkpoint that is not as it was written, it reads every record', async () => {
    const clock = virtualClock();
    const journal = await lived(clock);
    const { journal: watched, handed } = counted(journal, true);
    const only = await admin(watched, clock);
    expect(handed()).toBeGreaterThan(MANY);
    expect(only.cases.open()).toMatchObject([{ advisoryId: 'HALF' }]);
    await only.close();
  });
});
