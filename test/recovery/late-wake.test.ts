/**
 * Begun late is begun all the same (T4): what lessens risk has its whole call, and what is written down was really sent.
 */
import { createEngine, type Engine } from 'fillchart';
import { virtualClock } from 'fillchart/testing';
import { describe, expect, it } from 'vitest';
import type { BrokerAdapter, CancelOutcome, OrderReport } from '../../src/domain/ports.js';
import { ADVISORY, at, type Earth, fill, retold, type Setting } from './support.js';

const LATENCY_MS = 300;

/** A venue on a line: a call arrives, and has its effect, only when it was not given up on the way. */
const onALine =
  (differs: Partial<Record<'cancelMs', number>> = {}): NonNullable<Setting['broker']> =>
  (world, clock) => {
    const arriving = <T>(signal: AbortSignal, ms: number, effect: () => T): Promise<T> =>
      new Promise((resolve, reject) => {
        clock.setTimeout(() => (signal.aborted ? reject(new Error('given up')) : resolve(effect())), ms);
      });
    return {
      getOrderStatus: ({ clientOrderId }, signal) => arriving(signal, LATENCY_MS, () => world.status(clientOrderId)),
      cancelOrder: ({ clientOrderId }, signal) =>
        arriving(signal, differs.cancelMs ?? LATENCY_MS, () => {
          received.push(clock.monotonic());
          return world.cancel(clientOrderId);
        }),
      placeProtection: (request, signal) => arriving(signal, LATENCY_MS, () => world.protect(request)),
    };
  };

/** When a cancel reached the venue. */
const received: number[] = [];

const requested = ({ executionLogs }: Engine) => executionLogs.filter(({ event }) => event === 'cancel_requested');
const isOpen = ({ world }: Earth) => world.openOrders().length > 0;
/** Some polls after the order went live. */
const dies = () => at('answer', 'getOrderStatus', 3);

describe('woken up after the deadlines (T4)', () => {
  it.each([
    ['T = 41 s', 39, 300],
    ['T = 41 s, and the call takes 1.9 s', 39, 1_900],
    ['T = 32 s', 30.5, 1_900],
    ['T = 31.9 s', 30.4, 1_900],
    ['an hour later', 3_590, 300],
  ])(
    'A32 T4: killed with an order live, back at %s: the cancel is sent, has its whole call, and is confirmed',
    async (_, down, cancelMs) => {
      received.length = 0;
      const setting = { plan: { fills: [] }, broker: onALine({ cancelMs }) };
      const { now, engine, result } = await retold(setting, dies(), down);
      expect(result.status).toBe('FAILED_TIMEOUT');
      expect(isOpen(now)).toBe(false);
      expect(received.length).toBeGreaterThanOrEqual(1);
      expect(requested(engine)).toHaveLength(received.length);
      expect(result.reconciliationReport?.status).toBe('MATCHED');
    },
  );

  it('A32 T4 T5: filled while the process was down: found by the look, protected, and a human knows', async () => {
    received.length = 0;
    const setting = { plan: { fills: [fill(20)] }, broker: onALine() };
    const { now, result } = await retold(setting, dies(), 39);
    expect(result).toMatchObject({ status: 'FAILED_TIMEOUT', finalPositionSize: '100', finalSl: '147.98' });
    expect(now.count('placeProtection')).toBe(1);
    expect(result.reconciliationReport?.mismatches.map(({ kind }) => kind)).toContain('STRAY_FILL');
  });

  it('A32 E3: and no answer at all: one whole call, one look, and a result', async () => {
    const setting: Setting = { plan: { fills: [] }, broker: onALine({ cancelMs: 60_000 }) };
    const { now, engine, result } = await retold(setting, dies(), 39);
    expect(result.status).toBe('FAILED_TIMEOUT');
    expect(requested(engine)).toHaveLength(now.count('cancelOrder'));
    const calls = now.calls.filter(({ method }) => method === 'cancelOrder');
    expect(now.clock.monotonic() - (calls[0]?.at ?? 0)).toBeLessThan(17_000);
  });
});

describe('what a cancel learns (C5)', () => {
  const told = async (outcome: (report: OrderReport) => CancelOutcome) => {
    const clock = virtualClock();
    let id = '';
    const filled = (): OrderReport => ({
      clientOrderId: id,
      brokerOrderId: 'B-1',
      state: 'filled',
      filledSize: '100',
      fillPrice: '151',
    });
    const placed = { kind: 'accepted', brokerOrderId: 'X' } as const;
    const broker: BrokerAdapter = {
      name: 'throttled',
      capabilities: {
        push: false,
        batchStatus: false,
        lookupByClientId: true,
        nativeOco: true,
        positions: 'none',
        fractional: true,
        minPollMs: 0,
      },
      instrument: async (symbol) => ({ symbol, tickSize: '0.01', lotSize: '1' }),
      submitOrder: async ({ clientOrderId }) => {
        id = clientOrderId;
        return { kind: 'accepted', brokerOrderId: 'B-1' };
      },
      getOrderStatus: () => Promise.reject(new Error('429, retry after 45 s')),
      cancelOrder: async () => outcome(filled()),
      placeProtection: async () => ({ stopLoss: placed, takeProfit: placed }),
      getPositions: async () => [],
    };
    const engine = await clock.runUntil(createEngine({ broker, clock, logger: false }));
    return clock.runUntil(engine.execute(ADVISORY));
  };

  it('C5: every poll is refused, and the cancel at T = 30 s learns of the fill: protected', async () => {
    const result = await told((report) => ({ kind: 'already_closed', report }));
    expect(result).toMatchObject({ status: 'FILLED', finalSl: '147.98', finalTp: '155.53' });
  });

  it('C5: a control: a cancel that tells nothing leaves the order unknown', async () => {
    const result = await told(() => 'already_closed');
    expect(result).toMatchObject({ status: 'FAILED_TIMEOUT' });
    expect(result).not.toHaveProperty('finalSl');
  });
});

describe('the naked window of a fill that came to light late (B4)', () => {
  const timed = (brokerTime: boolean): Setting => ({
    plan: { fills: [fill(3)] },
    broker: (world, clock) => ({
      getOrderStatus: async ({ clientOrderId }) => {
        const report = world.status(clientOrderId);
        if (report === 'not_found' || report.filledSize === '0' || !brokerTime) return report;
        return { ...report, brokerTime: new Date(clock.now() - clock.monotonic() + 3_000).toISOString() };
      },
    }),
  });

  it("A46 B4: counted from the broker's time of the fill", async () => {
    const { result } = await retold(timed(true), dies(), 16);
    expect(result.status).toBe('FILLED');
    expect(result.nakedWindowMs).toBeGreaterThan(12_000);
    expect(result).not.toHaveProperty('nakedWindowIsLowerBound');
  });

  it('A46 B4: not told: said to be a lower bound', async () => {
    const { result, engine } = await retold(timed(false), dies(), 16);
    expect(result).toMatchObject({ status: 'FILLED', nakedWindowIsLowerBound: true });
    const [line] = engine.executionLogs.filter(({ event }) => event === 'protection_placed');
    expect(line?.details).toMatchObject({ nakedWindowIsLowerBound: true });
  });
});
