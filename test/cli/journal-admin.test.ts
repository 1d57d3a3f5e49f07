/**
 * Journal admin: switches and cases of a journal on which no engine runs.
 */
import { createEngine, type Engine, type JournalRecord, openJournalAdmin, verifyChain } from 'fillchart';
import { memoryJournal, sqliteJournal } from 'fillchart/adapters';
import { type FaultBroker, faultBroker, virtualClock } from 'fillchart/testing';
import { describe, expect, it } from 'vitest';
import { adminView } from '../../src/engine/journal-admin.js';
import { ADVISORY, folder } from './cli.support.js';

const here = folder();

/** A journal, engines and journal admins on it, one after the other, and the broker that only engines know. */
function office(journal = memoryJournal()) {
  const clock = virtualClock();
  const broker = faultBroker({ clock, script: { fills: [{ at: 1_000, quantity: '40', price: '151' }] } });
  return {
    clock,
    broker,
    journal,
    engine: () => createEngine({ broker, journal, clock, logger: false }),
    admin: () => openJournalAdmin({ journal, clock, logger: false }),
    async records(): Promise<readonly JournalRecord[]> {
      const records = await journal.open();
      await journal.close();
      return records;
    },
  };
}

const drill = { type: 'GLOBAL', state: 'ACTIVE', reason: 'a drill', by: 'ann' } as const;
const over = { type: 'GLOBAL', by: 'bob', reason: 'the drill is over' } as const;

async function withAnEngine(
  place: ReturnType<typeof office>,
  acts: (engine: Engine) => Promise<unknown>,
): Promise<void> {
  const engine = await place.engine();
  await acts(engine);
  await engine.close();
}

/** A partial fill, which opens a case for AAPL. */
const halfFilled = (place: ReturnType<typeof office>) =>
  withAnEngine(place, (engine) => place.clock.runUntil(engine.execute(ADVISORY)));

const calls = (broker: FaultBroker) => broker.calls.length;

describe('switches', () => {
  it('K7: a journal admin finds what an engine set, and the next engine what the admin released', async () => {
    const place = office();
    await withAnEngine(place, ({ killSwitch }) => killSwitch.set(drill));
    const admin = await place.admin();
    expect(admin.killSwitch.switches).toMatchObject([{ type: 'GLOBAL', state: 'ACTIVE', by: 'ann' }]);
    await admin.killSwitch.release(over);
    await admin.close();
    await withAnEngine(place, async ({ killSwitch }) => {
      expect(killSwitch.isActive('AAPL')).toBe(false);
      expect(killSwitch.history).toEqual(admin.killSwitch.history);
    });
  });

  it('K2 K7: what a journal admin sets refuses in the next engine', async () => {
    const place = office();
    const admin = await place.admin();
    await admin.killSwitch.set(drill);
    await admin.close();
    await withAnEngine(place, async (engine) => {
      expect(await engine.execute(ADVISORY)).toMatchObject({ status: 'REJECTED', reason: 'KILL_SWITCH_ACTIVE' });
    });
    expect(place.broker.count('submitOrder')).toBe(0);
  });

  it('K6: releasing needs who and why', async () => {
    const admin = await office().admin();
    await admin.killSwitch.set(drill);
    await expect(admin.killSwitch.release({ ...over, by: ' ' })).rejects.toMatchObject({ code: 'INVALID_KILL_SWITCH' });
    await expect(admin.killSwitch.release({ ...over, reason: '' })).rejects.toThrow('accepted is why');
    expect(admin.killSwitch.isActive()).toBe(true);
  });

  it('K6: a release is refused while a case in its scope is open, unless forced', async () => {
    const place = office();
    await halfFilled(place);
    const admin = await place.admin();
    await admin.killSwitch.set(drill);
    await expect(admin.killSwitch.release(over)).rejects.toMatchObject({ code: 'KILL_SWITCH_RELEASE_REFUSED' });
    await admin.killSwitch.release({ ...over, force: true });
    expect(admin.killSwitch.history.at(-1)).toMatchObject({ state: 'OFF', forced: true });
  });
});

