/**
 * The ports: what the engine asks of a broker, a journal, a clock and a logger.
 *
 * 1. An adapter never retries a write and never guesses. It classifies every failure by what the failure *proves*;
 *    a thrown error from `submitOrder` or `cancelOrder` counts as `unknown`, one from a read as "no news".
 * 2. Prices and quantities are decimal strings. Nothing is trusted: every answer is read again by `domain/order.ts`.
 * 3. Every call is given an `AbortSignal`; an adapter that ignores it is left behind when its deadline passes.
 */
import type { Observable } from 'rxjs';
import type { JournalRecord } from './journal.js';
import type { IndexedJournal, OpenRequest } from './journal-index.js';

/** The side of an order (FIX Side 54). @public @since 0.1.0 */
export type Side = 'buy' | 'sell';

/**
 * What the broker demands of orders in one symbol. Prices and quantities are decimal strings greater than zero.
 * @public @since 0.1.0
 */
export interface Instrument {
  readonly symbol: string;
  /** Smallest price step. */
  readonly tickSize: string;
  /** Smallest quantity step. */
  readonly lotSize: string;
  /** Least order quantity; the lot size when absent. */
  readonly minQty?: string;
  /** Greatest order quantity; unbounded when absent. */
  readonly maxQty?: string;
  /** False while the symbol cannot be traded (halted, market closed). Absent means true. */
  readonly tradable?: boolean;
  /** False when the broker could fill an order of this symbol but not protect it. Absent means true. */
  readonly protectable?: boolean;
  /** Smallest quantity step that the broker can protect; the lot size when absent. */
  readonly protectionLotSize?: string;
  /** Why the symbol is not tradable or not protectable, in the broker's words. */
  readonly reason?: string;
  /**
   * The asset that a buy receives, such as `BTC` of `BTC/USDT`: a fee charged in it makes the position smaller than the
   * fill (B6). The part of the symbol before a `/` when absent; without either no fee lessens a position.
   */
  readonly baseAsset?: string;
}

/** The entry order. `clientOrderId` is FIX ClOrdID (11), at most 36 of `[A-Za-z0-9-]`. @public @since 0.1.0 */
export interface OrderRequest {
  readonly clientOrderId: string;
  readonly symbol: string;
  readonly side: Side;
  readonly quantity: string;
  readonly orderType: 'MARKET';
}

/** Names an order; without `brokerOrderId` (FIX OrderID 37) it is looked up by `clientOrderId`. @public @since 0.1.0 */
export interface OrderRef {
  readonly clientOrderId: string;
  readonly brokerOrderId?: string;
  readonly symbol: string;
}

/** One fill (FIX LastQty 32, LastPx 31). @public @since 0.1.0 */
export interface Fill {
  /** The venue's id of the fill (FIX ExecID 17); fills are told apart by it (P8). */
  readonly id?: string;
  readonly quantity: string;
  readonly price: string;
}

/** What the venue charged for the fills of an order, in one asset. @public @since 0.1.0 */
export interface Fee {
  /** `USDT`, `BTC`: what the fee was taken in. */
  readonly asset: string;
  /** A decimal string; negative for a rebate. */
  readonly amount: string;
}

/**
 * The venue takes back (`bust`) or changes (`correct`) a fill (FIX ExecType H and G, ExecTransType 1 and 2; P8).
 * @public @since 0.1.0
 */
export interface Correction {
  readonly kind: 'bust' | 'correct';
  /** The fill that is taken back or changed, by the venue's id. */
  readonly fillId?: string;
}

/**
 * What the broker says of an order (FIX ExecutionReport). An unknown `state` word means "still open".
 * @public @since 0.1.0
 */
