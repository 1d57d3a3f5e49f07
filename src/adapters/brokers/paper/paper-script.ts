/**
 * What the paper broker is told to do with an order, instead of what it would do by itself.
 *
 * 1. A script is plain JSON, so that a demo can keep it in a file; {@link readPaperScripts} checks every word of it.
 * 2. All times are in ms; unless said otherwise they count from the arrival of the order at the broker.
 * 3. What a script does not mention happens as without it.
 */
import type { OrderRequest } from '../../../domain/ports.js';

/** One answer for every try, or a list: the n-th try gets the n-th, and the last one is repeated. */
export type EachTry<T> = T | readonly T[];

interface Rejection {
  readonly rejected: {
    readonly code: string;
    readonly reason: string;
    /** True when the same order may be sent again (rate limit, broker busy). */
    readonly transient?: boolean;
  };
}

interface NotSent {
  readonly not_sent: { readonly reason: string };
}

/**
 * What a submit call comes to. Live means that the broker has the order, lost that it never got it.
 * `hang` and `hang-and-lost` never answer and ignore the abort signal.
 */
export type SubmitScript =
  | 'accept'
  | Rejection
  | NotSent
  | 'unknown-but-live'
  | 'unknown-and-lost'
  | 'hang'
  | 'hang-and-lost';

/**
 * What a cancel comes to. `confirm` takes effect after the broker's `cancelLatencyMs`; `ignore` says `requested` and
 * does nothing; `already_closed`, `not_found` and `unknown` are said and nothing is done; `unknown-but-live` is done
 * and said to be unknown; `hang` is done and never answered.
 */
type CancelScript =
  | 'confirm'
  | { readonly confirmAfterMs: number }
  | 'ignore'
  | 'already_closed'
  | 'not_found'
  | 'unknown'
  | 'unknown-but-live'
  | 'hang';

/** What becomes of one leg. `lose`: accepted, and then not there. */
export type LegScript = 'accept' | 'lose' | Rejection | NotSent | 'unknown-but-live' | 'unknown-and-lost';

/** What becomes of both legs, or of each. `hang` places both and never answers. */
export type ProtectionScript =
  | LegScript
  | 'lose-sl'
  | 'lose-tp'
  | 'hang'
  | { readonly stopLoss?: LegScript; readonly takeProfit?: LegScript };

/** One fill of the entry. */
export interface FillScript {
  readonly afterMs: number;
  /** Decimal greater than zero, also more than is open; everything that is open when absent. */
  readonly quantity?: string;
  /** Decimal greater than zero, taken as it is: a trade at this price, so it becomes the quote. The market price when absent. */
  readonly price?: string;
  /** True for a fill that comes even when the order is closed by then. */
  readonly afterClose?: boolean;
}

/** What position queries show of the symbol once the order has arrived: `none`, or each thing named here in place of the truth. */
export type PositionOverride =
  | 'none'
  | {
      /** Signed decimal. */
      readonly size?: string;
      /** Stop-loss and take-profit of this order's pair; `null` hides the leg. */
      readonly sl?: string | null;
      readonly tp?: string | null;
    };

/** What becomes of a query: an answer, an error, or nothing at all. */
export type QueryScript = 'answer' | 'fail' | 'hang' | { readonly failForMs: number };

/**
 * What the paper broker does with one order, step by step; times are in ms since it took the order.
 * @public @since 0.1.0
 */
export interface PaperScript {
  /** For people. */
  readonly note?: string;
  readonly submit?: EachTry<SubmitScript>;
  /** How much longer than usual the answer to the submit call takes; counts from the arrival. */
  readonly submitAnswerAfterMs?: number;
  /** Until then the broker tells nobody of the order: queries and cancels say `not_found`, nothing is pushed. */
  readonly visibleAfterMs?: number;
  /** Instead of the fills of the market; `[]` is never filled. */
  readonly fills?: readonly FillScript[];
  /** The broker ends what is still open by itself. */
  readonly thenCancelledAfterMs?: number;
  readonly thenRejectedAfterMs?: number;
  readonly expireAfterMs?: number;
  /** Reports leave the price of fills out until then. */
  readonly hidePriceForMs?: number | 'always';
  /** False: nothing about the order is pushed; only queries tell. */
  readonly push?: boolean;
  readonly cancel?: EachTry<CancelScript>;
  readonly protection?: EachTry<ProtectionScript>;
  readonly positionOverride?: PositionOverride;
  /** The answer of `checkMargin`. */
  readonly margin?: 'ok' | { readonly refused: string };
  /** Needs a script keyed by symbol; `failForMs` counts from the making of the broker. */
  readonly instrumentQuery?: QueryScript;
  readonly statusQuery?: QueryScript;
  /** Applies to position queries after the arrival of the order. */
  readonly positionQuery?: QueryScript;
}

/** Scripts by `clientOrderId` or, second, by symbol; or a function of the order. @public @since 0.1.0 */
export type PaperScripts =
  | { readonly [clientOrderIdOrSymbol: string]: PaperScript }
  | ((order: OrderRequest) => PaperScript | undefined);
