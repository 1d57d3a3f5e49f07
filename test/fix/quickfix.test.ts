/**
 * The adapter against QuickFIX: its own ordermatch (4.2) and executor (4.4), and an acceptor of ours on its library.
 *
 * Outside a private network namespace this file starts itself again in one; without the programs it says how to get them.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { createEngine, type ExecutionResult, freezeSnapshot } from 'fillchart';
import type { FixBrokerOptions } from 'fillchart/fix';
import { describe, expect, it } from 'vitest';
import { brokerOn, order, ref, soon } from './fix.support.js';
import { isBuilt, isIsolated, quickFix } from './quickfix.support.js';

const SYMBOLS = ['FILL', 'PART', 'REST', 'LATE', 'DUPE', 'NOPE', 'HUSH', 'MUTE', 'DROP'];
const instruments = SYMBOLS.map((symbol) => ({ symbol, tickSize: '0.01', lotSize: '1' }));

const ordered = (symbol: string, id = `fc-${symbol}`) => ({ ...order(id), symbol });
const named = (symbol: string, id = `fc-${symbol}`) => ({ ...ref(id), symbol });

describe.runIf(!isIsolated)('QuickFIX, in a private network namespace', () => {
  it('all stories hold there', { timeout: 300_000 }, (context) => {
    if (!isBuilt) context.skip('QuickFIX is not here; run `npm run test:fix` to fetch it and run these tests');
    const up = 'ip link set lo up && exec "$@"';
    const files = ['quickfix', 'ordermatch'].map((name) => `test/fix/${name}.test.ts`);
    const vitest = ['node_modules/vitest/vitest.mjs', 'run', ...files];
    const child = spawnSync('unshare', ['-rn', 'sh', '-c', up, 'sh', process.execPath, ...vitest], {
      cwd: fileURLToPath(new URL('../../', import.meta.url)),
      encoding: 'utf8',
      env: { ...process.env, FILLCHART_FIX_ISOLATED: '1' },
    });
    if (child.error !== undefined) context.skip(`no private network namespace here: ${child.error.message}`);
    expect(child.status, `${child.stdout}\n${child.stderr}`).toBe(0);
  });
});

describe.runIf(isIsolated).each(['FIX.4.4', 'FIX.4.2'] as const)('our acceptor on QuickFIX, %s', (version) => {
  async function venue(options: Partial<FixBrokerOptions> = {}) {
    const counterparty = await quickFix('acceptor', version);
    const told = brokerOn(counterparty.port, { version, instruments, ...options });
    await told.broker.connect?.(soon());
    return { counterparty, ...told };
  }

  it('S3 a market order is accepted and filled, one NewOrderSingle', async () => {
    const { broker, counterparty, pushed } = await venue();
    expect(await broker.submitOrder(ordered('FILL'), soon())).toEqual({ kind: 'accepted', brokerOrderId: 'o-fc-FILL' });
    await pushed((push) => 'state' in push && push.state === 'filled' && push.fillPrice === '151.25');
    expect(await broker.getOrderStatus(named('FILL'), soon())).toMatchObject({ state: 'filled', filledSize: '100' });
    expect([...(await counterparty.orders())]).toEqual([['fc-FILL', 1]]);
  });

  it('P4 a partial fill, then a cancel: what was filled stays told', async () => {
    const { broker, pushed } = await venue();
    await broker.submitOrder(ordered('PART'), soon());
    await pushed((push) => 'state' in push && push.state === 'partially_filled' && push.filledSize === '40');
    expect(await broker.cancelOrder(named('PART'), soon())).toBe('requested');
    await pushed((push) => 'state' in push && push.state === 'cancelled' && push.filledSize === '40');
    expect(await broker.cancelOrder(named('PART'), soon())).toBe('already_closed');
  });

  it('K3 the fill wins over the cancel', async () => {
    const { broker, pushed } = await venue();
    await broker.submitOrder(ordered('LATE'), soon());
    expect(await broker.cancelOrder(named('LATE'), soon())).toBe('already_closed');
    await pushed((push) => 'state' in push && push.state === 'filled');
  });

  it('P2 a fill told twice is pushed once', async () => {
    const { broker, pushes, pushed } = await venue();
    await broker.submitOrder(ordered('DUPE'), soon());
    await pushed((push) => 'state' in push && push.state === 'filled');
    await broker.cancelOrder(named('REST'), soon());
    expect(pushes.filter((push) => 'state' in push && push.state === 'filled')).toHaveLength(1);
  });

  it('S3 a refusal is told with its code', async () => {
    const { broker } = await venue();
    const outcome = await broker.submitOrder(ordered('NOPE'), soon());
    expect(outcome).toEqual({ kind: 'rejected', code: 'ORD_REJ_REASON_0', reason: 'no margin' });
  });

  it('S4 silence is unknown; the lookup finds the order filled, or says that it is not known', async () => {
    const { broker, counterparty } = await venue();
    expect(await broker.submitOrder(ordered('HUSH'), AbortSignal.timeout(200))).toMatchObject({ kind: 'unknown' });
    expect(await broker.getOrderStatus(named('HUSH'), soon())).toMatchObject({ state: 'filled', fillPrice: '151.25' });
    expect(await broker.submitOrder(ordered('MUTE'), AbortSignal.timeout(200))).toMatchObject({ kind: 'unknown' });
    expect(await broker.getOrderStatus(named('MUTE'), soon())).toBe('not_found');
    expect([...(await counterparty.orders()).values()]).toEqual([1, 1]);
  });

  it('S4 the line is cut before the answer: the fill comes with the resend after the next logon', async () => {
    const { broker, counterparty, pushed } = await venue();
    expect(await broker.submitOrder(ordered('DROP'), soon())).toMatchObject({ kind: 'unknown' });
    await pushed((push) => 'state' in push && push.state === 'filled' && push.clientOrderId === 'fc-DROP');
    expect([...(await counterparty.orders())]).toEqual([['fc-DROP', 1]]);
  });

  it('S3 an id that the counterparty knows already is a duplicate', async () => {
    const { broker, counterparty } = await venue({ resetOnLogon: true });
    await broker.submitOrder(ordered('FILL'), soon());
    await broker.close?.();
    const second = brokerOn(counterparty.port, { version, instruments, resetOnLogon: true });
    await second.broker.connect?.(soon());
    expect(await second.broker.submitOrder(ordered('FILL'), soon())).toEqual({ kind: 'duplicate' });
  });

  it('B1 two exits: the stop first, then the limit, each answered', async () => {
    const { broker, counterparty } = await venue();
    const outcome = await broker.placeProtection(
      { ...named('FILL'), side: 'sell', quantity: '100', stopLoss: '148.221', takeProfit: '155.789' },
      soon(),
    );
    expect(outcome).toEqual({
      stopLoss: { kind: 'accepted', brokerOrderId: 'o-fc-FILL-sl', state: 'working' },
      takeProfit: { kind: 'accepted', brokerOrderId: 'o-fc-FILL-tp', state: 'working' },
    });
    expect([...(await counterparty.orders()).keys()]).toEqual(['fc-FILL-sl', 'fc-FILL-tp']);
  });
});

describe.runIf(isIsolated)('the engine over FIX', () => {
  const advisory = (advisoryId: string, symbol: string) =>
    freezeSnapshot({
      advisoryId,
      symbol,
      referencePrice: '150.00',
      slOffsetPct: '-0.02',
      tpOffsetPct: '0.03',
      positionSize: '100',
      expirationTimestamp: '2099-01-01T00:00:00Z',
    });

  async function engineOn() {
    const counterparty = await quickFix('acceptor', 'FIX.4.4');
    const { broker } = brokerOn(counterparty.port, { instruments });
    const engine = await createEngine({ broker, logger: false, onMismatch: 'report-only' });
    return { counterparty, engine };
  }

  it('vectors 1, 19 and 21: filled and protected; found after silence; refused', { timeout: 60_000 }, async () => {
    const { counterparty, engine } = await engineOn();
    const [filled, hushed, refused] = await Promise.all(
      ['FILL', 'HUSH', 'NOPE'].map((symbol) => engine.execute(advisory(`A-${symbol}`, symbol))),
    );
    await engine.close();
    expect(filled).toMatchObject({ status: 'FILLED', finalFillPrice: '151.25', finalSl: '148.23', finalTp: '155.78' });
    expect(hushed).toMatchObject({ status: 'FILLED', finalFillPrice: '151.25' });
    expect(refused).toMatchObject({ status: 'FAILED' });
    expect(new Set((await counterparty.orders()).values())).toEqual(new Set([1]));
  });

  it('S4 the line is cut before the answer: filled by the resend, protected', { timeout: 60_000 }, async () => {
    const { counterparty, engine } = await engineOn();
    expect(await engine.execute(advisory('A-DROP', 'DROP'))).toMatchObject({ status: 'FILLED', finalSl: '148.23' });
    await engine.close();
    expect([...(await counterparty.orders()).values()]).toEqual([1, 1, 1]);
  });

  it('vector 16: GLOBAL goes ACTIVE while the order rests: cancelled', { timeout: 60_000 }, async () => {
    const { counterparty, engine } = await engineOn();
    const execution = engine.start(advisory('A-REST', 'REST'));
    await new Promise<void>((resolve) => {
      execution.stage$.subscribe((stage) => {
        if (stage === 'PENDING') resolve();
      });
    });
    await engine.killSwitch.set({ type: 'GLOBAL', state: 'ACTIVE', reason: 'story' });
    expect(await execution.result).toMatchObject({ status: 'CANCELLED' });
    await engine.close();
    expect([...(await counterparty.orders()).values()]).toEqual([1]);
  });

  it('2,000 executions in one run: none lost, none doubled', { timeout: 300_000 }, async () => {
    const { counterparty, engine } = await engineOn();
    const results: ExecutionResult[] = [];
    const started = performance.now();
    let next = 0;
    const worker = async (): Promise<void> => {
      while (next < 2_000) {
        next += 1;
        results.push(await engine.execute(advisory(`A-${next}`, 'FILL')));
      }
    };
    await Promise.all(Array.from({ length: 50 }, worker));
    const seconds = (performance.now() - started) / 1_000;
    await engine.close();
    const orders = await counterparty.orders();
    process.stdout.write(`2000 executions over FIX in ${seconds.toFixed(1)} s, ${orders.size} orders\n`);
    expect(results.filter(({ status }) => status === 'FILLED')).toHaveLength(2_000);
    expect(orders.size).toBe(6_000);
    expect(new Set(orders.values())).toEqual(new Set([1]));
  });
});

describe.runIf(isIsolated)("QuickFIX's own examples", () => {
  it("ordermatch (4.2): rests, is partly filled, cancelled; a closed order's cancel is never answered", async () => {
    const { port } = await quickFix('ordermatch', 'FIX.4.2');
    const limit = { version: 'FIX.4.2', instruments, marketableLimit: () => '150.00', resetOnLogon: true } as const;
    const first = brokerOn(port, limit);
    await first.broker.connect?.(soon());
    expect(await first.broker.submitOrder(ordered('FILL', 'buy-1'), soon())).toMatchObject({ kind: 'accepted' });
    const sell = { ...order('sell-1', '40'), symbol: 'FILL', side: 'sell' } as const;
    expect(await first.broker.submitOrder(sell, soon())).toMatchObject({ kind: 'accepted' });
    await first.pushed((push) => 'state' in push && push.clientOrderId === 'buy-1' && push.filledSize === '40');
    await first.pushed((push) => 'state' in push && push.clientOrderId === 'sell-1' && push.state === 'filled');
    // ordermatch does not know OrderStatusRequest: the reports tell.
    expect(await first.broker.getOrderStatus(named('FILL', 'buy-1'), soon())).toMatchObject({ filledSize: '40' });
    expect(first.warnings.join()).toContain('OrderStatusRequest');
    expect(await first.broker.cancelOrder(named('FILL', 'buy-1'), soon())).toBe('requested');
    await first.pushed((push) => 'state' in push && push.clientOrderId === 'buy-1' && push.state === 'cancelled');
    await first.broker.close?.();
    const second = brokerOn(port, limit);
    await second.broker.connect?.(soon());
    expect(await second.broker.cancelOrder(named('FILL', 'buy-1'), AbortSignal.timeout(300))).toBe('unknown');
  });

  it('executor (4.4): fills a limit at once, and refuses a market order at the session', async () => {
    const { port } = await quickFix('executor', 'FIX.4.4');
    const limited = brokerOn(port, { instruments, marketableLimit: () => '150.25' });
    await limited.broker.connect?.(soon());
    expect(await limited.broker.submitOrder(ordered('FILL', 'e-1'), soon())).toMatchObject({ kind: 'accepted' });
    await limited.pushed((push) => 'state' in push && push.state === 'filled' && push.fillPrice === '150.25');
    await limited.broker.close?.();
    const market = brokerOn(port, { instruments, resetOnLogon: true });
    await market.broker.connect?.(soon());
    const outcome = await market.broker.submitOrder(ordered('FILL', 'e-2'), soon());
    expect(outcome).toMatchObject({ kind: 'rejected', code: 'SESSION_REJECT_5' });
  });
});