export interface OrderReport {
  readonly clientOrderId: string;
  readonly brokerOrderId: string;
  readonly state:
    | 'submitted'
    | 'pending'
    | 'partially_filled'
    | 'filled'
    | 'cancelled'
    | 'rejected'
    | 'expired'
    /** An exit that is live at the venue (FIX OrdStatus New, not PendingNew; B5). For an entry, still open. */
    | 'working'
    | (string & {});
  /** Cumulative filled quantity (FIX CumQty 14). After a correction, what stands now. */
  readonly filledSize: string;
  /** Average price of what is filled (FIX AvgPx 6). */
  readonly fillPrice?: string;
  /** The single fills, for brokers that report no average: the volume-weighted average is then used (R2.4). */
  readonly fills?: readonly Fill[];
  /** All that has been charged for this order so far, one entry an asset (B6). */
  readonly fees?: readonly Fee[];
  /** The venue took back or changed a fill: `filledSize` and `fillPrice` say what stands now (P8). */
  readonly correction?: Correction;
  /** The quantity of the order at the venue, where it is no longer the one that was sent (FIX OrderQty 38; P10). */
  readonly quantity?: string;
  /** Of an exit: the price at which it stands at the venue (FIX StopPx 99, Price 44). */
  readonly price?: string;
  readonly reason?: string;
  /** The broker's own time, ISO 8601; recorded, never used for a deadline. */
  readonly brokerTime?: string;
}

/** An open order of any origin, as the sweep sees it (M3). @public @since 0.1.0 */
export interface OpenOrder extends OrderReport {
  readonly symbol: string;
}

/**
 * How an exit stands that was at the venue before this call asked for it, as far as that is told: an engine that could not
 * write its journal may have placed it, at another price. What works at the venue is the truth.
 * @public @since 0.1.0
 */
export interface StandingExit {
  readonly price?: string;
  readonly quantity?: string;
}

/** What a submit call proved (S3). @public @since 0.1.0 */
export type SubmitOutcome =
  | {
      readonly kind: 'accepted';
      readonly brokerOrderId: string;
      /** Of an exit: `pending` while the venue has taken it and does not say that it works yet (FIX PendingNew; B5). */
      readonly state?: 'pending' | 'working';
      /** Of an exit that was there before. */
      readonly found?: StandingExit;
    }
  | { readonly kind: 'rejected'; readonly code: string; readonly reason: string; readonly transient?: boolean }
  | { readonly kind: 'not_sent'; readonly reason: string }
  /** `found`: of an exit; without it the engine looks the exit up. */
  | { readonly kind: 'duplicate'; readonly found?: StandingExit }
  | { readonly kind: 'unknown'; readonly cause: string };

/** `requested` means the broker took the request, not that the order is closed. @public @since 0.1.0 */
export type CancelWord = 'requested' | 'already_closed' | 'not_found' | 'unknown';

/**
 * What a cancel call proved; `report` is whatever the call learned of the order on the way, and is never dropped.
 * @public @since 0.1.0
 */
export type CancelOutcome = CancelWord | { readonly kind: CancelWord; readonly report?: OrderReport };

/**
 * The exit OCO pair. Leg ids are the entry's `clientOrderId` with `-sl` and `-tp`: a repeat cannot double them.
 * @public @since 0.1.0
 */
export interface ProtectionRequest {
  readonly clientOrderId: string;
  readonly brokerOrderId?: string;
  readonly symbol: string;
  /** Side of the exit: the opposite of the entry's. */
  readonly side: Side;
  readonly quantity: string;
  readonly stopLoss: string;
  readonly takeProfit: string;
  /**
   * `stopLoss`: place the stop-loss alone, because the market has passed the take-profit and the venue refused the pair
   * for it (B5). Both legs when absent.
   */
  readonly legs?: 'both' | 'stopLoss';
}

/**
 * What the placement of a leg came to; its code is {@link TAKE_PROFIT_PASSED} when the market has passed the take-profit.
 * @public @since 0.1.0
 */
export type LegOutcome = SubmitOutcome;

/** The code of a rejected leg when the venue refuses the pair because the market has passed the take-profit (B5). */
export const TAKE_PROFIT_PASSED = 'TAKE_PROFIT_PASSED';

/** What placing SL and TP came to, leg by leg. @public @since 0.1.0 */
export interface ProtectionOutcome {
  readonly stopLoss: LegOutcome;
  readonly takeProfit: LegOutcome;
}

/** A position, signed (short is negative). @public @since 0.1.0 */
export interface PositionReport {
  readonly symbol: string;
  readonly size: string;
  readonly entryPrice?: string;
  /** Working stop-loss price; absent when there is none. */
  readonly sl?: string;
  /** Working take-profit price; absent when there is none. */
  readonly tp?: string;
  /** On hedging accounts: the entry order that opened this position. */
  readonly clientOrderId?: string;
  /** Working exit orders one by one, for netting accounts that hold several pairs in a symbol. */
  readonly protections?: readonly WorkingProtection[];
}

