/**
 * Alpaca from a config: the options of `alpacaBroker` that JSON can write, without the keys.
 */
import type { AlpacaBrokerOptions } from '../../adapters/brokers/alpaca/options.js';
import { type Check, flag, numberBetween, record, text, words } from '../../adapters/brokers/paper/check.js';
import { asUsage, checkedConfig, type Secrets } from './config-file.js';
import { assertAgreed } from './live.js';
import type { BrokerRequest, OpenedBroker } from './opened-broker.js';

const KEY_ID = 'APCA_API_KEY_ID';
const SECRET_KEY = 'APCA_API_SECRET_KEY';

const SECRETS: Secrets = {
  ...Object.fromEntries(['keyid', 'key', 'apikey', 'apikeyid', 'apcaapikeyid'].map((name) => [name, KEY_ID])),
  ...Object.fromEntries(
    ['secretkey', 'secret', 'apisecret', 'apisecretkey', 'apcaapisecretkey'].map((name) => [name, SECRET_KEY]),
  ),
};

type NotInAFile = 'keyId' | 'secretKey' | 'warn' | 'clock' | 'fetch';

const OPTIONS: { readonly [Option in Exclude<keyof AlpacaBrokerOptions, NotInAFile>]-?: Check } = {
  live: flag,
  tradingUrl: text,
  dataUrl: text,
  streamUrl: text,
  stream: flag,
  dataFeed: words('iex', 'sip', 'delayed_sip'),
  quoteMaxAgeMs: numberBetween(1_000, 3_600_000),
  exitTimeInForce: words('gtc', 'day'),
  dayTradeRule: flag,
  belowOneDollar: flag,
  pollMs: numberBetween(250, 10_000),
  requestsPerMinute: numberBetween(50, 100_000),
  reservedPerMinute: numberBetween(0, 50_000),
  requestTimeoutMs: numberBetween(100, 60_000),
  reconnectMs: numberBetween(1, 5_000),
};

/** What a config may say. */
export const ALPACA_CONFIG = record({}, OPTIONS);

/** @throws {UsageError} for a config that cannot be taken, missing keys, or a library that is not installed */
export async function openAlpaca({ configPath, given, live, clock, env, warn }: BrokerRequest): Promise<OpenedBroker> {
  const config: Omit<AlpacaBrokerOptions, NotInAFile> = checkedConfig(configPath, ALPACA_CONFIG, SECRETS, given);
  assertAgreed(config.live === true, live, configPath);
  const { alpacaBroker } = await import('../../adapters/brokers/alpaca/index.js');
  const { sdkLoader } = await import('../../adapters/brokers/alpaca/sdk.js');
  const source = configPath ?? 'alpaca';
  const keys = { keyId: env[KEY_ID] ?? '', secretKey: env[SECRET_KEY] ?? '' };
  const broker = asUsage(source, () => alpacaBroker({ ...config, ...keys, clock, warn }));
  // Now, and not with the first advisory: what is missing is said before anything is started.
  await sdkLoader()();
  const from = configPath === undefined ? 'no config' : configPath;
  return {
    broker,
    operator: [],
    about: live ? from : `paper account, ${from}`,
    ...(live && { stakes: 'LIVE TRADING: orders go to Alpaca with REAL MONEY.' }),
  };
}
