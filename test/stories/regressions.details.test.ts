/**
 * What once went wrong in the record, in the cases and at the edges of the public face, and must not again.
 */
import {
  createEngine,
  type Execution,
  ExecutionStage,
  freezeSnapshot,
  type Instrument,
  protectionFor,
} from 'fillchart';
import { faultBroker, virtualClock } from 'fillchart/testing';
import { describe, expect, it } from 'vitest';
import { replayExecution } from '../../src/journal/replay.js';
import { land, timesOf } from './regressions.support.js';
import { ADVISORY, advisory, after, execute, fill, fills, mismatchKinds, push, set, world } from './support.js';

type Writable<T> = { -readonly [Key in keyof T]: T[Key] };

/** Tries to change what was handed out; an object that throws is as good as one that ignores it. */
function tamper<T extends object>(given: T, change: (writable: Writable<T>) => void): void {
  try {
    change(given as Writable<T>);
  } catch (error) {
    expect(error).toBeInstanceOf(TypeError);
  }
}

describe('what is handed out', () => {
  it('R3 K5: no switch can be opened, and no history rewritten, through what killSwitch hands out', async () => {
    const now = await world();
    await set('GLOBAL')(now);
    const { killSwitch } = now.engine;
    const history = structuredClone(killSwitch.history);
    for (const view of killSwitch.switches) tamper(view, (writable) => (writable.state = 'OFF'));
    tamper(killSwitch.switches, (writable) => ((writable as unknown[]).length = 0));
    for (const change of killSwitch.history) tamper(change, (writable) => (writable.reason = 'nothing'));
    tamper(killSwitch.history, (writable) => ((writable as unknown[]).length = 0));
    expect(killSwitch.isActive('AAPL')).toBe(true);
    expect(killSwitch.history).toEqual(history);
    expect(await execute(now)).toMatchObject({ status: 'REJECTED', reason: 'KILL_SWITCH_ACTIVE' });
  });

  it('M2: no case can be closed through what cases hands out', async () => {
    const now = await world({ script: { ...fills(fill(1, 100, 151)), positionShown: '50' } });
    await execute(now);
    const { cases } = now.engine;
    const before = structuredClone(cases.all());
    for (const list of [cases.open(), cases.all()]) {
      for (const open of list) {
        tamper(open, (writable) => (writable.resolution = { at: '', by: 'nobody', reason: 'none' }));
        tamper(open, (writable) => (writable.symbol = 'MSFT'));
        tamper(open.mismatches, (writable) => ((writable as unknown[]).length = 0));
      }
      tamper(list, (writable) => ((writable as unknown[]).length = 0));
    }
    expect(before).toHaveLength(1);
    expect(cases.open()).toEqual(before);
    expect(await execute(now, advisory('ADV-B'))).toMatchObject({ reason: 'UNRESOLVED_MISMATCH' });
  });

  it('A2: no line of the audit log can be changed through what executionLogs hands out', async () => {
    const now = await world({ script: fills(fill(1, 100, 151)) });
    await execute(now);
    const before = structuredClone(now.engine.executionLogs);
    for (const line of now.engine.executionLogs) {
      tamper(line, (writable) => (writable.event = 'timeout'));
      tamper(line.details as Record<string, unknown>, (writable) => (writable['clientOrderId'] = 'X'));
    }
    tamper(now.engine.executionLogs, (writable) => ((writable as unknown[]).length = 0));
    expect(now.engine.executionLogs).toEqual(before);
  });

  // Known to be broken: the chart's context is handed out as it is. The mark goes when this passes.
  it('R3 A3: nothing that actor.getSnapshot() shows can be used to change the execution', async () => {
    const now = await world({ script: fills(fill(2, 100, 151)) });
    const { actor, result } = now.engine.start(ADVISORY);
    await now.clock.advance(1_000);
    const { context } = actor.getSnapshot();
    tamper(context, (writable) => (writable.verdict = { status: 'CANCELLED' }));
    tamper(context.killSwitch, (writable) => (writable.effective = 'ACTIVE'));
    expect(await now.clock.runUntil(result)).toMatchObject({ status: 'FILLED', killSwitchState: 'OFF' });
  });

  it('E1: stage$ of a finished execution gives its last stage, then completes', async () => {
    const now = await world({ script: fills(fill(1, 100, 151)) });
    await execute(now);
    const heard: string[] = [];
    const { stage$ } = now.engine.execution('ADV-A') as Execution;
    stage$.subscribe({ next: (stage) => heard.push(stage), complete: () => heard.push('complete') });
    expect(heard).toEqual([ExecutionStage.FILLED, 'complete']);
  });
});

