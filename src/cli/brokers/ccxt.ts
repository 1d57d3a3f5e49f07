/**
 * An exchange by ccxt from a config: the options of `ccxtBroker` that JSON can write, without the keys.
 */
import type { CcxtBrokerOptions } from '../../adapters/brokers/ccxt/options.js';
import { type Check, flag, numberBetween, record, text } from '../../adapters/brokers/paper/check.js';
import type { Environment } from '../world.js';
import type { CcxtExchange } from './broker-name.js';
import { asUsage, checkedConfig, type Secrets } from './config-file.js';
import { assertAgreed } from './live.js';
import type { BrokerRequest, OpenedBroker } from './opened-broker.js';

type NotInAFile = 'exchange' | 'apiKey' | 'secret' | 'password' | 'warn' | 'clock' | 'fetch';

const OPTIONS: { readonly [Option in Exclude<keyof CcxtBrokerOptions, NotInAFile>]-?: Check } = {
  live: flag,
  market: text,
  baseUrl: text,
  sells: flag,
  stream: flag,
  pollMs: numberBetween(100, 10_000),
  requestsPerMinute: numberBetween(20, 100_000),
  reservedPerMinute: numberBetween(0, 50_000),
  requestTimeoutMs: numberBetween(100, 60_000),
};

/** What a config may say. */
export const CCXT_CONFIG = record({}, OPTIONS);

/** Each key has two variables: one for whatever exchange is named, one of the exchange's own. The first that is set counts. */
const variables = (exchange: CcxtExchange, key: 'API_KEY' | 'SECRET' | 'PASSWORD'): readonly [string, string] => [
  `FILLCHART_CCXT_${key}`,
  `${exchange.toUpperCase()}_${key}`,
];

function secretsOf(exchange: CcxtExchange): Secrets {
  const names = {
    API_KEY: ['apikey', 'key', 'keyid'],
    SECRET: ['secret', 'secretkey', 'apisecret', 'privatekey'],
    PASSWORD: ['password', 'passphrase'],
  };
  return Object.fromEntries(
    Object.entries(names).flatMap(([key, aliases]) =>
      aliases.map((alias) => [alias, variables(exchange, key as keyof typeof names).join(' or ')]),
    ),
  );
}

export const openCcxt =
  (name: `ccxt:${CcxtExchange}`) =>
  /** @throws {UsageError} for a config that cannot be taken, missing keys, or a library that is not installed */
  async ({ configPath, given, live, clock, env, warn }: BrokerRequest): Promise<OpenedBroker> => {
    const exchange = name.slice('ccxt:'.length) as CcxtExchange;
    const config: Omit<CcxtBrokerOptions, NotInAFile> = checkedConfig(
      configPath,
      CCXT_CONFIG,
      secretsOf(exchange),
      given,
    );
    assertAgreed(config.live === true, live, configPath);
    const { ccxtBroker } = await import('../../adapters/brokers/ccxt/index.js');
    const keys = {
      apiKey: found(env, variables(exchange, 'API_KEY')),
      secret: found(env, variables(exchange, 'SECRET')),
      ...(exchange === 'okx' && { password: found(env, variables(exchange, 'PASSWORD')) }),
    };
    const broker = asUsage(configPath ?? name, () => ccxtBroker({ ...config, ...keys, exchange, clock, warn }));
    // Now, and not with the first advisory: what is missing is said before anything is started.
    const { loadClass } = await import('../../adapters/brokers/ccxt/library.js');
    await loadClass(exchange);
    const from = configPath ?? 'no config';
    return {
      broker,
      operator: [],
      about: live ? from : `sandbox, ${from}`,
      ...(live && { stakes: `LIVE TRADING: orders go to ${exchange} with REAL MONEY.` }),
    };
  };

const found = (env: Environment, names: readonly string[]): string =>
  names.map((name) => env[name]).find((value) => value !== undefined && value !== '') ?? '';
