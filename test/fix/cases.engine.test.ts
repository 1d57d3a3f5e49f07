/** What the engine makes of what a FIX counterparty says: size and price of the exits, cases, and the end of an execution. */
import { createEngine, type Engine, type SnapshotInput } from 'fillchart';
import type { FixBrokerOptions } from 'fillchart/fix';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { setting } from './fix.support.js';
import type { Message, ScriptedAcceptor, Tags } from './scripted-acceptor.js';

const ADVISORY: SnapshotInput = {
  advisoryId: 'ADV-1',
  symbol: 'AAPL',
  referencePrice: '150',
  slOffsetPct: '-0.02',
  tpOffsetPct: '0.03',
  positionSize: '100',
  expirationTimestamp: '2099-01-01T00:00:00Z',
};

interface World {
  readonly engine: Engine;
  readonly acceptor: ScriptedAcceptor;
  /** The entry, or an exit by its ending. */
  sent(ending?: string): Message;
}

const isExit = (message: Message): boolean => /-(?:sl|tp)$/.test(message.tag(11));

/** An engine at a counterparty that does as `entry` says with entries, and takes exits unless `exit` says otherwise. */
async function world(
  entry: (message: Message, acceptor: ScriptedAcceptor) => void,
  exit: (message: Message, acceptor: ScriptedAcceptor) => void = (message, acceptor) => acceptor.accept(message),
  options: Partial<FixBrokerOptions> = {},
): Promise<World> {
  const { acceptor, broker } = await setting({ exits: { oco: 'none' }, pollMs: 100, ...options });
  const sent = (ending = ''): Message =>
    acceptor.of('D').find((message) => (ending === '' ? !isExit(message) : message.tag(11).endsWith(ending))) ??
    expect.fail(`${ending} was not sent`);
  acceptor.script = (message) => {
    if (message.type === 'D') (isExit(message) ? exit : entry)(message, acceptor);
  };
  const engine = await createEngine({ broker, logger: false, onMismatch: 'report-only' });
  onTestFinished(() => engine.close());
  return { engine, acceptor, sent };
}

const fill = (id: string, quantity: number, price: string, cum: number, average: string | number = price): Tags => ({
  17: id,
  150: 'F',
  39: cum === 100 ? 2 : 1,
  32: quantity,
  31: price,
  14: cum,
  6: average,
});

const filled = (message: Message, acceptor: ScriptedAcceptor): void =>
  acceptor.report(message, fill('e1', 100, '151.00', 100));

const caseOf = (engine: Engine, kind: string): Promise<void> =>
  vi.waitFor(() => expect(engine.cases.open().map((one) => one.kind)).toContain(kind), { timeout: 12_000 });