describe('the record', () => {
  it.each(['PENDING', 'FILLED'])(
    'A3: a listener that sets and releases a switch at %s is recorded in the order of the chart',
    async (at) => {
      const { clock, journal, start } = land({
        script: fills(fill(1, 100, 151)),
        // What the listener does at the fill comes before the end (E6).
        faults: { placeProtection: { delayMs: 10 } },
      });
      const first = await start();
      const execution = first.engine.start(ADVISORY);
      const scope = { type: 'MANUAL', target: 'AAPL' } as const;
      execution.stage$.subscribe((stage) => {
        if (stage !== at) return;
        void first.engine.killSwitch.set({ ...scope, state: 'ACTIVE', reason: 'one trade a day' });
        void first.engine.killSwitch.release({ ...scope, by: 'ops', reason: 'a drill' });
      });
      const result = await clock.runUntil(execution.result);
      const replayed = replayExecution(journal.records, 'ADV-A');
      expect(replayed?.verdict).toBe('equal');
      expect(replayed?.result).toEqual(result);
      expect(replayed?.steps.filter(({ fact }) => fact.type === 'KILL_SWITCH')).toHaveLength(2);
      await first.engine.close();
      const second = await start();
      expect(await second.engine.execute(ADVISORY)).toEqual(result);
      expect(second.engine.killSwitch.isActive('AAPL')).toBe(false);
    },
  );
});

describe('the tries in the result', () => {
  it('S1 S5: a report that comes after "busy" proves the order, and adds no try to the one that was made', async () => {
    const now = await world({
      capabilities: { push: true },
      script: { live: true, ...fills(fill(2, 100, 151)) },
      wrap: (broker) => ({
        ...broker,
        async submitOrder(order, signal) {
          await broker.submitOrder(order, signal);
          return { kind: 'rejected', code: 'BUSY', reason: 'busy', transient: true };
        },
      }),
    });
    after(now, 0.1, push({ state: 'partially_filled', filledSize: '40' }));
    const result = await execute(now);
    expect(result).toMatchObject({ status: 'FILLED', finalPositionSize: '100' });
    expect(result.attempts.map(({ attempt, outcome }) => [attempt, outcome])).toEqual([[1, 'rejected']]);
    expect(timesOf(now.broker, 'submitOrder')).toHaveLength(1);
  });
});

