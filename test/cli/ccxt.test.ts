/**
 * `fillchart broker check` and `fillchart run` at an exchange by ccxt: a local one, on the real clock of this machine.
 */
import { systemClock } from 'fillchart/adapters';
import type { CcxtExchange } from 'fillchart/ccxt';
import { describe, expect, it, onTestFinished } from 'vitest';
import { FakeExchange } from '../ccxt/fake-exchange.js';
import { KEYS, SPEECHES, symbolOf } from '../ccxt/support.js';
import { VenueStore } from '../ccxt/venue-store.js';
import { typed } from './brokers.support.js';
import { advisory, folder, jsonl } from './cli.support.js';

const here = folder();

const env = {
  FILLCHART_CCXT_API_KEY: KEYS.apiKey,
  FILLCHART_CCXT_SECRET: KEYS.secret,
  FILLCHART_CCXT_PASSWORD: KEYS.password,
};

async function exchange(name: CcxtExchange): Promise<FakeExchange> {
  const fake = new FakeExchange(
    SPEECHES[name],
    new VenueStore({ clock: systemClock(), exchange: name, base: '0' }),
    KEYS.apiKey,
  );
  await fake.listen();
  onTestFinished(() => fake.close());
  return fake;
}

const options = (name: CcxtExchange, { url }: FakeExchange): readonly string[] => [
  '--broker',
  `ccxt:${name}`,
  '--config',
  here.file(`${name}.json`, { baseUrl: url }),
];

const EXCHANGES: readonly CcxtExchange[] = ['binance', 'okx'];
/** Routes that change something at the exchange. */
const WRITES = ['submit', 'protect', 'cancel'];

describe('by ccxt', () => {
  it.each(EXCHANGES)('%s: the check prints rules and clock, and places nothing', async (name) => {
    const fake = await exchange(name);
    const args = ['broker', 'check', ...options(name, fake), '--symbol', symbolOf(name)];
    const { exitCode, stdout, stderr } = await typed(args, env);
    expect(stdout).toMatch(new RegExp(`^broker +ccxt-${name}`, 'm'));
    expect(stdout).toContain(`${symbolOf(name)} `);
    expect(stdout).toMatch(/Nothing was placed\.$/m);
    expect([exitCode, stderr, fake.requests.filter(({ route }) => WRITES.includes(route))]).toEqual([0, '', []]);
    expect(stdout).not.toContain(KEYS.secret);
  });

  it.each(EXCHANGES)('%s: an advisory is one order, filled and protected there', async (name) => {
    const fake = await exchange(name);
    const file = here.file('today.jsonl', jsonl({ ...advisory(), symbol: symbolOf(name) }));
    const args = ['run', file, ...options(name, fake), '--journal', here.path(`${name}.db`)];
    const { exitCode, stdout } = await typed(args, env);
    expect(stdout).toMatch(/✔ {2}A .*FILLED .*MATCHED/);
    expect(exitCode).toBe(0);
    expect(fake.requests.filter(({ route }) => route === 'submit')).toHaveLength(1);
    expect(fake.requests.filter(({ route }) => route === 'protect')).toHaveLength(1);
  });

  it('a refused key ends the check with 5, and is never shown', async () => {
    const fake = await exchange('binance');
    const wrong = { ...env, FILLCHART_CCXT_API_KEY: 'AKWRONG0000000000000000000000000001' };
    const { exitCode, stdout, stderr } = await typed(['broker', 'check', ...options('binance', fake)], wrong);
    expect(exitCode).toBe(5);
    expect(stdout + stderr).not.toMatch(/AKWRONG|c2VjcmV0/);
  });
});
