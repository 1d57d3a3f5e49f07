/** The counterparty's day: sessions that open and close by the clock on its wall, and numbers that begin anew with them. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from 'fillchart/adapters';
import { describe, expect, it, onTestFinished } from 'vitest';
import { periodAt, readSchedule } from '../../src/adapters/brokers/fix/schedule.js';
import { brokerOn, order, ref, setting, soon } from './fix.support.js';

const EVERY_DAY = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;

/** The time of day in UTC, so many ms from now. */
const inMs = (ms: number): string => new Date(Date.now() + ms).toISOString().slice(11, 19);

describe('FIX session schedule', () => {
  it('B17: the venue ends its day, begins anew at 1, and the process runs on, unattended', async () => {
    // Open since yesterday; closes in a second or two, and opens again two seconds later.
    const schedule = { days: EVERY_DAY, start: inMs(4_000), end: inMs(2_000) };
    const { acceptor, broker, pushes, pushed, warnings } = await setting({ schedule });
    acceptor.script = (message) => {
      if (message.type === 'D') acceptor.accept(message);
      if (message.type === 'H') acceptor.report(message, { 150: 'I', 39: 0, 17: 0, 151: 100 });
    };
    await broker.connect?.(soon());
    expect(await broker.submitOrder(order(), soon())).toMatchObject({ kind: 'accepted' });
    await acceptor.until(() => acceptor.of('5').length === 1);
    acceptor.beginAnew();
    const closed = await broker.submitOrder(order('fc-2'), soon());
    expect(closed).toMatchObject({
      kind: 'not_sent',
      reason: expect.stringMatching(/by its schedule/) as unknown,
    });
    await pushed(() => pushes.filter((push) => 'type' in push).length >= 2);
    const [, second] = acceptor.of('A');
    expect([second?.tag(34), second?.tag(141), acceptor.of('A').length]).toEqual(['1', 'N', 2]);
    expect(await broker.getOrderStatus(ref(), soon())).toMatchObject({ state: 'submitted' });
    expect(await broker.submitOrder(order('fc-3'), soon())).toMatchObject({ kind: 'accepted' });
    expect(acceptor.of('D').map((message) => message.tag(11))).toEqual(['fc-1', 'fc-3']);
    expect(warnings).toEqual([]);
  });

  it('B17: numbers that begin anew within the session: logged on again with 141=Y, at that time', async () => {
    const schedule = { days: EVERY_DAY, start: inMs(-3_600_000), reset: inMs(2_000) };
    const { acceptor, broker, pushes, pushed } = await setting({ schedule });
    acceptor.script = (message) => message.type === 'D' && acceptor.accept(message);
    await broker.connect?.(soon());
    await broker.submitOrder(order(), soon());
    await pushed(() => pushes.filter((push) => 'type' in push).length >= 2);
    const [, second] = acceptor.of('A');
    expect([second?.tag(34), second?.tag(141)]).toEqual(['1', 'Y']);
    expect(await broker.submitOrder(order('fc-2'), soon())).toMatchObject({ kind: 'accepted' });
  });

  it('B17: a process that starts on a new day begins at 1, one on the same day goes on', async () => {
    const storeFolder = mkdtempSync(join(tmpdir(), 'fillchart-fix-'));
    onTestFinished(() => rmSync(storeFolder, { recursive: true, force: true }));
    const schedule = { days: EVERY_DAY, start: inMs(-3_600_000) };
    const real = systemClock();
    const yesterday = { ...real, now: () => real.now() - 86_400_000 };
    const { acceptor, broker } = await setting({ storeFolder, schedule, clock: yesterday });
    acceptor.script = (message) => message.type === 'D' && acceptor.accept(message);
    await broker.connect?.(soon());
    await broker.submitOrder(order(), soon());
    await broker.close?.();
    acceptor.beginAnew();
    for (const [id, number] of [
      ['fc-2', '1'],
      ['fc-3', '4'],
    ] as const) {
      const next = brokerOn(acceptor.port, { storeFolder, schedule });
      await next.broker.connect?.(soon());
      expect(await next.broker.submitOrder(order(id), soon())).toMatchObject({ kind: 'accepted' });
      expect(acceptor.of('A').at(-1)?.tag(34)).toBe(number);
      await next.broker.close?.();
    }
  });

  it('B17: outside its hours nothing connects, and the operator is told when it opens', async () => {
    const schedule = { days: EVERY_DAY, start: inMs(3_600_000), end: inMs(-3_600_000) };
    const { acceptor, broker } = await setting({ schedule });
    await expect(broker.connect?.(soon())).rejects.toThrow(/closed by its schedule, and opens at \d{4}-/);
    await expect(broker.instrument('AAPL', soon())).rejects.toThrow('closed by its schedule');
    expect(acceptor.of('A')).toEqual([]);
  });

  it.each([
    [{ start: '25:00' }, 'schedule.start'],
    [{ start: '09:00', end: '9' }, 'schedule.end'],
    [{ start: '09:00', timeZone: 'Mars/Olympus' }, 'schedule.timeZone'],
    [{ start: '09:00', begin: '10:00' }, 'schedule.begin'],
    [{ start: '09:00', days: [] }, 'schedule.days'],
  ])('B17: %j is refused by name', (schedule, name) => {
    expect(() => brokerOn(1, { schedule })).toThrow(name);
  });
});

