/**
 * The options of the paper broker. Durations are in ms, prices and quantities decimal strings; all but `instruments` may
 * be left out, and then the broker answers at once, fills at the quote, in full and without cost.
 */
import type { Observable } from 'rxjs';
import type { Clock, Instrument, Side } from '../../../domain/ports.js';
import type { PaperScripts } from './paper-script.js';
import type { PaperQuote, PaperTick } from './quote.js';
import type { Seed, Spread } from './random.js';

/** What {@link paperBroker} takes. Prices and sizes are decimal strings, times are in ms. @public @since 0.1.0 */
export interface PaperBrokerOptions {
  /** Every symbol that can be traded; at least one. */
  readonly instruments: readonly Instrument[];
  /** Price by symbol at the start. A market order in a symbol without a price waits for one. Default: none. */
  readonly quotes?: Readonly<Record<string, string | PaperQuote>>;
  /** Time and timers. Default: the system clock. */
  readonly clock?: Clock;
  /** Prices from elsewhere, until `close`. What is not a price of a known symbol is passed over; an error ends the feed. */
  readonly feed?: Observable<PaperTick>;
  /** Prices from a CSV file: its path, its text (recognised by its line breaks), or {@link PriceFileOptions}. */
  readonly priceFile?: string | PriceFileOptions;
  /** Time from the call to the answer; the request arrives half-way. Drawn anew for each call from a range. Default 0. */
  readonly latencyMs?: Spread;
  /** Time from the arrival of an order to its first fill. Default 0. */
  readonly fillDelayMs?: Spread;
  /** Time from the arrival of a cancel until it takes effect; a fill before then wins. Default 0. */
  readonly cancelLatencyMs?: Spread;
  /** Distance from bid to ask where the quote names only a price, in basis points of it: 0 to 10 000. Default 0. */
  readonly spreadBps?: number;
  /** What a market order or a stop loses against the quote, in basis points: 0 to 10 000. Default 0. */
  readonly slippageBps?: Spread;
  /** Fills every order in pieces of whole lots. Default: one piece. */
  readonly partialFills?: PartialFills;
  /** Share of submit calls that is rejected with `RANDOM_REJECT`: 0 to 1. Default 0. */
  readonly rejectProbability?: number;
  /** Orders to be rejected; the first rule that applies decides. Default: none. */
  readonly rejectRules?: readonly RejectRule[];
  /** Money that positions (at their entry price) and open orders (at the quote) may take up. Default: unlimited. */
  readonly buyingPower?: string;
  /** Positions held before. Default: flat. */
  readonly initialPositions?: readonly InitialPosition[];
  /** What is to become of single orders. Default: none. */
  readonly scripts?: PaperScripts;
  /** The same seed and the same calls give the same results. Default 1. */
  readonly seed?: Seed;
  /** False: no `reports$`, so that only queries tell. Default true. */
  readonly push?: boolean;
}

/** How the paper broker splits a fill into pieces. @public @since 0.1.0 */
export interface PartialFills {
  /** Number of pieces, 1 to 1000; fewer when there are not that many lots. */
  readonly pieces: number;
  /** Time between two pieces. */
  readonly delayMs: number;
}

/** Rejects the orders to which everything that it names applies. @public @since 0.1.0 */
export interface RejectRule {
  readonly symbol?: string;
  readonly side?: Side;
  /** Applies to quantities above this. */
  readonly quantityAbove?: string;
  readonly code: string;
  readonly reason: string;
  /** True when the same order may be sent again. Default false. */
  readonly transient?: boolean;
}

/** A position that the paper account holds at the start. @public @since 0.1.0 */
export interface InitialPosition {
  readonly symbol: string;
  /** Signed; short is negative. */
  readonly size: string;
  readonly entryPrice?: string;
}

/** How the paper broker plays a file of prices. @public @since 0.1.0 */
export interface PriceFileOptions {
  /** Exactly one of `path` and `text`. */
  readonly path?: string | URL;
  readonly text?: string;
  /** The symbol of every row, for a file without a `symbol` column. Default: the only instrument. */
  readonly symbol?: string;
  /** How long one time of the file takes on the clock, 1 ms or more; a bar is four prices in it. Default 1000. */
  readonly stepMs?: number;
  /** Starts again after the last row. Default false. */
  readonly loop?: boolean;
}
