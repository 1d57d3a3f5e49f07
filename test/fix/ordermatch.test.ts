/**
 * The engine, over the adapter, at QuickFIX's `ordermatch` (FIX 4.2): a book that we did not write. It takes limit orders
 * of the day alone, refuses stops, knows neither OrderStatusRequest nor positions, and does not answer the cancel of an order that is
 * closed.
 *
 * 1. Every line goes through a relay of the test's own: it counts what reaches ordermatch, and can cut the line.
 * 2. The other side of a trade is a plain session of its own.
 * 3. Where thirty seconds must pass, the clock of engine and adapter runs faster, all of it alike; ordermatch's does not.
 */
import { createEngine, type Engine, type Execution, freezeSnapshot, type SnapshotInput } from 'fillchart';
import { systemClock } from 'fillchart/adapters';
import { describe, expect, it, onTestFinished } from 'vitest';
import { scaledClock } from '../../src/cli/run/scaled-clock.js';
import { brokerOn, order, soon } from './fix.support.js';
import { isIsolated, quickFix } from './quickfix.support.js';
import { Relay } from './relay.js';

const instruments = [{ symbol: 'AAPL', tickSize: '0.01', lotSize: '1' }];
const exits = { timeInForce: 'day' } as const;
const BUY: SnapshotInput = {
  advisoryId: 'OM-1',
  symbol: 'AAPL',
  referencePrice: '150.00',
  slOffsetPct: '-0.02',
  tpOffsetPct: '0.03',
  positionSize: '100',
  expirationTimestamp: '2099-01-01T00:00:00Z',
};

interface World {
  readonly engine: Engine;
  readonly relay: Relay;
  readonly warnings: readonly string[];
  /** The other side sells or buys, and its order is accepted. */
  trade(side: 'buy' | 'sell', quantity: string, price: string): Promise<void>;
}

interface Options {
  /** How fast time runs for engine and adapter. */
  readonly speed?: number;
  readonly timeInForce?: 'gtc' | 'day';
}

async function world({ speed = 1, timeInForce = 'day' }: Options = {}): Promise<World> {
  const { port } = await quickFix('ordermatch', 'FIX.4.2', ['THEM']);
  const relay = await Relay.to(port);
  onTestFinished(() => relay.close());
  const clock = speed === 1 ? systemClock() : scaledClock(systemClock(), speed);
  const limit = { version: 'FIX.4.2', instruments, clock } as const;
  const ours = { ...limit, marketableLimit: () => '151.00', exits: { ...exits, timeInForce } };
  const { broker, warnings } = brokerOn(relay.port, ours);
  const engine = await createEngine({ broker, clock, logger: false, onMismatch: 'report-only' });
  onTestFinished(() => engine.close());
  let price = '';
  const them = brokerOn(port, { ...limit, senderCompId: 'THEM', marketableLimit: () => price });
  await them.broker.connect?.(soon());
  let orders = 0;
  async function trade(side: 'buy' | 'sell', quantity: string, at: string): Promise<void> {
    price = at;
    orders += 1;
    const outcome = await them.broker.submitOrder({ ...order(`them-${orders}`, quantity), side }, soon());
    expect(outcome).toMatchObject({ kind: 'accepted' });
  }
  return { engine, relay, warnings, trade };
}

/** The live handle, once the broker has the order. */
async function pending(engine: Engine, input: SnapshotInput = BUY): Promise<Execution> {
  const execution = engine.start(freezeSnapshot(input));
  await reaches(execution, 'PENDING');
  return execution;
}

const reaches = (execution: Execution, wanted: string): Promise<void> =>
  new Promise((resolve) => {
    execution.stage$.subscribe((stage) => {
      if (stage === wanted) resolve();
    });
  });

/** What ordermatch got of us: the type of each order (2 limit, 3 stop), and how many cancels. */
const received = ({ relay }: World) => ({
  orders: relay.sent('D').map((message) => message.tag(40)),
  ids: new Set(relay.sent('D').map((message) => message.tag(11))).size,
  cancels: relay.sent('F').length,
});

const LIFE = { timeout: 60_000 };
const cases = ({ engine }: World) => engine.cases.open().map(({ kind }) => kind);