/** A working exit pair at the broker, by the `clientOrderId` of the entry that it protects. @public @since 0.1.0 */
export interface WorkingProtection {
  readonly clientOrderId: string;
  readonly quantity: string;
  readonly stopLoss?: string;
  readonly takeProfit?: string;
}

/** What a broker can do. The engine does without what is missing, and relies on what is stated. @public @since 0.1.0 */
export interface BrokerCapabilities {
  /** `reports$` is there. */
  readonly push: boolean;
  /** `getOrderStatuses` is there. */
  readonly batchStatus: boolean;
  /** An order can be found by `clientOrderId` alone. */
  readonly lookupByClientId: boolean;
  readonly nativeOco: boolean;
  /** `netting`: one net position a symbol; `hedging`: one an order; `none`: the broker tells no positions. */
  readonly positions: 'netting' | 'hedging' | 'none';
  readonly fractional: boolean;
  /** Least time between two polls of an order, in ms. */
  readonly minPollMs: number;
  /**
   * Least time between two queries of an order when pushes may have been missed, in ms; `minPollMs` when absent. For
   * adapters that poll slowly because they push, and may be asked sooner.
   */
  readonly gapPollMs?: number;
  /**
   * Whether a `clientOrderId` that was used once is refused for ever, or at least for the day, also when its order is over. A
   * worker on Restate sends again after another one only where it is not `false`.
   */
  readonly refusesUsedIds?: boolean;
}

/** The broker's clock, held against ours. */
export interface BrokerClockReading {
  /** The broker's wall time, ISO 8601. */
  readonly time: string;
  /** The broker's time less ours, in ms: positive when the broker's clock is ahead. */
  readonly aheadMs: number;
  /** How far off `aheadMs` can be, in ms; absent where that is not known, as for a message that only came one way. */
  readonly withinMs?: number;
}

/** How much the broker lets us ask. */
export interface BrokerRateLimit {
  readonly requests: number;
  /** The span in which so many may be sent, in ms. */
  readonly perMs: number;
  /** What is left of it now, where the broker tells. */
  readonly remaining?: number;
}

/** What a broker tells of itself and the account, for who checks the connection. No secrets. @public @since 0.1.0 */
export interface BrokerDescription {
  /** Who and where, in one phrase. */
  readonly about?: string;
  readonly clock?: BrokerClockReading;
  readonly rateLimit?: BrokerRateLimit;
  /** What else an operator may want to see, by name. */
  readonly facts?: Readonly<Record<string, string>>;
}

/** The market now; decimal strings, each absent where the venue does not tell it. @public @since 0.1.0 */
export interface Quote {
  readonly bid?: string;
  readonly ask?: string;
  readonly last?: string;
}

/** How late an entry may leave. @public @since 0.1.0 */
export interface SendLimit {
  /**
   * Ms from the call, by the monotonic clock. What has not left by then must not leave: it is `not_sent`. What the host looked
   * at before the call, the kill switch above all, would not hold any more.
   */
  readonly withinMs: number;
}