describe('FIX session times', () => {
  const at = (iso: string): number => Date.parse(iso);
  const iso = (ms: number): string => new Date(ms).toISOString();

  it('B17: a week of New York, over the change of clocks', () => {
    const week = readSchedule({ timeZone: 'America/New_York', start: '08:00', end: '17:00' });
    // Clocks go forward on Sunday 8 March 2026.
    expect(periodAt(week, at('2026-03-06T12:59:59Z')).isOpen).toBe(false);
    expect(periodAt(week, at('2026-03-06T13:00:00Z')).isOpen).toBe(true);
    const friday = periodAt(week, at('2026-03-06T22:00:00Z'));
    expect([friday.isOpen, iso(friday.changesAt)]).toEqual([false, '2026-03-09T12:00:00.000Z']);
    expect(periodAt(week, at('2026-03-09T12:00:00Z')).isOpen).toBe(true);
  });

  it('B17: a session over midnight, with numbers that begin anew in the middle', () => {
    const chicago = readSchedule({
      timeZone: 'America/Chicago',
      days: ['sun', 'mon', 'tue', 'wed', 'thu'],
      start: '17:00',
      end: '16:00',
      reset: '00:00',
    });
    const evening = periodAt(chicago, at('2026-11-24T01:00:00Z'));
    expect([evening.isOpen, evening.isReset, iso(evening.changesAt)]).toEqual([
      true,
      false,
      '2026-11-24T06:00:00.000Z',
    ]);
    const night = periodAt(chicago, at('2026-11-24T06:00:00Z'));
    expect([night.isReset, iso(night.numbersSince), iso(night.changesAt)]).toEqual([
      true,
      '2026-11-24T06:00:00.000Z',
      '2026-11-24T22:00:00.000Z',
    ]);
    const weekend = periodAt(chicago, at('2026-11-28T12:00:00Z'));
    expect([weekend.isOpen, iso(weekend.changesAt)]).toEqual([false, '2026-11-29T23:00:00.000Z']);
  });

  it('B17: the second address is tried when the first gives no session, before connect says anything', async () => {
    const { acceptor } = await setting();
    const { broker } = brokerOn(1, { alternates: [{ host: '127.0.0.1', port: acceptor.port }] });
    await broker.connect?.(soon());
    expect(acceptor.logons).toBe(1);
  });

  it('B17: when no address gives a session, connect says why', async () => {
    const { broker } = brokerOn(1, { alternates: [{ host: '127.0.0.1', port: 2 }] });
    await expect(broker.connect?.(soon())).rejects.toThrow('ECONNREFUSED');
  });
});
