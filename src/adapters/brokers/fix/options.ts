/**
 * The options of the FIX adapter, read and checked before anything is sent.
 *
 * 1. FIX tells no rules of instruments: they are configured, and a symbol without rules is unknown.
 * 2. The password comes from the options or the environment, never from the command line, and is never in a message.
 * 3. A certificate that does not verify ends the connection: no option turns that off.
 */
import { type ConnectionOptions, createSecureContext } from 'node:tls';
import { decimal, isPositive, parseDecimal } from '../../../domain/decimal.js';
import type { Clock, Instrument, OrderRequest } from '../../../domain/ports.js';
import { systemClock } from '../../system-clock.js';
import { between, invalid, oneOf, quietly } from '../option-checks.js';
import type { MessageLog } from './message-log.js';
import { refuseUnknownOptions } from './option-names.js';
import type { FixFieldSets, FixFields, SignLogon } from './option-types.js';
import { type FixSchedule, readSchedule, type Schedule } from './schedule.js';

export type FixVersion = 'FIX.4.2' | 'FIX.4.4';

/** The rules of a symbol, as agreed with the counterparty, and how its messages name it. @public @since 0.1.0 */
export interface FixInstrument extends Instrument {
  /** SecurityID (48), beside or instead of Symbol (55). */
  readonly securityId?: string;
  /** SecurityIDSource (22), such as `4` for ISIN; required with `securityId`. */
  readonly securityIdSource?: string;
  /** Symbol (55) is sent; true by default. */
  readonly sendsSymbol?: boolean;
  /** Further fields of this symbol's messages, by message type or role; see `fields`. */
  readonly fields?: FixFieldSets;
  /** The limit prices that entries get at a venue without market orders: far enough to be filled at once. */
  readonly marketableLimit?: { readonly buy?: string; readonly sell?: string };
}

/** TimeInForce (59) by its word. */
export const ENTRY_TIMES = { day: '0', gtc: '1', ioc: '3', fok: '4' } as const;

/** Where the FIX counterparty listens. @public @since 0.1.0 */
export interface FixAddress {
  readonly host: string;
  readonly port: number;
}

/** How the two exits of a position are placed. @public @since 0.1.0 */
export interface FixExits {
  /** How long they stay: until cancelled (`gtc`, the default) or to the end of the day. */
  readonly timeInForce?: 'gtc' | 'day';
  /**
   * Who cancels one exit when the other has filled: `adapter` (the default), as long as this process runs and the session
   * is up, and shrinks it when the other fills in part; `broker`, which links the two by ClOrdLinkID (583, FIX 4.4); `list`,
   * which sends both in one NewOrderList (35=E) with ContingencyType (1385) 1, one cancels the other; `none`.
   */
  readonly oco?: 'adapter' | 'broker' | 'list' | 'none';
  /** Marks the exits as closing (PositionEffect 77=C; in FIX 4.2 OpenClose). Default false. */
  readonly closeOnly?: boolean;
}

/** RequestForPositions (FIX 4.4), for counterparties that answer it. @public @since 0.1.0 */
export interface FixPositions {
  /** Account (1); the option `account` by default. */
  readonly account?: string;
  /** AccountType (581); `1` by default. */
  readonly accountType?: string;
  /** PartyID (448), with PartyIDSource (447) `D` and PartyRole (452) 24; the account by default. */
  readonly partyId?: string;
}

/** Options of Node's `tls.connect`, but for those that would let a certificate pass unverified. @public @since 0.1.0 */
export type FixTls = Omit<ConnectionOptions, 'rejectUnauthorized' | 'checkServerIdentity'>;