/** The broker port: see `docs/broker-adapter.md`, and `conformBroker` to check one. @public @since 0.1.0 */
export interface BrokerAdapter {
  readonly name: string;
  readonly capabilities: BrokerCapabilities;
  connect?(signal: AbortSignal): Promise<void>;
  close?(): Promise<void>;
  instrument(symbol: string, signal: AbortSignal): Promise<Instrument | 'unknown_symbol'>;
  submitOrder(order: OrderRequest, signal: AbortSignal, limit?: SendLimit): Promise<SubmitOutcome>;
  getOrderStatus(ref: OrderRef, signal: AbortSignal): Promise<OrderReport | 'not_found'>;
  getOrderStatuses?(refs: readonly OrderRef[], signal: AbortSignal): Promise<readonly OrderReport[]>;
  /** All orders open at the broker, for the sweep (M3); without it only orders of the journal can be swept. */
  getOpenOrders?(signal: AbortSignal): Promise<readonly OpenOrder[]>;
  cancelOrder(ref: OrderRef, signal: AbortSignal): Promise<CancelOutcome>;
  placeProtection(request: ProtectionRequest, signal: AbortSignal): Promise<ProtectionOutcome>;
  /** Positions of the named symbols; of every symbol when `symbols` is empty. */
  getPositions(symbols: readonly string[], signal: AbortSignal): Promise<readonly PositionReport[]>;
  checkMargin?(order: OrderRequest, signal: AbortSignal): Promise<'ok' | { readonly refused: string }>;
  /**
   * Whether the exits could be placed (V10): price bands, least value, number of working stops, restrictions of the
   * account such as the day-trade rule. The request is the bracket of the reference price. Reads only.
   */
  checkProtection?(request: ProtectionRequest, signal: AbortSignal): Promise<'ok' | { readonly refused: string }>;
  /** The market of a symbol, for `maxReferenceDeviationPct` and `maxNotional`. */
  quote?(symbol: string, signal: AbortSignal): Promise<Quote>;
  /**
   * Every notation of the instrument that this broker takes, the given one included (`BTC/USDT`, `BTCUSDT`); empty when
   * it does not know the symbol. Answers from memory, in the same turn (K9).
   */
  aliases?(symbol: string): readonly string[];
  /**
   * How many further whole lives (submit, watch, cancel, exits, look-ups, the two questions of the reconciliation) the
   * rate budget carries now, while `inFlight` lives have begun and not ended. Answers in the same turn. Below 1 a new
   * advisory waits in `validating`.
   */
  capacity?(inFlight: number): number;
  /** For `fillchart broker check`; the engine never asks. Reads only, and leaves out what it cannot tell. */
  describe?(signal: AbortSignal): Promise<BrokerDescription>;
  /**
   * Push reports: hints. `{ type: 'gap' }` says that some may have been missed. Reports on exits come under the leg's
   * `clientOrderId` (`…-sl`, `…-tp`), as do answers of `getOrderStatus` when it is asked for a leg (B7).
   */
  readonly reports$?: Observable<OrderReport | { readonly type: 'gap' }>;
}

/** Time. `now` is wall time in epoch ms and may step; `monotonic` is in ms and never does. @public @since 0.1.0 */
export interface Clock {
  now(): number;
  monotonic(): number;
  /**
   * Names the zero of `monotonic()` where that outlives a process: two readings with the same origin can be subtracted,
   * even across a restart (T4). Absent where they cannot.
   */
  readonly monotonicOrigin?: string;
  setTimeout(fn: () => void, ms: number): unknown;
  clearTimeout(id: unknown): void;
  /**
   * Calls back in the next turn of the event loop, when timers and answers that are due have had theirs. Very much work is
   * done in slices, one a turn; where this is left out `setTimeout(fn, 0)` takes its place, and each slice costs a millisecond.
   */
  nextTurn?(fn: () => void): void;
}

/** The part of pino's interface that is used. A logger that throws is ignored. @public @since 0.1.0 */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/**
 * Where the record of everything is kept.
 *
 * 1. `append` resolves when the records are durable; records become durable in the order of the calls.
 * 2. `append` takes the records synchronously: what is handed over may not be changed, and the order is that of the calls.
 * 3. A rejected `append` means: nothing may be assumed of these records; later calls reject too.
 * @public @since 0.1.0
 */
export interface Journal {
  readonly name: string;
  /** True when records survive the end of the process. */
  readonly durable: boolean;
  /**
   * Opens (locks, migrates) the journal and returns every record in it, oldest first. A journal that holds what it cannot
   * hand over whole, or cannot write, rejects with an error whose `records` are those that can be read: the engine looks
   * after them with its gate closed (A9), and what it appends then is refused.
   *
   * The engine asks with `{ indexed: true }`. A journal that can look records up then returns an {@link IndexedJournal}: the
   * engine keeps nothing of what is over, and starts from the last checkpoint (E7). A journal that ignores the request
   * works too, at a cost: every record is read at the start, and the engine keeps all of them in memory.
   */
  open(): Promise<readonly JournalRecord[]>;
  open(request: OpenRequest): Promise<readonly JournalRecord[] | IndexedJournal>;
  /** After `open`: what speaks for an earlier journal in this place that is lost, wholly or in part (A9). */
  readonly loss?: string | undefined;
  append(records: readonly JournalRecord[]): Promise<void>;
  close(): Promise<void>;
}