describe('the sweep and its cases', () => {
  it('M3: a broker that answers for positions only by name gives no case at restart', async () => {
    const { clock, start } = land({
      script: fills(fill(1, 100, 151)),
      wrap: (broker) => ({
        ...broker,
        getPositions: (symbols, signal) =>
          symbols.length === 0 ? Promise.resolve([]) : broker.getPositions(symbols, signal),
      }),
    });
    const first = await start();
    expect(await clock.runUntil(first.engine.execute(ADVISORY))).toMatchObject({ status: 'FILLED' });
    await first.engine.close();
    const { engine } = await start();
    await clock.settle();
    expect(engine.cases.open()).toEqual([]);
    expect((await clock.runUntil(engine.sweep())).failures).toEqual([]);
    expect(await clock.runUntil(engine.execute(advisory('ADV-B')))).toMatchObject({ status: 'FILLED' });
  });

  it('M3: a sweep of an engine that has just been made waits for the broker to be connected', async () => {
    let isConnected = false;
    const { clock, start } = land({
      wrap: (broker) => ({
        ...broker,
        connect: async () => {
          await new Promise<void>((resolve) => clock.setTimeout(resolve, 500));
          isConnected = true;
        },
        getPositions: (symbols, signal) =>
          isConnected ? broker.getPositions(symbols, signal) : Promise.reject(new Error('not connected')),
      }),
    });
    const { engine } = await start();
    expect((await clock.runUntil(engine.sweep())).failures).toEqual([]);
  });

  it('M2 T5: a stray fill that a person has resolved does not come back, not on a sweep and not on a restart', async () => {
    const { clock, start } = land({ script: { ...fills(fill(60, 100, 151)), cancel: 'ignore' } });
    const first = await start();
    const { cases } = first.engine;
    const resolveAll = async () => {
      for (const { caseId } of cases.open()) await cases.resolve(caseId, { by: 'ops', reason: 'seen' });
    };
    const found = () => cases.open().flatMap(({ mismatches }) => mismatches.map(({ kind }) => kind));
    expect(await clock.runUntil(first.engine.execute(ADVISORY))).toMatchObject({ status: 'FAILED_TIMEOUT' });
    await resolveAll();
    await clock.advance(40_000);
    await clock.runUntil(first.engine.sweep());
    expect(found()).toContain('STRAY_FILL');
    await resolveAll();
    await clock.runUntil(first.engine.sweep());
    expect(found()).toEqual([]);
    await first.engine.close();
    const second = await start();
    await clock.runUntil(second.engine.sweep());
    expect(second.engine.cases.open()).toEqual([]);
  });

  it('S3 S6: a refusal that is both answered and pushed is FAILED, with no reconciliation and no case', async () => {
    const refused = { kind: 'rejected', code: 'NO_MARGIN', reason: 'margin' } as const;
    const now = await world({
      capabilities: { push: true },
      script: { submit: refused },
      wrap: (broker) => ({
        ...broker,
        submitOrder(order, signal) {
          const { clientOrderId } = order;
          broker.push({ clientOrderId, brokerOrderId: 'B-1', state: 'rejected', filledSize: '0', reason: 'margin' });
          return broker.submitOrder(order, signal);
        },
      }),
    });
    const result = await execute(now);
    expect(result).toMatchObject({ status: 'FAILED', reason: 'BROKER_REJECTED' });
    expect(result.attempts).toHaveLength(1);
    expect(result.reconciliationReport).toBeUndefined();
    expect(now.engine.cases.all()).toEqual([]);
  });

  it('R6.2: alone in the symbol, a wrong stop price is a mismatch even if an earlier execution held that price', async () => {
    let price = 151;
    let isFlat = false;
    const now = await world({
      script: () => fills(fill(1, 100, price)),
      wrap: (broker) => ({
        ...broker,
        // The first position is closed by its TP; the second is shown with the exits of the first.
        getPositions: async (symbols, signal) => {
          const [row] = await broker.getPositions(symbols, signal);
          if (!isFlat || row === undefined) return row === undefined ? [] : [row];
          const isHeld = row.size === '200';
          return [{ symbol: 'AAPL', size: isHeld ? '100' : '0', ...(isHeld && { sl: '147.98', tp: '155.53' }) }];
        },
      }),
    });
    expect((await execute(now)).reconciliationReport?.status).toBe('MATCHED');
    isFlat = true;
    price = 160;
    const result = await execute(now, advisory('ADV-B'));
    expect(result).toMatchObject({ status: 'FILLED', finalSl: '156.8', finalTp: '164.8' });
    expect(result.reconciliationReport).toMatchObject({ status: 'MISMATCH', requiresManualResolution: true });
    expect(mismatchKinds(result)).toEqual(['STOP_LOSS_PRICE', 'TAKE_PROFIT_PRICE']);
  });
});