describe('FIX corrections, as the engine sees them', () => {
  it.each([
    ['taken back whole (H)', { 17: 'e2', 19: 'e1', 150: 'H', 39: 0, 14: 0, 6: 0 }, 'FILL_BUSTED'],
    ['at another price (G)', { ...fill('e2', 100, '152.00', 100), 19: 'e1', 150: 'G' }, 'FILL_CORRECTED'],
    ['with less (G)', { ...fill('e2', 60, '151.00', 60), 19: 'e1', 150: 'G' }, 'FILL_CORRECTED'],
  ] as const)('B1 P8: a fill %s after the end: a case, and nothing is moved', async (_, tags, kind) => {
    const { engine, acceptor, sent } = await world(filled);
    expect(await engine.execute(ADVISORY)).toMatchObject({ status: 'FILLED', finalSl: '147.98' });
    acceptor.report(sent(), tags);
    await caseOf(engine, kind);
    await acceptor.echo();
    expect([acceptor.of('D').length, acceptor.of('F').length]).toEqual([3, 0]);
  });

  it('B2 P8: 60 filled, taken back, cancelled: no exits', async () => {
    const { engine, acceptor } = await world((message, on) => {
      on.report(message, fill('e1', 60, '150.00', 60));
      on.report(message, { 17: 'e2', 19: 'e1', 150: 'H', 39: 0, 14: 0, 6: 0 });
      on.report(message, { 17: 'e3', 150: 4, 39: 4, 14: 0, 6: 0 });
    });
    expect(await engine.execute(ADVISORY)).toMatchObject({ status: 'CANCELLED' });
    expect(acceptor.of('D')).toHaveLength(1);
  });

  it('B13 P8: AvgPx 0, 50 @ 140 corrected to 150, and 50 @ 150: the stop lies under 150', async () => {
    const { engine, sent } = await world((message, on) => {
      on.report(message, fill('e1', 50, '140.00', 50, 0));
      on.report(message, { ...fill('e2', 50, '150.00', 50, 0), 19: 'e1', 150: 'G' });
      on.report(message, fill('e3', 50, '150.00', 100, 0));
    });
    expect(await engine.execute(ADVISORY)).toMatchObject({ status: 'FILLED', finalFillPrice: '150', finalSl: '147' });
    expect(sent('-sl').tag(99)).toBe('147');
  });

  it('B15 P10: restated to 60 with 60 filled: closed at once, 60 protected', async () => {
    const { engine, sent } = await world((message, on) => {
      on.report(message, fill('e1', 60, '150.00', 60));
      on.report(message, { 17: 'e2', 150: 'D', 378: 5, 39: 1, 38: 60, 14: 60, 151: 0, 6: '150.00' });
    });
    const begun = performance.now();
    expect(await engine.execute(ADVISORY)).toMatchObject({ finalPositionSize: '60' });
    expect(performance.now() - begun).toBeLessThan(10_000);
    expect(sent('-sl').tag(38)).toBe('60');
  });
});

describe('FIX questions, as the engine sees them', () => {
  it('B5 P12: "Order not found" ends nothing; the fill that follows is protected', async () => {
    const { engine, acceptor, sent } = await world(() => {});
    const take = acceptor.script;
    acceptor.script = (message, on) => {
      take(message, on);
      if (message.type !== 'H' || isExit(message)) return;
      on.report(message, { 37: 'NONE', 150: 'I', 39: 8, 17: 0, 58: 'Order not found' });
      if (on.of('H').length === 2) filled(sent(), on);
    };
    expect(await engine.execute(ADVISORY)).toMatchObject({ status: 'FILLED', finalSl: '147.98' });
    expect(acceptor.of('F')).toEqual([]);
  });

  it('B6 S3: refused as a duplicate: adopted, found filled, protected', async () => {
    const { engine, acceptor, sent } = await world((message, on) =>
      on.report(message, { 37: 'NONE', 150: 8, 39: 8, 103: 6, 58: 'duplicate ClOrdID' }),
    );
    const take = acceptor.script;
    acceptor.script = (message, on) => {
      take(message, on);
      if (message.type === 'H' && !isExit(message)) {
        on.report(message, { ...fill('0', 100, '151.00', 100), 150: 'I', 37: 'o-1' });
      }
    };
    expect(await engine.execute(ADVISORY)).toMatchObject({ status: 'FILLED', finalSl: '147.98' });
    expect(acceptor.of('D').filter((message) => !isExit(message))).toEqual([sent()]);
  });

  it('B7: a reject of another order under 37=NONE does not end ours', async () => {
    const { engine } = await world((message, on) => {
      on.report(message, { 37: 'NONE', 150: 'A', 39: 'A', 151: 100 });
      on.report(message, { 37: 'NONE', 11: 'other', 150: 8, 39: 8, 103: 0, 58: 'not ours' });
      filled(message, on);
    });
    expect(await engine.execute(ADVISORY)).toMatchObject({ status: 'FILLED', finalSl: '147.98' });
  });

  it('B16: a Reject of the order ends the execution, and its fields are in the result', async () => {
    const { engine } = await world((message, on) =>
      on.send('3', { 45: message.tag(34), 371: 38, 372: 'D', 373: 5, 58: 'bad size' }),
    );
    const { status, errorMessage } = await engine.execute(ADVISORY);
    expect(status).toBe('FAILED');
    expect(errorMessage).toMatch(/bad size.*371=38.*372=D.*373=5/);
  });

  it.each([
    ['CheckSum', (text: string) => text.replace('\x016=151.00', '\x016=951.00')],
    ['BodyLength', (text: string) => text.replace(/9=\d+/, '9=12')],
  ])('B8: a damaged fill (%s) is never the price of a stop', async (_, damage) => {
    const { engine } = await world(
      (message, on) => {
        on.accept(message);
        on.damage = damage;
        filled(message, on);
      },
      undefined,
      { orderStatus: 'reports' },
    );
    expect(await engine.execute(ADVISORY)).toMatchObject({
      status: 'FILLED',
      finalFillPrice: '151',
      finalSl: '147.98',
    });
  });
});

