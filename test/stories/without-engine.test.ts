/**
 * The nouns of the quick reference without an engine: the stopwatch against T, and the reconciliation of one order.
 */
import {
  type BrokerAdapter,
  createTimeout,
  type ExpectedAtBroker,
  FillchartError,
  HARD_TIMEOUT_MS,
  type ReconciliationReport,
  reconcileAtBroker,
} from 'fillchart';
import { paperBroker } from 'fillchart/adapters';
import { virtualClock } from 'fillchart/testing';
import { describe, expect, it } from 'vitest';
import { ADVISORY, execute, fill, fills, type Setting, SHORT, type World, world } from './support.js';

describe('createTimeout (T1)', () => {
  it('has not begun before start, and reads seconds afterwards [T1]', async () => {
    const clock = virtualClock();
    const timeout = createTimeout({ clock });
    await clock.advance(60_000);
    const read = () => [timeout.elapsedSeconds(), timeout.timeRemainingSeconds(), timeout.isExpired()];
    expect(read()).toEqual([0, 30, false]);
    timeout.start();
    await clock.advance(12_500);
    expect(read()).toEqual([12.5, 17.5, false]);
    await clock.advance(17_499);
    expect(read()).toEqual([29.999, 0.001, false]);
    await clock.advance(1);
    expect(read()).toEqual([HARD_TIMEOUT_MS / 1_000, 0, true]);
    await clock.advance(60_000);
    expect(read()).toEqual([90, 0, true]);
  });

  it('a second start extends nothing, nor does a step of the wall clock [T1]', async () => {
    const clock = virtualClock();
    const timeout = createTimeout({ clock });
    timeout.start();
    await clock.advance(29_000);
    timeout.start();
    clock.stepWall(-3_600_000);
    await clock.advance(1_000);
    expect([timeout.elapsedSeconds(), timeout.isExpired()]).toEqual([30, true]);
  });

  it('runs on the system clock by default', () => {
    const timeout = createTimeout();
    timeout.start();
    expect(timeout.isExpired()).toBe(false);
    expect(timeout.timeRemainingSeconds()).toBeGreaterThan(29);
  });
});

const at151 = fills(fill(1, 100, 151));

/** What the caller of the quick reference knows of an order that an engine has executed. */
const expectedOf = ({ engine }: World, differs: Partial<ExpectedAtBroker> = {}): ExpectedAtBroker => ({
  advisoryId: 'ADV-A',
  symbol: 'AAPL',
  clientOrderId: engine.execution('ADV-A')?.clientOrderId ?? '',
  expectedPositionSize: '100',
  expectedSl: '147.98',
  expectedTp: '155.53',
  ...differs,
});

interface Asked {
  readonly now: World;
  readonly report: ReconciliationReport;
  readonly queries: readonly string[];
}

/** Executes, closes the engine, asks the broker as a program without an engine would. */
async function asked(setting: Setting, differs: Partial<ExpectedAtBroker> = {}, input = ADVISORY): Promise<Asked> {
  const now = await world(setting);
  await execute(now, input);
  const expected = expectedOf(now, differs);
  await now.clock.runUntil(now.engine.close());
  const before = now.broker.calls.length;
  const report = await now.clock.runUntil(reconcileAtBroker(now.broker, expected, { clock: now.clock }));
  const queries = now.broker.calls.slice(before).map(({ method }) => method);
  return { now, report, queries };
}

const kinds = ({ report }: Asked) => report.mismatches.map(({ kind }) => kind);

