/**
 * The settings of a session: the options, read and checked before anything is sent.
 */
import { createSecureContext } from 'node:tls';
import { decimal, isPositive, parseDecimal } from '../../../domain/decimal.js';
import type { OrderRequest } from '../../../domain/ports.js';
import { systemClock } from '../../system-clock.js';
import { between, invalid, oneOf, quietly } from '../option-checks.js';
import type { MessageLog } from './message-log.js';
import { refuseUnknownOptions } from './option-names.js';
import type { FixFieldSets, FixFields, SignLogon } from './option-types.js';
import {
  ENTRY_TIMES,
  type FixAddress,
  type FixBrokerOptions,
  type FixExits,
  type FixInstrument,
  type FixPositions,
  type FixTls,
  type FixVersion,
} from './options.js';
import { readSchedule, type Schedule } from './schedule.js';

export interface FixSettings
  extends Required<
    Pick<
      FixBrokerOptions,
      | 'version'
      | 'host'
      | 'port'
      | 'senderCompId'
      | 'targetCompId'
      | 'resetOnLogon'
      | 'heartbeatSeconds'
      | 'logonTimeoutMs'
      | 'gapTimeoutMs'
      | 'reconnectMs'
      | 'logoutTimeoutMs'
      | 'orderStatus'
      | 'pollMs'
      | 'warn'
      | 'clock'
    >
  > {
  readonly senderSubId: string | undefined;
  readonly targetSubId: string | undefined;
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly passwordField: 'Password' | 'RawData';
  readonly newPassword: string | undefined;
  readonly logon: FixFields;
  readonly signLogon: SignLogon | undefined;
  readonly fields: FixFieldSets;
  readonly onBehalfOfCompId: string | undefined;
  readonly deliverToCompId: string | undefined;
  readonly dictionary: string | undefined;
  readonly messageLog: string | ((line: string) => void) | undefined;
  /** Takes every message; made when the adapter is. */
  readonly log: MessageLog | undefined;
  /** TimeInForce (59) of an entry. */
  readonly entryTimeInForce: string;
  readonly sellShort: boolean;
  readonly account: string | undefined;
  readonly tls: FixTls | undefined;
  readonly storeFolder: string | undefined;
  readonly schedule: Schedule | undefined;
  /** Addresses of the counterparty, tried in turn. */
  readonly addresses: readonly FixAddress[];
  readonly peek: boolean;
  readonly massStatus: boolean;
  readonly marketData: boolean;
  readonly instruments: ReadonlyMap<string, FixInstrument>;
  readonly marketableLimit: ((order: OrderRequest) => string) | undefined;
  readonly exits: Required<FixExits>;
  readonly positions: Required<FixPositions> | undefined;
}

const ENTRY_WORDS = ['day', 'gtc', 'ioc', 'fok'] as const;

type Environment = Readonly<Record<string, string | undefined>>;

/** @throws {FillchartError} `INVALID_OPTION`, naming the option and what is accepted; never showing the password */
export function readSettings(options: FixBrokerOptions, environment: Environment = process.env): FixSettings {
  refuseUnknownOptions(options);
  const version = oneOf('version', options.version ?? 'FIX.4.4', ['FIX.4.2', 'FIX.4.4']);
  const passwordField = options.passwordField ?? (version === 'FIX.4.2' ? 'RawData' : 'Password');
  const password = options.password ?? environment['FILLCHART_FIX_PASSWORD'];
  if (password !== undefined && !isFieldText(password)) throw invalid('password', 'not shown', 'printable ASCII');
  if (options.massStatus === true && version !== 'FIX.4.4') throw invalid('massStatus', 'true', 'FIX.4.4 only');
  if (options.positions !== undefined && version !== 'FIX.4.4') throw invalid('positions', 'set', 'FIX.4.4 only');
  return {
    version,
    host: text('host', options.host),
    port: between('port', options.port, Number.NaN, 1, 65_535),
    senderCompId: text('senderCompId', options.senderCompId),
    targetCompId: text('targetCompId', options.targetCompId),
    senderSubId: optionalText('senderSubId', options.senderSubId),
    targetSubId: optionalText('targetSubId', options.targetSubId),
    username: optionalText('username', options.username),
    password,
    passwordField: oneOf('passwordField', passwordField, ['Password', 'RawData']),
    newPassword: optionalText('newPassword', options.newPassword),
    logon: options.logon ?? {},
    signLogon: options.signLogon,
    fields: options.fields ?? {},
    onBehalfOfCompId: optionalText('onBehalfOfCompId', options.onBehalfOfCompId),
    deliverToCompId: optionalText('deliverToCompId', options.deliverToCompId),
    dictionary: options.dictionary,
    messageLog: options.messageLog,
    log: undefined,
    entryTimeInForce: ENTRY_TIMES[oneOf('entryTimeInForce', options.entryTimeInForce ?? 'day', ENTRY_WORDS)],
    sellShort: options.sellShort === true,
    account: optionalText('account', options.account),
    tls: readTls(options.tls),
    storeFolder: options.storeFolder,
    schedule: options.schedule === undefined ? undefined : readSchedule(options.schedule),
    addresses: readAddresses(options),
    peek: options.peek === true,
    massStatus: options.massStatus === true,
    marketData: options.marketData === true,
    resetOnLogon: options.resetOnLogon === true,
    heartbeatSeconds: between('heartbeatSeconds', options.heartbeatSeconds, 30, 1, 300),
    logonTimeoutMs: between('logonTimeoutMs', options.logonTimeoutMs, 10_000, 100, 60_000),
    gapTimeoutMs: between('gapTimeoutMs', options.gapTimeoutMs, 5_000, 100, 30_000),
    reconnectMs: between('reconnectMs', options.reconnectMs, 500, 1, 60_000),
    logoutTimeoutMs: between('logoutTimeoutMs', options.logoutTimeoutMs, 2_000, 0, 10_000),
    instruments: readInstruments(options.instruments),
    orderStatus: oneOf('orderStatus', options.orderStatus ?? 'request', ['request', 'reports']),
    pollMs: between('pollMs', options.pollMs, 1_000, 100, 10_000),
    marketableLimit: options.marketableLimit,
    exits: readExits(options.exits ?? {}, version),
    positions: readPositions(options),
    warn: quietly(options.warn ?? ((message) => process.emitWarning(message, 'FixWarning'))),
    clock: options.clock ?? systemClock(),
  };
}

