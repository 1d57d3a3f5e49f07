/**
 * A FIX counterparty from a config: the options of `fixBroker` that JSON can write, without the password.
 *
 * 1. FIX does not tell whether money is at stake, and an address does not either: the far end of a tunnel is loopback,
 *    too. So the config must say `"live": true` or `"live": false`; there is no default.
 * 2. Certificates and the key of TLS are files beside the config.
 */
import type { ConnectionOptions } from 'node:tls';
import type {
  FixAddress,
  FixBrokerOptions,
  FixExits,
  FixInstrument,
  FixPositions,
} from '../../adapters/brokers/fix/options.js';
import type { FixSchedule } from '../../adapters/brokers/fix/schedule.js';
import {
  type Check,
  check,
  either,
  flag,
  isRecord,
  listOf,
  numberBetween,
  positiveDecimal,
  record,
  text,
  wholeBetween,
  words,
} from '../../adapters/brokers/paper/check.js';
import { UsageError } from '../exit-codes.js';
import { readTextFile } from '../run/source.js';
import { asUsage, beside, checkedConfig, type Secrets } from './config-file.js';
import { assertAgreed } from './live.js';
import type { BrokerRequest, OpenedBroker } from './opened-broker.js';

const PASSWORD = 'FILLCHART_FIX_PASSWORD';
const NEW_PASSWORD = 'FILLCHART_FIX_NEW_PASSWORD';
const PASSPHRASE = 'FILLCHART_FIX_TLS_PASSPHRASE';

/** RawData and its like are how a Logon carries a password. */
const SECRETS: Secrets = {
  ...Object.fromEntries(
    ['password', 'rawdata', 'encryptedpassword', 'secret', '554', '96'].map((name) => [name, PASSWORD]),
  ),
  newpassword: NEW_PASSWORD,
  925: NEW_PASSWORD,
  passphrase: PASSPHRASE,
};

type NotInAFile = 'password' | 'newPassword' | 'signLogon' | 'peek' | 'marketableLimit' | 'warn' | 'clock';

/** TLS as a file can say it. */
interface FixTlsConfig {
  readonly servername?: string;
  readonly caFile?: string;
  readonly certFile?: string;
  readonly keyFile?: string;
}

type FixConfig = Omit<FixBrokerOptions, NotInAFile | 'tls' | 'messageLog'> & {
  /** A file beside the config. */
  readonly messageLog?: string;
  readonly live: boolean;
  readonly tls?: boolean | FixTlsConfig;
};

const tls: { readonly [Option in keyof FixTlsConfig]-?: Check } = {
  servername: text,
  caFile: text,
  certFile: text,
  keyFile: text,
};

const address: { readonly [Option in keyof FixAddress]-?: Check } = { host: text, port: wholeBetween(1, 65_535) };

/** Times and zone are read by the adapter, which says what is accepted. */
const scheduleOptions: { readonly [Option in Exclude<keyof FixSchedule, 'start'>]-?: Check } = {
  timeZone: text,
  days: listOf(words('mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'), 1),
  end: text,
  reset: text,
  keepNumbers: flag,
};

const exits: { readonly [Option in keyof FixExits]-?: Check } = {
  timeInForce: words('gtc', 'day'),
  oco: words('adapter', 'broker', 'list', 'none'),
  closeOnly: flag,
};

const positions: { readonly [Option in keyof FixPositions]-?: Check } = {
  account: text,
  accountType: text,
  partyId: text,
};

const fieldTexts = (value: unknown): boolean =>
  isRecord(value) && Object.values(value).every((one) => typeof one === 'string');

/** Names and values are read by the adapter, against the dictionary. */
const fieldSets = check(
  'fields by the type of the message or the role of the order, each with texts by name',
  (value) => isRecord(value) && Object.values(value).every(fieldTexts),
);

const instrument: { readonly [Option in Exclude<keyof FixInstrument, 'symbol' | 'tickSize' | 'lotSize'>]-?: Check } = {
  minQty: positiveDecimal,
  maxQty: positiveDecimal,
  tradable: flag,
  protectable: flag,
  protectionLotSize: positiveDecimal,
  reason: text,
  baseAsset: text,
  securityId: text,
  securityIdSource: text,
  sendsSymbol: flag,
  fields: fieldSets,
  marketableLimit: record({}, { buy: positiveDecimal, sell: positiveDecimal }),
};

type Required = 'live' | 'host' | 'port' | 'senderCompId' | 'targetCompId' | 'instruments';

const REQUIRED: { readonly [Option in Required]: Check } = {
  live: check(
    'true (real money) or false (a test venue): FIX itself does not tell',
    (value) => typeof value === 'boolean',
    { type: 'boolean' },
  ),
  host: text,
  port: wholeBetween(1, 65_535),
  senderCompId: text,
  targetCompId: text,
  instruments: listOf(record({ symbol: text, tickSize: positiveDecimal, lotSize: positiveDecimal }, instrument), 1),
};

