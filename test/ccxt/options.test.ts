/** What may be asked of the adapter, and how ccxt gets in. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { FillchartError } from 'fillchart';
import { type CcxtBrokerOptions, ccxtBroker } from 'fillchart/ccxt';
import { build } from 'rolldown';
import { describe, expect, it } from 'vitest';
import { loadClass } from '../../src/adapters/brokers/ccxt/library.js';
import { readSettings } from '../../src/adapters/brokers/ccxt/options.js';
import { KEYS, venue } from './support.js';

describe('options', () => {
  const given = { ...KEYS, exchange: 'binance' } as const;

  it('the sandbox is the default, live is a choice and is said loudly; kraken has no sandbox', async () => {
    expect(ccxtBroker(given).name).toBe('ccxt-binance-sandbox');
    expect(ccxtBroker({ ...given, live: true }).name).toBe('ccxt-binance-live');
    expect(() => ccxtBroker({ ...given, exchange: 'kraken' })).toThrow('kraken has no sandbox');
    const live = await venue('kraken', { adapter: { live: true } });
    expect(live.warnings.filter((warning) => warning.includes('REAL MONEY'))).toHaveLength(1);
    expect((await venue('kraken')).warnings).toEqual([]);
  });

  it.each([
    [{ exchange: 'bitmex' }, 'binance, bybit, okx, kraken'],
    [{ baseUrl: 'http://example.com' }, 'https'],
    [{ baseUrl: 'https://api.binance.com' }, 'live'],
    [{ pollMs: 5 }, 'pollMs'],
    [{ requestsPerMinute: 5 }, 'requestsPerMinute'],
    [{ secret: 'a\nb' }, 'secret'],
    [{ exchange: 'kraken', live: true, secret: 'no base64!' }, 'secret'],
  ])('%o is refused', (differs, says) => {
    const read = () => readSettings({ ...given, ...differs } as CcxtBrokerOptions, {});
    expect(read).toThrow(FillchartError);
    expect(read).toThrow(says);
  });

  it('keys come from the environment too, the common names first; without them it says what is missing', () => {
    const environment = { BINANCE_API_KEY: 'own', BINANCE_SECRET: 'own-secret', FILLCHART_CCXT_SECRET: 'common' };
    expect(readSettings({ exchange: 'binance' }, environment)).toMatchObject({ apiKey: 'own', secret: 'common' });
    expect(() => readSettings({ exchange: 'binance' }, {})).toThrow('FILLCHART_CCXT_API_KEY or BINANCE_API_KEY');
    expect(() => readSettings({ exchange: 'okx', apiKey: 'a', secret: 'b' }, {})).toThrow('OKX_PASSWORD');
  });
});

describe('where requests go', () => {
  it.each([
    ['binance', false, 'https://testnet.binance.vision'],
    ['binance', true, 'https://api.binance.com'],
    ['bybit', false, 'https://api-testnet.bybit.com'],
    ['bybit', true, 'https://api.bybit.com'],
    ['okx', false, 'https://www.okx.com'],
    ['okx', true, 'https://www.okx.com'],
    ['kraken', true, 'https://api.kraken.com'],
  ] as const)('%s, live %s: %s, and nowhere else', async (exchange, live, origin) => {
    const origins: string[] = [];
    const fetch = (input: unknown): Promise<never> => {
      origins.push(new URL(String(input)).origin);
      return Promise.reject(new TypeError('no network here'));
    };
    const broker = ccxtBroker({ exchange, live, ...KEYS, fetch, warn: () => undefined });
    await expect(broker.connect?.(new AbortController().signal)).rejects.toThrow(
      `${exchange}: its markets cannot be read`,
    );
    expect(origins).toEqual([origin]);
  });
});

describe('the library', () => {
  it('a missing one says what to install', async () => {
    const missing = Object.assign(new Error('Cannot find package'), { code: 'MODULE_NOT_FOUND' });
    await expect(loadClass('okx', () => Promise.reject(missing))).rejects.toThrow(
      'ccxt is not installed; run: npm install ccxt@4.5.84',
    );
  });

  it('is not loaded by importing the adapter, nor by making one', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'fillchart-ccxt-'));
    try {
      // As one file in an empty folder, from where no ccxt can be found.
      const input = fileURLToPath(new URL('../../src/adapters/brokers/ccxt/index.ts', import.meta.url));
      const file = join(folder, 'ccxt.mjs');
      await build({ input, external: ['ccxt'], platform: 'node', logLevel: 'silent', output: { file, format: 'esm' } });
      const program = `
        const { ccxtBroker } = await import(${JSON.stringify(pathToFileURL(file).href)});
        const broker = ccxtBroker({ exchange: 'okx', apiKey: 'a', secret: 'b', password: 'c' });
        process.stdout.write(broker.name + '; ');
        await broker.connect(new AbortController().signal).catch((error) => process.stdout.write(error.message));`;
      const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
        cwd: folder,
        encoding: 'utf8',
      });
      expect(stdout).toBe('ccxt-okx-sandbox; ccxt is not installed; run: npm install ccxt@4.5.84');
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('is read for the one exchange only', async () => {
    const One = await loadClass('kraken');
    const { pathname } = pathToFileURL(createRequire(import.meta.url).resolve('ccxt'));
    const { default: own } = (await import(new URL('../js/src/kraken.js', `file://${pathname}`).href)) as {
      default: unknown;
    };
    expect(One, 'the file of the one exchange, not that of all').toBe(own);
  });
});