describe('reconcileAtBroker (R6)', () => {
  it('asks once for the order and once for the position, writes nothing: MATCHED [R6.1 R6.3]', async () => {
    const { report, queries } = await asked({ script: at151 });
    expect(queries.toSorted()).toEqual(['connect', 'getOrderStatus', 'getPositions']);
    expect(report).toMatchObject({
      advisoryId: 'ADV-A',
      status: 'MATCHED',
      mismatches: [],
      requiresManualResolution: false,
      brokerOrderState: 'filled',
      brokerFilledSize: '100',
      brokerFillPrice: '151',
      brokerPositionSize: '100',
      brokerSl: '147.98',
      brokerTp: '155.53',
      internalPositionSize: '100',
      internalFilledSize: '100',
      internalSl: '147.98',
      internalTp: '155.53',
    });
    expect(Object.isFrozen(report)).toBe(true);
  });

  it('a short position is expected as a negative size [R6.2]', async () => {
    const differs = { expectedPositionSize: '-100', expectedSl: '154.02', expectedTp: '146.47' };
    const { report } = await asked({ script: at151 }, differs, SHORT);
    expect([report.status, report.brokerPositionSize, report.internalPositionSize]).toEqual([
      'MATCHED',
      '-100',
      '-100',
    ]);
  });

  const differences: readonly {
    readonly name: string;
    readonly setting: Setting;
    readonly expected?: Partial<ExpectedAtBroker>;
    readonly status: string;
    readonly kinds: readonly string[];
  }[] = [
    {
      name: 'half of the position is there',
      setting: { script: { ...at151, positionShown: '50' } },
      status: 'MISMATCH',
      kinds: ['POSITION_SIZE'],
    },
    {
      name: 'no position is there',
      setting: { script: { ...at151, positionShown: '0', hides: ['sl', 'tp'] } },
      status: 'MISSING_POSITION',
      kinds: ['MISSING_POSITION', 'MISSING_SL', 'MISSING_TP'],
    },
    {
      name: 'the stop-loss is gone',
      setting: { script: { ...at151, hides: ['sl'] } },
      status: 'MISSING_SL_TP',
      kinds: ['MISSING_SL'],
    },
    {
      name: 'the stop-loss is gone, and no price was expected',
      setting: { script: { ...at151, hides: ['sl'] } },
      expected: { expectedSl: undefined as unknown as string },
      status: 'MISSING_SL_TP',
      kinds: ['MISSING_SL'],
    },
    {
      name: 'the take-profit has another price',
      setting: { script: at151 },
      expected: { expectedTp: '155.54' },
      status: 'MISMATCH',
      kinds: ['TAKE_PROFIT_PRICE'],
    },
    {
      name: 'nothing was expected, and there is a position',
      setting: { script: at151 },
      expected: { expectedPositionSize: '0' },
      status: 'PHANTOM_POSITION',
      kinds: ['FILLED_SIZE', 'PHANTOM_POSITION'],
    },
    {
      name: 'the order is unknown to the broker',
      setting: { script: at151 },
      expected: { clientOrderId: 'fc-other' },
      status: 'MISMATCH',
      kinds: ['ORDER_NOT_FOUND'],
    },
    {
      name: 'the order under our id has another id at the broker',
      setting: { script: at151 },
      expected: { orderId: 'B-9' },
      status: 'MISMATCH',
      kinds: ['ORDER_NOT_FOUND'],
    },
  ];
  it.each(differences)('$name: $status, for a person [R6.3 R6.4]', async ({ setting, expected, ...then }) => {
    const told = await asked(setting, expected);
    expect({ status: told.report.status, kinds: kinds(told) }).toEqual({ status: then.status, kinds: then.kinds });
    expect(told.report.requiresManualResolution).toBe(true);
  });

  it('says it in the words of the quick reference [R6.3]', async () => {
    const { report } = await asked({ script: { ...at151, positionShown: '50' } });
    expect(report.mismatches.map(({ message }) => message)).toEqual(['Expected position 100, found 50 in broker']);
  });

  it('finds an order by the id of the broker alone [R6.1]', async () => {
    const now = await world({ script: at151 });
    await execute(now);
    const { clientOrderId: _ours, ...expected } = expectedOf(now, { orderId: 'B-1' });
    const report = await now.clock.runUntil(reconcileAtBroker(now.broker, expected, { clock: now.clock }));
    expect([report.status, report.internalOrderId, report.brokerOrderId]).toEqual(['MATCHED', 'B-1', 'B-1']);
  });

  it('a fee taken in the bought asset makes no difference [B6 R6.2]', async () => {
    const input = { ...ADVISORY, symbol: 'BTC/USDT', positionSize: '1' };
    const script = fills({ ...fill(1, 1, 151), fee: { asset: 'BTC', amount: '0.001' } });
    const rules = { symbol: 'BTC/USDT', tickSize: '0.01', lotSize: '0.001', baseAsset: 'BTC' };
    const differs = { symbol: 'BTC/USDT', expectedPositionSize: '0.999' };
    const { report } = await asked({ script, instruments: { 'BTC/USDT': rules } }, differs, input);
    expect([report.status, report.brokerFilledSize, report.brokerPositionSize]).toEqual(['MATCHED', '1', '0.999']);
  });

  it.each(['hang', 'throw'] as const)(
    'both queries %s: two differences within 10 s, never a throw [M4 P7]',
    async (fault) => {
      const now = await world({ script: at151 });
      await execute(now);
      const broker: BrokerAdapter = {
        ...now.broker,
        getOrderStatus: () => (fault === 'throw' ? Promise.reject(new Error('cut')) : new Promise(() => undefined)),
        getPositions: () => (fault === 'throw' ? Promise.reject(new Error('cut')) : new Promise(() => undefined)),
      };
      const begun = now.clock.monotonic();
      const report = await now.clock.runUntil(reconcileAtBroker(broker, expectedOf(now), { clock: now.clock }));
      expect([report.status, report.requiresManualResolution]).toEqual(['MISMATCH', true]);
      expect(report.mismatches.map(({ kind }) => kind)).toEqual(['QUERY_FAILED', 'QUERY_FAILED']);
      expect(now.clock.monotonic() - begun).toBeLessThanOrEqual(10_000);
    },
  );

  it('a broker that tells no positions is a question without an answer, not a match [M4]', async () => {
    const now = await world({ script: at151 });
    await execute(now);
    const capabilities = { ...now.broker.capabilities, positions: 'none' as const };
    const report = await now.clock.runUntil(
      reconcileAtBroker({ ...now.broker, capabilities }, expectedOf(now), { clock: now.clock }),
    );
    expect([report.status, ...report.mismatches.map(({ kind }) => kind)]).toEqual(['MISMATCH', 'QUERY_FAILED']);
  });

  it('works with the paper broker, on the system clock by default', async () => {
    const broker = paperBroker({
      instruments: [{ symbol: 'AAPL', tickSize: '0.01', lotSize: '1' }],
      quotes: { AAPL: '151' },
    });
    const expected = { advisoryId: 'ADV-A', symbol: 'AAPL', clientOrderId: 'fc-none', expectedPositionSize: '0' };
    const report = await reconcileAtBroker(broker, expected);
    expect([report.status, ...report.mismatches.map(({ kind }) => kind)]).toEqual(['MISMATCH', 'ORDER_NOT_FOUND']);
    await broker.close();
  });

  const misuses: readonly { readonly name: string; readonly expected: object; readonly says: RegExp }[] = [
    {
      name: 'neither id',
      expected: { clientOrderId: undefined },
      says: /clientOrderId of reconcileAtBroker is missing/,
    },
    { name: 'a size that is no decimal', expected: { expectedPositionSize: 'many' }, says: /expectedPositionSize/ },
    { name: 'a price that is no decimal', expected: { expectedSl: 'low' }, says: /expectedSl/ },
    { name: 'a name that is not known', expected: { expectedSL: '1' }, says: /did you mean "expected.expectedSl"/ },
  ];
  it.each(misuses)('refuses $name before it asks [E8]', async ({ expected, says }) => {
    const now = await world({ script: at151 });
    const given = { ...expectedOf(now), clientOrderId: 'fc-1', ...expected } as ExpectedAtBroker;
    const before = now.broker.calls.length;
    const refused = await reconcileAtBroker(now.broker, given, { clock: now.clock }).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(FillchartError);
    expect(refused).toMatchObject({ code: 'INVALID_OPTION', message: expect.stringMatching(says) });
    expect(now.broker.calls.length).toBe(before);
  });
});