describe('cases', () => {
  it('M2: a case is closed by a person, who says why; the next engine trades the symbol again', async () => {
    const place = office();
    await halfFilled(place);
    const admin = await place.admin();
    const [open] = admin.cases.open();
    await expect(admin.cases.resolve('case-9', { by: 'ann', reason: 'r' })).rejects.toMatchObject({
      code: 'UNKNOWN_CASE',
    });
    await expect(admin.cases.resolve(open?.caseId ?? '', { by: '', reason: 'r' })).rejects.toMatchObject({
      code: 'INVALID_RESOLUTION',
    });
    await admin.cases.resolve(open?.caseId ?? '', { by: 'ann', reason: '60 were never bought' });
    await admin.close();
    await withAnEngine(place, async (engine) => {
      expect(engine.cases.all()).toMatchObject([{ symbol: 'AAPL', resolution: { by: 'ann' } }]);
      expect(engine.cases.open()).toEqual([]);
    });
  });
});

describe('a journal admin', () => {
  it('A5: leaves a chain that verifies, with its lines in the audit log', async () => {
    const place = office();
    await halfFilled(place);
    const admin = await place.admin();
    await admin.killSwitch.set({ ...drill, state: 'WARNING' });
    await admin.cases.resolve('case-1', { by: 'ann', reason: 'looked at' });
    await admin.close();
    const records = await place.records();
    expect(verifyChain(records)).toMatchObject({ ok: true, records: records.length });
    const lines = records.flatMap(({ audit }) => audit);
    expect(lines.slice(-2).map(({ event }) => event)).toEqual(['kill_switch_set', 'case_resolved']);
    expect(lines.map(({ seq }) => seq)).toEqual(lines.map((_, index) => index + 1));
  });

  it('A4 A6: goes on with no execution, and asks no broker', async () => {
    const place = office();
    const engine = await place.engine();
    engine.start(ADVISORY);
    await place.clock.advance(500);
    await engine.close();
    const before = [calls(place.broker), (await place.records()).length];
    const admin = await place.admin();
    await place.clock.advance(60_000);
    await admin.close();
    expect([calls(place.broker), (await place.records()).length]).toEqual(before);
    expect(adminView(await place.records()).unfinished).toEqual(['A']);
  });

  it('K7: sees in the records what it folds, and finished executions as such', async () => {
    const place = office();
    await halfFilled(place);
    const admin = await place.admin();
    await admin.killSwitch.set(drill);
    await admin.close();
    const { switches, history, cases, unfinished } = adminView(await place.records());
    expect([switches, history]).toEqual([admin.killSwitch.switches, admin.killSwitch.history]);
    expect([cases, unfinished]).toEqual([admin.cases.all(), []]);
  });

  it('A5 K7: does not open on a journal that is not what was written, and writes nothing to it', async () => {
    const place = office();
    await withAnEngine(place, ({ killSwitch }) => killSwitch.set(drill));
    const changed = (await place.records()).map((record) => ({ ...record, at: record.at + 1 }));
    let appends = 0;
    let isClosed = false;
    const journal = {
      name: 'evidence',
      durable: true,
      open: async () => changed,
      append: async () => {
        appends += 1;
      },
      close: async () => {
        isClosed = true;
      },
    };
    const opening = openJournalAdmin({ journal, clock: place.clock, logger: false });
    await expect(opening).rejects.toMatchObject({ code: 'JOURNAL_UNAVAILABLE' });
    await expect(opening).rejects.toThrow(/evidence is not what was written: .*record 1.*Nothing is written to it/);
    expect([appends, isClosed]).toEqual([0, true]);
  });

  it('A6: does not open while an engine holds the journal', async () => {
    const place = office(sqliteJournal({ path: here.path('j.db') }));
    const engine = await place.engine();
    const second = openJournalAdmin({
      journal: sqliteJournal({ path: here.path('j.db') }),
      clock: place.clock,
      logger: false,
    });
    await expect(second).rejects.toMatchObject({ code: 'IN_USE' });
    await engine.close();
  });

  it('once closed, changes nothing more', async () => {
    const place = office();
    await halfFilled(place);
    const admin = await place.admin();
    await admin.close();
    await admin.close();
    await expect(admin.killSwitch.set(drill)).rejects.toMatchObject({ code: 'ENGINE_CLOSED' });
    await expect(admin.cases.resolve('case-1', { by: 'a', reason: 'b' })).rejects.toMatchObject({
      code: 'ENGINE_CLOSED',
    });
  });
});