describe.runIf(isIsolated)('the engine at ordermatch', () => {
  it(
    'B2 the entry fills; the stop is refused, the profit rests: FILLED, and told to be unprotected',
    LIFE,
    async () => {
      const here = await world();
      const execution = await pending(here.engine);
      await here.trade('sell', '100', '150.50');
      const result = await execution.result;
      expect(result).toMatchObject({
        status: 'FILLED',
        finalFillPrice: '150.5',
        finalPositionSize: '100',
        finalTp: '155.01',
      });
      expect(result).not.toHaveProperty('finalSl');
      expect(result.reconciliationReport).toMatchObject({
        requiresManualResolution: true,
        mismatches: [{ kind: 'UNPROTECTED_POSITION', actual: 'stop-loss refused, take-profit placed' }],
      });
      expect(cases(here)).toContain('UNPROTECTED_POSITION');
      const refused = here.relay.heard('8').filter((report) => report.tag(39) === '8');
      // What it says of an order without a limit price.
      const words = 'Incorrect data format for value';
      expect(refused.map((report) => report.tag(58))).toEqual([words]);
      const failed = here.engine.executionLogs.filter(({ event }) => event === 'protection_failed');
      expect(JSON.stringify(failed)).toContain(words);
      expect(received(here)).toEqual({ orders: ['2', '3', '2'], ids: 3, cancels: 0 });
    },
  );

  it('B2 exits that are good till cancelled are both refused, and told', LIFE, async () => {
    const here = await world({ timeInForce: 'gtc' });
    const execution = await pending(here.engine);
    await here.trade('sell', '100', '150.50');
    const result = await execution.result;
    expect(result).toMatchObject({ status: 'FILLED', reconciliationReport: { requiresManualResolution: true } });
    expect([result.finalSl, result.finalTp]).toEqual([undefined, undefined]);
    expect(cases(here)).toContain('UNPROTECTED_POSITION');
    const refused = here.relay.heard('8').filter((report) => report.tag(39) === '8');
    expect(new Set(refused.map((report) => report.tag(58)))).toEqual(new Set(['Unsupported TIF, use Day']));
    expect(received(here)).toEqual({ orders: ['2', '3', '2'], ids: 3, cancels: 0 });
  });

  it('R2.1 a sale in two parts: one average, and exits from it', LIFE, async () => {
    const here = await world();
    const sale: SnapshotInput = { ...BUY, side: 'sell', slOffsetPct: '0.02', tpOffsetPct: '-0.03' };
    const execution = await pending(here.engine, sale);
    await here.trade('buy', '40', '152.00');
    await here.trade('buy', '60', '151.00');
    const result = await execution.result;
    expect(result).toMatchObject({ status: 'FILLED', finalFillPrice: '151', finalTp: '146.47' });
    expect(received(here)).toEqual({ orders: ['2', '3', '2'], ids: 3, cancels: 0 });
  });

  it('K3 B1 a part fills, then GLOBAL goes ACTIVE: cancelled, and exactly the part is protected', LIFE, async () => {
    const here = await world();
    const execution = await pending(here.engine);
    const partly = here.relay.told((report) => report.tag(39) === '1');
    await here.trade('sell', '40', '150.00');
    await partly;
    await here.engine.killSwitch.set({ type: 'GLOBAL', state: 'ACTIVE', reason: 'story' });
    const result = await execution.result;
    expect(result).toMatchObject({
      status: 'CANCELLED',
      finalFillPrice: '150',
      finalPositionSize: '40',
      finalTp: '154.5',
    });
    expect(result.reconciliationReport).toMatchObject({ requiresManualResolution: true });
    expect(here.relay.sent('D').map((message) => message.tag(38))).toEqual(['100', '40', '40']);
    expect(received(here)).toEqual({ orders: ['2', '3', '2'], ids: 3, cancels: 1 });
  });

  it('T3 B1 a part fills, then nothing for 30 s: FAILED_TIMEOUT, and exactly the part is protected', LIFE, async () => {
    const here = await world({ speed: 5 });
    const execution = await pending(here.engine);
    await here.trade('sell', '40', '150.00');
    const result = await execution.result;
    expect(result).toMatchObject({ status: 'FAILED_TIMEOUT', finalPositionSize: '40', finalTp: '154.5' });
    expect(result.totalDurationSeconds).toBeGreaterThanOrEqual(30);
    expect(result.reconciliationReport?.mismatches.map(({ kind }) => kind)).toContain('PARTIAL_FILL');
    expect(here.relay.sent('D').map((message) => message.tag(38))).toEqual(['100', '40', '40']);
    expect(received(here)).toEqual({ orders: ['2', '3', '2'], ids: 3, cancels: 1 });
  });

  it('T3 nothing fills for 30 s: cancelled, FAILED_TIMEOUT, nothing to look at', LIFE, async () => {
    const here = await world({ speed: 5 });
    const result = await (await pending(here.engine)).result;
    expect(result).toMatchObject({ status: 'FAILED_TIMEOUT', reconciliationReport: { status: 'MATCHED' } });
    expect(received(here)).toEqual({ orders: ['2'], ids: 1, cancels: 1 });
  });

  it(
    'P7 the cancel of an order that is closed is never answered: a bounded wait, and what is not known is said',
    LIFE,
    async () => {
      const here = await world({ speed: 5 });
      const execution = await pending(here.engine);
      // The report of the cancel is lost, and the line stays up: to us the order is open still.
      here.relay.swallows = (report) => report.tag(35) === '8' && report.tag(39) === '4';
      await here.engine.killSwitch.set({ type: 'GLOBAL', state: 'ACTIVE', reason: 'story' });
      const result = await execution.result;
      expect(result.status).toBe('FAILED_TIMEOUT');
      expect(result.totalDurationSeconds).toBeLessThan(47);
      expect(result.reconciliationReport).toMatchObject({ status: 'MISMATCH', requiresManualResolution: true });
      expect(result.reconciliationReport?.mismatches.map(({ kind }) => kind)).toContain('ORDER_STILL_OPEN');
      expect(received(here)).toMatchObject({ orders: ['2'], ids: 1 });
      expect(received(here).cancels).toBeGreaterThan(1);
    },
  );

  it(
    'S4 the line is cut while the order is pending; it fills meanwhile: FILLED by the resend, one NewOrderSingle',
    LIFE,
    async () => {
      const here = await world();
      const execution = await pending(here.engine);
      here.relay.cut();
      await here.trade('sell', '100', '150.25');
      const again = here.relay.told((report) => report.tag(39) === '2');
      here.relay.mend();
      const report = await again;
      expect([report.tag(43), report.tag(14)]).toEqual(['Y', '100']);
      expect(await execution.result).toMatchObject({
        status: 'FILLED',
        finalFillPrice: '150.25',
        finalPositionSize: '100',
      });
      expect(received(here)).toEqual({ orders: ['2', '3', '2'], ids: 3, cancels: 0 });
      expect(here.relay.sent('A').map((logon) => logon.tag(141))).toEqual(['Y', expect.not.stringMatching('Y')]);
    },
  );

  it(
    'S4 the line is cut at the very order: looked for, found filled by the resend, one NewOrderSingle',
    LIFE,
    async () => {
      const here = await world();
      await here.trade('sell', '100', '150.25');
      here.relay.onOrder = () => {
        here.relay.onOrder = undefined;
        here.relay.cutWhenSent();
      };
      const execution = here.engine.start(freezeSnapshot(BUY));
      await here.relay.isCut();
      here.relay.mend();
      expect(await execution.result).toMatchObject({ status: 'FILLED', finalFillPrice: '150.25' });
      expect(received(here)).toEqual({ orders: ['2', '3', '2'], ids: 3, cancels: 0 });
    },
  );

  it(
    'T5 the profit fills after all is done: told as the exit that it is, never as a stray fill of the entry',
    LIFE,
    async () => {
      const here = await world();
      const execution = await pending(here.engine);
      await here.trade('sell', '100', '150.00');
      await execution.result;
      const before = cases(here).length;
      const filled = here.relay.told((report) => report.tag(11).endsWith('-tp') && report.tag(39) === '2');
      await here.trade('buy', '100', '154.50');
      await filled;
      expect(cases(here)).toHaveLength(before);
      expect(received(here)).toEqual({ orders: ['2', '3', '2'], ids: 3, cancels: 0 });
    },
  );

  it('S3 E1 the same id twice would be two orders at ordermatch: it is sent once', LIFE, async () => {
    const here = await world();
    const execution = await pending(here.engine);
    await here.trade('sell', '100', '150.00');
    const both = await Promise.all([execution.result, here.engine.execute(freezeSnapshot(BUY))]);
    expect(both[0]).toEqual(both[1]);
    expect(received(here)).toEqual({ orders: ['2', '3', '2'], ids: 3, cancels: 0 });
  });
});
