/**
 * Engines on several machines under the kill switches of one service (K5, K6, K7, K10): closed when that service is not there.
 */
import { createKillSwitch, FillchartError, type SharedKillSwitch } from 'fillchart';
import { memoryJournal } from 'fillchart/adapters';
import { type VirtualClock, virtualClock } from 'fillchart/testing';
import { describe, expect, it } from 'vitest';
import { type FollowedSwitches, followedSwitches, type SwitchRequest } from '../../src/service/followed-switches.js';

interface Pair {
  readonly clock: VirtualClock;
  readonly here: SharedKillSwitch;
  readonly there: SharedKillSwitch;
  readonly followed: FollowedSwitches;
  /** Requests fail from now on, or are answered again. */
  cut(isCut: boolean): void;
  /** The next list is read now and arrives so much later. */
  delayList(ms: number): void;
  passed(ms: number): Promise<void>;
}

const openSwitches = (clock: VirtualClock, journal = memoryJournal()) =>
  clock.runUntil(createKillSwitch({ journal, clock, logger: false }));

async function pair({ isCut = false, clock = virtualClock(), journal = memoryJournal() } = {}): Promise<Pair> {
  const [here, there] = [await openSwitches(clock, journal), await openSwitches(clock)];
  let [cut, delayMs] = [isCut, 0];
  const request: SwitchRequest = async (method, path, body) => {
    if (cut) throw new Error('connection refused');
    if (method === 'GET') {
      const switches = JSON.parse(JSON.stringify(there.switches));
      const wait = delayMs;
      delayMs = 0;
      if (wait > 0) await new Promise<void>((resolve) => clock.setTimeout(resolve, wait));
      return { status: 200, body: { switches } };
    }
    try {
      await (path.endsWith('/release') ? there.release(body as never) : there.set(body as never));
      return { status: 200, body: {} };
    } catch (error) {
      const { code, message } = error as FillchartError;
      return { status: 409, body: { code, message } };
    }
  };
  const service = { url: 'http://switches.test', pollMs: 200, lostAfterMs: 1_000 };
  const followed = followedSwitches({ shared: here, service, clock, logger: false, request });
  await clock.runUntil(followed.begin());
  return {
    ...{ clock, here, there, followed },
    cut(now) {
      cut = now;
    },
    delayList(ms) {
      delayMs = ms;
    },
    passed: (ms) => clock.advance(ms),
  };
}

const STOP = { type: 'GLOBAL', state: 'ACTIVE', reason: 'a person says stop', by: 'ann' } as const;
const GO = { type: 'GLOBAL', reason: 'done', by: 'ann' } as const;

