/** What the Alpaca simulator is told beforehand, and what it is told to do wrong. */
import { refuseUnknown } from '../../domain/option-names.js';
import { requireClock } from '../../domain/option-values.js';
import type { Clock } from '../../domain/ports.js';

/** A fill of a scripted order. @beta @since 0.1.0 */
export interface AlpacaFill {
  /** When, in ms after the order is taken. */
  readonly at: number;
  readonly quantity: string;
  /** The quote of the symbol by default. */
  readonly price?: string;
}

/** What becomes of an entry order. Without a script it is filled whole at the quote, at once. @beta @since 0.1.0 */
export interface AlpacaScript {
  readonly fills?: readonly AlpacaFill[];
  /** A cancel is confirmed (default), stays `pending_cancel` for ever, or loses against a fill of the rest. */
  readonly cancel?: 'confirm' | 'ignore' | 'fill';
  /** Time from the cancel to its effect, in ms; 0 by default. */
  readonly cancelMs?: number;
  /** Alpaca itself ends the order, `at` ms after it is taken. */
  readonly ends?: { readonly at: number; readonly as: 'canceled' | 'expired' | 'rejected'; readonly reason?: string };
  /** Reads answer 404 for so long after the order is taken, in ms. */
  readonly hiddenMs?: number;
  /** Fills show no price, in orders and trade updates, for so long after the fill, in ms; `Infinity` for ever. */
  readonly priceless?: number;
  /** Trade updates: as they come (default), none, or each followed by all earlier ones again, newest first. */
  readonly updates?: 'normal' | 'none' | 'replayed';
}

/** A request that the Alpaca simulator answers, as method and path. @beta @since 0.1.0 */
export type AlpacaRoute =
  | 'submit'
  | 'protect'
  | 'cancel'
  | 'cancelAll'
  | 'order'
  | 'orderByClientId'
  | 'orders'
  | 'positions'
  | 'position'
  | 'account'
  | 'clock'
  | 'assets'
  | 'asset'
  | 'lastTrade'
  | 'lastQuote'
  | 'other';

/** How an answer goes wrong. @beta @since 0.1.0 */
export type AlpacaAnswer =
  /** None at all; the connection stays open. */
  | 'silence'
  /** The connection is cut instead of an answer. */
  | 'cut'
  /** Half of the body, then the connection is cut. */
  | 'cut_body'
  /** Half of the body, then silence. */
  | 'stalled_body'
  /** 200 with a page of HTML. */
  | 'html'
  /** 200 with `{}`. */
  | 'empty_object'
  | {
      readonly status: number;
      /** Alpaca's code. Without code and message the body is one of a proxy; with a message alone, one of Alpaca's gateway. */
      readonly code?: number;
      readonly message?: string;
      readonly headers?: Readonly<Record<string, string>>;
    };

/** What goes wrong with a request to the Alpaca simulator. @beta @since 0.1.0 */
export interface AlpacaFault {
  readonly on: AlpacaRoute;
  readonly answer: AlpacaAnswer;
  /** The request is carried out all the same, and only its answer goes wrong. Default false. */
  readonly live?: boolean;
  /** To how many requests it happens; 1 by default. */
  readonly times?: number;
}

/** An asset that the Alpaca simulator lists. @beta @since 0.1.0 */
export interface AlpacaAsset {
  readonly symbol: string;
  /** Equity by default. */
  readonly class?: 'us_equity' | 'crypto';
  readonly tradable?: boolean;
  readonly fractionable?: boolean;
  readonly shortable?: boolean;
}

/** What {@link alpacaSimulator} takes. @beta @since 0.1.0 */
export interface AlpacaSimulatorOptions {
  /** The system clock by default. */
  readonly clock?: Clock;
  readonly keyId?: string;
  readonly secretKey?: string;
  /** AAPL and MSFT by default. */
  readonly assets?: readonly AlpacaAsset[];
  /** Price of each symbol; 100 where none is given. */
  readonly quotes?: Readonly<Record<string, string>>;
  /** Money for what is opened; open orders and positions reserve their part. A million by default. */
  readonly buyingPower?: string;
  /** Equity of the account, at the last close too; the buying power by default. */
  readonly equity?: string;
  /** Day trades of the last five days; with three of them and less than $25,000 no exit is taken on the day of its entry. */
  readonly dayTrades?: number;
  readonly isOpen?: boolean;
  /** Requests a minute before 429; 200 by default, 0 for no limit. */
  readonly requestsPerMinute?: number;
}

const NAMES = Object.keys({
  clock: true,
  keyId: true,
  secretKey: true,
  assets: true,
  quotes: true,
  buyingPower: true,
  equity: true,
  dayTrades: true,
  isOpen: true,
  requestsPerMinute: true,
} satisfies Record<keyof AlpacaSimulatorOptions, true>);

/** @throws {FillchartError} `INVALID_OPTION` */
export function checkedSimulator(options: AlpacaSimulatorOptions): AlpacaSimulatorOptions {
  refuseUnknown('alpacaSimulator', options, NAMES);
  if (options.clock !== undefined) requireClock('clock', options.clock);
  return options;
}

/** A request that came in. @beta @since 0.1.0 */
export interface AlpacaRequest {
  readonly route: AlpacaRoute;
  readonly method: string;
  readonly path: string;
  /** The client order id in its body or query, or of the order that it names. */
  readonly clientOrderId?: string;
  /** On the simulator's clock, in ms since it started. */
  readonly at: number;
  /** Status of the answer; absent while, or because, there is none. */
  readonly status?: number;
}