const OPTIONAL: { readonly [Option in Exclude<keyof FixConfig, Required>]-?: Check } = {
  version: words('FIX.4.2', 'FIX.4.4'),
  senderSubId: text,
  targetSubId: text,
  username: text,
  passwordField: words('Password', 'RawData'),
  logon: check('texts by the names of the fields', (value) => isRecord(value) && Object.values(value).every(isText)),
  fields: fieldSets,
  onBehalfOfCompId: text,
  deliverToCompId: text,
  dictionary: text,
  messageLog: text,
  entryTimeInForce: words('day', 'gtc', 'ioc', 'fok'),
  sellShort: flag,
  account: text,
  tls: either(flag, record({}, tls)),
  storeFolder: text,
  resetOnLogon: flag,
  alternates: listOf(record(address, {}), 0),
  schedule: record({ start: text }, scheduleOptions),
  heartbeatSeconds: numberBetween(1, 300),
  logonTimeoutMs: numberBetween(100, 60_000),
  gapTimeoutMs: numberBetween(100, 30_000),
  reconnectMs: numberBetween(1, 60_000),
  logoutTimeoutMs: numberBetween(0, 10_000),
  orderStatus: words('request', 'reports'),
  pollMs: numberBetween(100, 10_000),
  exits: record({}, exits),
  positions: record({}, positions),
  massStatus: flag,
  marketData: flag,
};

/** What a config must and may say. */
export const FIX_CONFIG = record(REQUIRED, OPTIONAL);

const isText = (value: unknown): value is string => typeof value === 'string';

/** @throws {UsageError} for a config that cannot be taken, or a library that is not installed */
export async function openFix({
  configPath,
  given,
  live,
  looksOnly = false,
  clock,
  env,
  warn,
}: BrokerRequest): Promise<OpenedBroker> {
  if (configPath === undefined)
    throw new UsageError(
      '--broker fix needs --config <file>: host, port, senderCompId, targetCompId, instruments, live.',
    );
  const checked: unknown = checkedConfig(configPath, FIX_CONFIG, SECRETS, given);
  const { live: isLive, tls: encryption, storeFolder, messageLog, dictionary, ...options } = checked as FixConfig;
  assertAgreed(isLive, live, configPath);
  const { fixBroker } = await import('../../adapters/brokers/fix/index.js');
  const secure = tlsOf(encryption, configPath, env[PASSPHRASE]);
  const [password, newPassword] = [env[PASSWORD], env[NEW_PASSWORD]];
  const settings: FixBrokerOptions = {
    ...options,
    ...(storeFolder !== undefined && { storeFolder: beside(configPath, storeFolder) }),
    ...(secure !== undefined && { tls: secure }),
    ...(password !== undefined && { password }),
    ...(newPassword !== undefined && { newPassword }),
    ...(messageLog !== undefined && { messageLog: beside(configPath, messageLog) }),
    ...(dictionary !== undefined && { dictionary: beside(configPath, dictionary) }),
    peek: looksOnly,
    clock,
    warn,
  };
  const { senderCompId, targetCompId, host, port } = options;
  const where = `${targetCompId} at ${host}:${port}`;
  const broker = asUsage(configPath, () => withStore(configPath, () => fixBroker(settings)));
  // Now, and not with the first advisory: what is missing is said before anything is started.
  const { assertDictionary } = await import('../../adapters/brokers/fix/check-fields.js');
  await asUsageLater(configPath, () => assertDictionary(settings));
  return {
    broker,
    operator: [],
    about: `${senderCompId} to ${where}, ${secure === undefined ? 'plain TCP' : 'TLS'}, ${configPath}`,
    ...(isLive && { stakes: `LIVE TRADING: orders go to ${where} with REAL MONEY.` }),
  };
}

function tlsOf(
  given: FixConfig['tls'],
  configPath: string,
  passphrase: string | undefined,
): ConnectionOptions | undefined {
  if (given === undefined || given === false) return undefined;
  const { servername, caFile, certFile, keyFile } = given === true ? ({} as FixTlsConfig) : given;
  const content = (path: string): string => readTextFile(beside(configPath, path));
  return {
    ...(servername !== undefined && { servername }),
    ...(caFile !== undefined && { ca: content(caFile) }),
    ...(certFile !== undefined && { cert: content(certFile) }),
    ...(keyFile !== undefined && { key: content(keyFile) }),
    ...(passphrase !== undefined && { passphrase }),
  };
}

async function asUsageLater(configPath: string, check: () => Promise<void>): Promise<void> {
  try {
    await check();
  } catch (error) {
    asUsage(configPath, () => {
      throw error;
    });
  }
}

/** The store is opened with the broker; a folder that cannot be used is the config's fault. */
function withStore<T>(configPath: string, make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'Error') throw error;
    throw new UsageError(`${configPath}: storeFolder cannot be used: ${error.message}.`);
  }
}