describe('kill switches of another service', () => {
  it('K10: what is set there is ACTIVE here within two polls, with who and why; released there, it is OFF here', async () => {
    const { clock, here, there, passed } = await pair();
    await clock.runUntil(there.set(STOP));
    await passed(400);
    expect(here.switches).toMatchObject([{ type: 'GLOBAL', state: 'ACTIVE', reason: 'a person says stop', by: 'ann' }]);
    await clock.runUntil(there.release(GO));
    await passed(400);
    expect(here.stateFor('AAPL')).toBe('OFF');
  });

  it('K5 K10: what is set here counts in the same turn, and is told there', async () => {
    const { clock, here, there, followed } = await pair();
    const set = followed.killSwitch.set(STOP);
    expect(here.stateFor('AAPL')).toBe('ACTIVE');
    await clock.runUntil(set);
    expect(there.stateFor('AAPL')).toBe('ACTIVE');
  });

  it('K5: a list that was read before a switch was set here does not open the gate', async () => {
    const { clock, here, followed, delayList, passed } = await pair();
    delayList(500);
    await passed(250);
    await clock.runUntil(followed.killSwitch.set(STOP));
    for (let waited = 0; waited < 1_000; waited += 50) {
      await passed(50);
      expect(here.stateFor('AAPL')).toBe('ACTIVE');
    }
  });

  it('K1 K3: without an answer nothing new is sent after a second, live orders are left alone; open again with the first answer', async () => {
    const { here, followed, cut, passed } = await pair();
    cut(true);
    await passed(900);
    expect([here.stateFor('AAPL'), followed.lost()]).toEqual(['OFF', undefined]);
    await passed(400);
    expect(here.switches).toMatchObject([{ type: 'RISK_LIMIT', state: 'ACTIVE' }]);
    expect(followed.lost()).toContain('http://switches.test');
    cut(false);
    await passed(2_500);
    expect([here.stateFor('AAPL'), followed.lost()]).toEqual(['OFF', undefined]);
  });

  it('K7: a start without an answer begins closed', async () => {
    const { here, followed } = await pair({ isCut: true });
    expect([here.stateFor(), followed.lost()]).toEqual(['ACTIVE', expect.stringContaining('connection refused')]);
  });

  it('K5: set while the other is away: it counts here, the caller is told that the others do not know, and they are told later', async () => {
    const { clock, here, there, followed, cut, passed } = await pair();
    cut(true);
    const set = clock.runUntil(followed.killSwitch.set(STOP));
    await expect(set).rejects.toMatchObject({ code: 'NOT_READY', message: expect.stringContaining('It is set here') });
    expect(here.stateFor('AAPL')).toBe('ACTIVE');
    cut(false);
    await passed(1_000);
    expect(there.switches).toMatchObject([{ type: 'GLOBAL', state: 'ACTIVE', by: 'ann' }]);
    expect(here.switches.find(({ type }) => type === 'GLOBAL')).toMatchObject({ state: 'ACTIVE' });
  });

  it('K6: released through here it is released there first; nothing is, while the other is away or refuses', async () => {
    const { clock, here, there, followed, cut } = await pair();
    await clock.runUntil(followed.killSwitch.set(STOP));
    cut(true);
    await expect(clock.runUntil(followed.killSwitch.release(GO))).rejects.toMatchObject({ code: 'NOT_READY' });
    cut(false);
    await expect(clock.runUntil(followed.killSwitch.release({ ...GO, by: '' }))).rejects.toBeInstanceOf(FillchartError);
    expect([here.stateFor(), there.stateFor()]).toEqual(['ACTIVE', 'ACTIVE']);
    await clock.runUntil(followed.killSwitch.release(GO));
    expect([here.stateFor(), there.stateFor()]).toEqual(['OFF', 'OFF']);
  });

  it('K10: what a limit of an engine here sets is told to all', async () => {
    const { clock, here, there, passed } = await pair();
    const reached = { type: 'RISK_LIMIT', target: 'AAPL', state: 'ACTIVE', reason: 'maxDailyLoss is reached' } as const;
    await clock.runUntil(here.set(reached));
    await passed(600);
    expect(there.stateFor('AAPL')).toBe('ACTIVE');
  });

  it('K5: a switch that is being set here is not undone by a list of before, at whatever moment it comes', async () => {
    const { clock, here, delayList, passed } = await pair();
    delayList(300);
    await passed(250);
    // Set by an engine, as when a limit is reached: nobody tells the follower before it is done.
    await clock.runUntil(here.set({ ...STOP, type: 'RISK_LIMIT' }));
    await passed(150);
    expect(here.stateFor()).toBe('ACTIVE');
    await passed(2_000);
    expect(here.stateFor()).toBe('ACTIVE');
  });

  it('K1: what is ACTIVE there meanwhile keeps the gate closed when the other is back', async () => {
    const { clock, here, there, cut, passed } = await pair();
    cut(true);
    await passed(1_500);
    await clock.runUntil(there.set({ ...STOP, type: 'RISK_LIMIT' }));
    cut(false);
    for (let waited = 0; waited < 2_500; waited += 50) {
      await passed(50);
      expect(here.stateFor()).toBe('ACTIVE');
    }
    expect(here.switches).toMatchObject([{ by: 'ann' }]);
  });
});