const readAddresses = ({ host, port, alternates = [] }: FixBrokerOptions): readonly FixAddress[] => [
  { host, port },
  ...alternates.map((other) => ({
    host: text('alternates.host', other.host),
    port: between('alternates.port', other.port, Number.NaN, 1, 65_535),
  })),
];

function readTls(tls: FixBrokerOptions['tls']): FixTls | undefined {
  if (tls === undefined || tls === false) return undefined;
  if (tls === true) return {};
  for (const option of ['rejectUnauthorized', 'checkServerIdentity']) {
    if (option in tls)
      throw invalid(`tls.${option}`, 'set', 'nothing: a certificate is verified; one to trust is tls.ca');
  }
  try {
    createSecureContext(tls);
  } catch (error) {
    throw invalid(
      'tls',
      `not usable (${(error as Error).message})`,
      'certificates, key and passphrase that go together',
    );
  }
  return tls;
}

function readExits(exits: FixExits, version: FixVersion): Required<FixExits> {
  const oco = oneOf('exits.oco', exits.oco ?? 'adapter', ['adapter', 'broker', 'list', 'none']);
  if (oco === 'broker' && version === 'FIX.4.2') {
    throw invalid('exits.oco', 'broker', 'adapter, list or none with FIX.4.2');
  }
  const timeInForce = oneOf('exits.timeInForce', exits.timeInForce ?? 'gtc', ['gtc', 'day']);
  return { oco, timeInForce, closeOnly: exits.closeOnly === true };
}

function readPositions({ positions, account }: FixBrokerOptions): Required<FixPositions> | undefined {
  if (positions === undefined) return undefined;
  const held = text('positions.account', positions.account ?? account ?? '');
  return { account: held, accountType: positions.accountType ?? '1', partyId: positions.partyId ?? held };
}

function readInstruments(given: readonly FixInstrument[]): ReadonlyMap<string, FixInstrument> {
  const positive = (value: unknown): boolean => isPositive(parseDecimal(value) ?? decimal('0'));
  for (const instrument of given) {
    const { symbol, tickSize, lotSize, securityId, securityIdSource, sendsSymbol, marketableLimit = {} } = instrument;
    text('instruments.symbol', symbol);
    const at = `instruments ${symbol}`;
    if (!positive(tickSize)) throw invalid(`${at}.tickSize`, tickSize, 'a decimal above zero');
    if (!positive(lotSize)) throw invalid(`${at}.lotSize`, lotSize, 'a decimal above zero');
    optionalText(`${at}.securityId`, securityId);
    optionalText(`${at}.securityIdSource`, securityIdSource);
    if ((securityId === undefined) !== (securityIdSource === undefined)) {
      throw invalid(`${at}.securityId`, 'alone', 'securityId (48) and securityIdSource (22) together');
    }
    if (sendsSymbol === false && securityId === undefined) {
      throw invalid(`${at}.sendsSymbol`, 'false', 'true, or a securityId');
    }
    for (const price of Object.values(marketableLimit)) {
      if (!positive(price)) throw invalid(`${at}.marketableLimit`, price, 'decimals above zero');
    }
  }
  return new Map(given.map((instrument) => [instrument.symbol, instrument]));
}

/** Text that can stand in a field: the separator of fields among it would make two fields of one. */
export const isFieldText = (value: unknown): value is string =>
  typeof value === 'string' && /^[\x20-\x7e]+$/.test(value);

function text(option: string, value: string): string {
  if (isFieldText(value)) return value;
  throw invalid(option, JSON.stringify(value), 'printable ASCII, not empty');
}

const optionalText = (option: string, value: string | undefined): string | undefined =>
  value === undefined ? undefined : text(option, value);
