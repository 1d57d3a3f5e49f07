/** Orders that are pushed: by ccxt's own streams, from local fronts, on the clock of this machine. */
import { createEngine } from 'fillchart';
import { systemClock } from 'fillchart/adapters';
import { type CcxtExchange, ccxtBroker } from 'fillchart/ccxt';
import { describe, expect, it, onTestFinished } from 'vitest';
import { FakeExchange } from './fake-exchange.js';
import { streamFront } from './stream-front.js';
import { advisory, EXCHANGES, KEYS, SPEECHES, symbolOf } from './support.js';
import { type Script, VenueStore } from './venue-store.js';

const until = async (what: string, isSo: () => boolean): Promise<void> => {
  for (const end = Date.now() + 8_000; !isSo(); ) {
    if (Date.now() > end) throw new Error(`not so in time: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
};

async function pushed(
  exchange: CcxtExchange,
  script: Script,
  more: { readonly stream?: boolean; readonly pollMs?: number } = {},
) {
  const clock = systemClock();
  const store = new VenueStore({ clock, exchange, base: exchange === 'kraken' ? '1000' : '0' });
  store.scripts.push(script);
  const fake = new FakeExchange(SPEECHES[exchange], store, KEYS.apiKey);
  await fake.listen();
  const front = streamFront(fake.server, exchange, store);
  const warnings: string[] = [];
  const settings = { exchange, ...KEYS, baseUrl: fake.url, clock, stream: true, pollMs: 10_000, ...more };
  const broker = ccxtBroker({ ...settings, warn: (text) => warnings.push(text) });
  const engine = await createEngine({ broker, clock, logger: false });
  await engine.sweep();
  onTestFinished(async () => {
    await engine.close();
    await fake.close();
    expect(fake.strange).toEqual([]);
  });
  if (settings.stream) await until('somebody listens', () => front.listeners > 0);
  return { store, fake, front, broker, engine };
}

const trade = (exchange: CcxtExchange) => ({
  ...advisory(exchange),
  expirationTimestamp: new Date(Date.now() + 3_600_000),
});

describe.each(EXCHANGES)('orders pushed at %s [P1]', (exchange) => {
  it('a fill that comes after a while is known at once, though nobody polls', async () => {
    const now = await pushed(exchange, { fills: [[700, '100', '151']] });
    const begun = Date.now();
    const result = await now.engine.execute(trade(exchange));
    expect([result.status, result.reconciliationReport?.status]).toEqual(['FILLED', 'MATCHED']);
    expect(Date.now() - begun).toBeLessThan(5_000);
  });

  it('a connection that is cut is made again; a fill in between is found by the query after the gap', async () => {
    const now = await pushed(exchange, { fills: [[1_200, '100', '151']] });
    const result = now.engine.execute(trade(exchange));
    await until('the order is there', () => now.store.orders.length > 0);
    now.front.cut();
    await until('nobody listens', () => now.front.listeners === 0);
    expect((await result).status).toBe('FILLED');
    await until('somebody listens again', () => now.front.listeners > 0);
  });

  it('an exit that trades is told under its own id [B7]', async () => {
    const now = await pushed(exchange, {});
    const told: unknown[] = [];
    const heard = now.broker.reports$?.subscribe((report) => told.push(report));
    onTestFinished(() => heard?.unsubscribe());
    const { clientOrderId } = await now.engine.execute(trade(exchange));
    now.store.trade('140', symbolOf(exchange));
    const report = { clientOrderId: `${clientOrderId}-sl`, state: 'filled', filledSize: '100' };
    await until('the stop-loss is told', () => told.some((one) => JSON.stringify(one).includes(`${clientOrderId}-sl`)));
    expect(told).toEqual(expect.arrayContaining([expect.objectContaining(report)]));
  });
});

describe('calls a trade', () => {
  it('of an order that rests for three seconds, by polls and by pushes', async () => {
    const calls = async (stream: boolean): Promise<number> => {
      const now = await pushed('bybit', { fills: [[3_000, '100', '151']] }, { stream, pollMs: 500 });
      // Known to be up.
      await until('the polls are slow', () => !stream || now.broker.capabilities.minPollMs >= 5_000);
      const before = now.fake.count('order');
      expect((await now.engine.execute(trade('bybit'))).status).toBe('FILLED');
      return now.fake.count('order') - before;
    };
    const [polled, pushedCalls] = [await calls(false), await calls(true)];
    expect(polled).toBeGreaterThan(6);
    expect(pushedCalls).toBeLessThan(6);
  });
});