/** What `fixBroker` takes. @public @since 0.1.0 */
export interface FixBrokerOptions {
  /** `FIX.4.4` by default. */
  readonly version?: FixVersion;
  readonly host: string;
  readonly port: number;
  /** Further addresses of the counterparty, each tried in turn when the one before gives no session. */
  readonly alternates?: readonly FixAddress[];
  /** SenderCompID (49): us. */
  readonly senderCompId: string;
  /** TargetCompID (56): the counterparty. */
  readonly targetCompId: string;
  readonly senderSubId?: string;
  readonly targetSubId?: string;
  /** Username (553) of the Logon. */
  readonly username?: string;
  /** Password of the Logon; the environment's `FILLCHART_FIX_PASSWORD` by default. */
  readonly password?: string;
  /** The field that carries the password: Password (554), or RawData (96), the default with FIX 4.2. */
  readonly passwordField?: 'Password' | 'RawData';
  /** NewPassword (925) of the Logon, to change the password. */
  readonly newPassword?: string;
  /** Further fields of the Logon, by their names in the FIX dictionary, or by number. */
  readonly logon?: FixFields;
  /** Signs each Logon: called with what stands in it, returns further fields. */
  readonly signLogon?: SignLogon;
  /** Further fields: of the `header`, of every `entry` or `exit` order, or of a type of message (`D` or `NewOrderSingle`). */
  readonly fields?: FixFieldSets;
  /** OnBehalfOfCompID (115) and DeliverToCompID (128) of every message, for hubs. */
  readonly onBehalfOfCompId?: string;
  readonly deliverToCompId?: string;
  /** Path of a QuickFIX dictionary of the counterparty's; the version's by default. */
  readonly dictionary?: string;
  /** File that every message is appended to, in and out, with credentials masked; or what takes each line. */
  readonly messageLog?: string | ((line: string) => void);
  /** Account (1) of every order. */
  readonly account?: string;
  /** Encrypts the connection; `true`, or options of Node's `tls.connect` (a certificate to trust is `ca`). Absent: plain TCP. */
  readonly tls?: boolean | FixTls;
  /**
   * Folder of the sequence numbers and the names of the orders sent. Without it both end with the process. It is locked
   * until `close`: one process at a time.
   */
  readonly storeFolder?: string;
  /**
   * Only looks: what the counterparty sends again to this process, it sends again to the next one, too, and no exit is
   * cancelled for what is heard. For checks of the connection. Default false.
   */
  readonly peek?: boolean;
  /** Resets the sequence numbers at every logon (141=Y). Default false: what was missed is then sent again. */
  readonly resetOnLogon?: boolean;
  /** The counterparty's session times: outside of them nothing connects, and numbers begin anew with each session. Absent: always open. */
  readonly schedule?: FixSchedule;
  /** HeartBtInt (108) in seconds, 1 to 300; 30 by default. */
  readonly heartbeatSeconds?: number;
  /** Longest time from connecting to a logon, in ms, 100 to 60 000; 10 000 by default. */
  readonly logonTimeoutMs?: number;
  /**
   * Longest time that orders are held back, and reports kept in their order, for messages that were missed and are asked for
   * again, in ms, 100 to 30 000; 5 000 by default.
   */
  readonly gapTimeoutMs?: number;
  /** Wait before the first reconnect, in ms, 1 to 60 000; doubles up to 10 s. Default 500. */
  readonly reconnectMs?: number;
  /** Longest wait of `close` for the answer to the Logout, in ms, 0 to 10 000; 2 000 by default. */
  readonly logoutTimeoutMs?: number;
  readonly instruments: readonly FixInstrument[];
  /**
   * How an order's state is read: `request` (the default) sends OrderStatusRequest, and changes to `reports` when the
   * counterparty does not know that message; `reports` relies on the execution reports alone.
   */
  readonly orderStatus?: 'request' | 'reports';
  /** Least time between two polls of an order, in ms, 100 to 10 000; 1 000 by default. */
  readonly pollMs?: number;
  /** For a venue without market orders: the limit price that an entry gets, on the tick. */
  readonly marketableLimit?: (order: OrderRequest) => string;
  /** TimeInForce (59) of an entry; `day` by default. */
  readonly entryTimeInForce?: keyof typeof ENTRY_TIMES;
  /** An entry that sells is a short sale (Side 5). Default false: Side 2. A locate goes into `fields.entry`. */
  readonly sellShort?: boolean;
  readonly exits?: FixExits;
  /** Absent: the broker tells no positions. FIX 4.4 only. */
  readonly positions?: FixPositions;
  /** The counterparty answers OrderMassStatusRequest: all open orders can be asked for. FIX 4.4 only. Default false. */
  readonly massStatus?: boolean;
  /**
   * The counterparty answers MarketDataRequest (35=V) on this session: the best bid and offer of a symbol can be asked for,
   * as the limit `maxReferenceDeviationPct` needs. Default false.
   */
  readonly marketData?: boolean;
  /** Told in one sentence what an operator must see: that the session is down, that a logon was refused. Default: a process warning. */
  readonly warn?: (message: string) => void;
  readonly clock?: Clock;
}

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
