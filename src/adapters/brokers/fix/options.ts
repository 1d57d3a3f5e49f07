/**
 * The options of the FIX adapter, as its users write them. They are read and checked in `settings.ts`.
 *
 * 1. FIX tells no rules of instruments: they are configured, and a symbol without rules is unknown.
 * 2. The password comes from the options or the environment, never from the command line, and is never in a message.
 * 3. A certificate that does not verify ends the connection: no option turns that off.
 */
import type { ConnectionOptions } from 'node:tls';
import type { Clock, Instrument, OrderRequest } from '../../../domain/ports.js';
import type { FixFieldSets, FixFields, SignLogon } from './option-types.js';
import type { FixSchedule } from './schedule.js';

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