describe('FIX exits, as the engine sees them', () => {
  it.each([40, 300])('B3 B5: a stop that is PendingNew and rejected %i ms later: unprotected, said so', async (ms) => {
    const { engine } = await world(filled, (message, on) => {
      on.report(message, { 150: 'A', 39: 'A', 151: 100 });
      setTimeout(() => {
        if (message.tag(11).endsWith('-tp')) on.accept(message);
        else on.report(message, { 150: 8, 39: 8, 103: 99, 58: 'price band' });
      }, ms);
    });
    const result = await engine.execute(ADVISORY);
    expect(result).toMatchObject({ status: 'FILLED', reconciliationReport: { requiresManualResolution: true } });
    expect(result.finalSl).toBeUndefined();
    await caseOf(engine, 'UNPROTECTED_POSITION');
  });

  const part = { 150: 'F', 39: 1, 14: 30, 6: '147.98', 32: 30, 31: '147.98', 17: 's1' };
  const whole = (price: string) => ({ 150: 'F', 39: 2, 14: 100, 6: price, 32: 100, 31: price, 17: `x${price}` });
  const fates: readonly (readonly [string, readonly (readonly [string, Tags])[], string])[] = [
    ['the stop is cancelled by the venue', [['-sl', { 150: 4, 39: 4 }]], 'PROTECTION_LOST'],
    ['the stop expires', [['-sl', { 150: 'C', 39: 'C' }]], 'PROTECTION_LOST'],
    ['the stop fills in part', [['-sl', part]], 'PROTECTION_SIZE'],
    [
      'both exits fill',
      [
        ['-sl', whole('147.98')],
        ['-tp', whole('155.53')],
      ],
      'POSITION_REVERSED',
    ],
    ['the stop fills, and its sibling works on', [['-sl', whole('147.98')]], 'SIBLING_WORKING'],
  ];
  it.each(fates)('B4 B7: %s: a case', async (_, told, kind) => {
    const { engine, acceptor, sent } = await world(filled);
    const take = acceptor.script;
    acceptor.script = (message, on) => {
      take(message, on);
      // Asked for an exit, the venue tells how it stands.
      const fate = told.find(([ending]) => message.tag(11).endsWith(ending))?.[1];
      if (message.type === 'H') on.report(message, { 39: 0, 151: 100, ...fate, 150: 'I', 17: 0 });
    };
    expect(await engine.execute(ADVISORY)).toMatchObject({ status: 'FILLED', finalSl: '147.98' });
    for (const [ending, tags] of told) acceptor.report(sent(ending), tags);
    await caseOf(engine, kind);
  });

  it('B4 B7: the stop fills, and the adapter cancels its sibling: no case', async () => {
    const { engine, acceptor, sent } = await world(filled, undefined, { exits: { oco: 'adapter' } });
    const take = acceptor.script;
    acceptor.script = (message, on) => {
      take(message, on);
      if (message.type === 'F') on.report(sent('-tp'), { 11: message.tag(11), 41: message.tag(41), 150: 4, 39: 4 });
    };
    await engine.execute(ADVISORY);
    const before = engine.cases.open().length;
    acceptor.report(sent('-sl'), whole('147.98'));
    await vi.waitFor(() => expect(engine.positions().some(({ state }) => state === 'closedByStopLoss')).toBe(true));
    expect(engine.cases.open()).toHaveLength(before);
  });
});