describe('polls', () => {
  it('P1: a minPollMs of 15 s is honoured', async () => {
    const now = await world({ capabilities: { minPollMs: 15_000 } });
    expect(await execute(now)).toMatchObject({ status: 'FAILED_TIMEOUT' });
    expect(timesOf(now.broker, 'getOrderStatus').filter((t) => t < 30_000)).toEqual([0, 15_000]);
  });

  it.each([Number.NaN, -1, Number.POSITIVE_INFINITY, '100'])('P1: a minPollMs of %s is refused', async (given) => {
    const minPollMs = given as number;
    const made = createEngine({
      broker: faultBroker({ clock: virtualClock(), capabilities: { minPollMs } }),
      logger: false,
    });
    await expect(made).rejects.toMatchObject({ code: 'INVALID_OPTION' });
  });

  it.each([0, 20, 480, 499])(
    'P1: two orders, %i ms apart: neither is polled twice within minPollMs while it is pending',
    async (apart) => {
      const now = await world({ capabilities: { minPollMs: 500 }, script: fills(fill(3, 100, 151)) });
      const first = now.engine.start(advisory('ADV-B', { symbol: 'MSFT' }));
      await now.clock.advance(apart);
      const second = now.engine.start(ADVISORY);
      await now.clock.runUntil(Promise.all([first.result, second.result]));
      for (const { clientOrderId } of [first, second]) {
        // The last one is the query of the reconciliation.
        const polls = timesOf(now.broker, 'getOrderStatus', clientOrderId).slice(0, -1);
        const gaps = polls.slice(1).map((t, index) => t - (polls[index] ?? 0));
        expect(polls.length).toBeGreaterThan(4);
        expect(Math.min(...gaps)).toBeGreaterThanOrEqual(500);
      }
    },
  );
});

describe('misuse', () => {
  const clock = virtualClock();
  const broker = faultBroker({ clock });
  const misuses: readonly (readonly [string, unknown])[] = [
    ['no options', undefined],
    ['null', null],
    ['empty options', {}],
    ['capabilities null', { broker: { ...broker, capabilities: null }, clock, logger: false }],
    ['journal {}', { broker, clock, logger: false, journal: {} }],
    ['clock {}', { broker, clock: {}, logger: false }],
  ];

  it.each(misuses)('createEngine with %s rejects with INVALID_OPTION', async (_name, options) => {
    const made = (async () => createEngine(options as Parameters<typeof createEngine>[0]))();
    await expect(made).rejects.toMatchObject({ code: 'INVALID_OPTION' });
  });

  it('K5 M3: what guards and compares nothing any more says so: after close, killSwitch and sweep reject with ENGINE_CLOSED', async () => {
    const now = await world();
    const { engine } = now;
    await engine.close();
    const closed = { code: 'ENGINE_CLOSED' };
    await expect(set('GLOBAL')(now)).rejects.toMatchObject(closed);
    await expect(engine.killSwitch.release({ type: 'GLOBAL', by: 'ops', reason: 'x' })).rejects.toMatchObject(closed);
    await expect(engine.sweep()).rejects.toMatchObject(closed);
    await expect(engine.execute(ADVISORY)).rejects.toMatchObject(closed);
    expect(engine.killSwitch.isActive()).toBe(false);
  });

  it('V9: a least quantity of 0 is no bound', async () => {
    const AAPL: Instrument = { symbol: 'AAPL', tickSize: '0.01', lotSize: '1', minQty: '0' };
    const now = await world({ instruments: { AAPL }, script: fills(fill(1, 100, 151)) });
    expect(await execute(now)).toMatchObject({ status: 'FILLED' });
  });

  it('R2.1: protectionFor takes a whole instrument as it takes a tick', () => {
    const snapshot = freezeSnapshot(ADVISORY);
    const whole = protectionFor('151', snapshot, { symbol: 'AAPL', tickSize: '0.01', lotSize: '1', minQty: '1' });
    expect(whole).toEqual(protectionFor('151', snapshot, { tickSize: '0.01' }));
    expect(whole).toMatchObject({ stopLoss: '147.98', takeProfit: '155.53', valid: true });
  });
});
